/**
 * Writes `src/domain/input/hosts/opencode_plugin.ts` from `plugin/opencode/coord.ts`, since an executable
 * has no other way to carry it.
 *
 * Usage: deno run -A scripts/opencode_plugin.ts && deno fmt -q src
 */
const SOURCE = new URL("../plugin/opencode/coord.ts", import.meta.url);
const MODULE = new URL("../src/domain/input/hosts/opencode_plugin.ts", import.meta.url);

/** What the module carries: the plugin, with places for what an installation fills in. */
export function pluginText(source: string): string {
  const open = source.replace('COORD = "coord"', "COORD = $program")
    .replace("FLAGS: readonly string[] = []", "FLAGS: readonly string[] = $flags");
  return `// $mark\n${open}`;
}

if (import.meta.main) {
  const text = JSON.stringify(pluginText(Deno.readTextFileSync(SOURCE)));
  Deno.writeTextFileSync(
    MODULE,
    "/** The plugin of opencode. `scripts/opencode_plugin.ts` writes this file. */\n" +
      `export const OPENCODE_PLUGIN =\n  ${text};\n`,
  );
}
