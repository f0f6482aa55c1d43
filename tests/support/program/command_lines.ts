/** Command lines of coord that stand in texts for agents. */
import { CATALOG } from "../../../src/cli/catalog.ts";
import { locate } from "../../../src/cli/locate.ts";
import { RENAMED } from "../../../src/commands/registry.ts";

/** Those whose command or flags are not there; without the word `coord` in front. */
export async function unknownIn(lines: readonly string[]): Promise<string[]> {
  const unknown: string[] = [];
  for (const line of lines) {
    const { name = "", known } = locate(line.split(" "), new Set(Object.keys(CATALOG)), RENAMED);
    const flags = Object.keys((await CATALOG[name]?.load())?.flags ?? {});
    const asked = [...line.matchAll(/--([\w-]+)/g)].map(([, flag = ""]) => flag);
    if (!known || asked.some((flag) => ![...flags, "print"].includes(flag))) unknown.push(line);
  }
  return unknown;
}
