/** Files of a bundle that commands load together, joined: each file takes time of its own. */
import { copy } from "../deps.ts";
import { run } from "../support/run.ts";

/** Seconds for each step. */
const LIMIT = 60;

/**
 * The commands whose start matters. What one of a line loads is joined as if all of the line loaded
 * it: they differ little, and fewer files save more. `ID` is the task that was named last.
 */
const COMMANDS: readonly (readonly string[])[] = [
  ["--version"],
  ["enqueue work --run-id a", "claim --run-id a", "complete ID --run-id a"],
  ["check a.ts --run-id a", "reserve a.ts --exclusive --run-id a", "list"],
  ["status", "lane live"],
  ["hook run generic pre"],
];

/** What a host says to the hook; the others read no input. */
const SAID = JSON.stringify({ session: "b", writes: ["b.ts"] });

/** Where a file went: its export `a` is `a_3` of `file` where `index` is 3, since each has its `a`. */
interface Place {
  readonly file: string;
  readonly index: number;
  readonly exported: readonly string[];
}

/**
 * Joins the files of a bundle that the same commands load. It runs the commands to see which. No file
 * comes to load one that loads it: what a file imports is loaded by at least the same commands.
 *
 * @param bun The Bun to run.
 * @param entry The entry point of a bundle, as {@link bundle} makes it; its folder stays as it is.
 * @returns The entry point of another bundle, in a folder beside the first.
 * @throws {Error} with what went wrong.
 */
export async function joined(bun: string, entry: string): Promise<string> {
  entry = await Deno.realPath(entry); // commands run elsewhere
  const folder = entry.replace(/\/[^/]*$/, "");
  const out = `${folder}-joined`;
  const main = entry.slice(folder.length + 1);
  await copy(folder, out);
  const groups = Map.groupBy(await loads(bun, folder, main), ([, lines]) => [...lines].join());
  const places = new Map<string, Place>();
  for (const [lines, loaded] of groups) {
    if (loaded.length === 1) continue;
    const file = `joined-${lines}.js`;
    const names = loaded.map(([name]) => name);
    for (const [index, name] of names.entries()) {
      const exported = exportsOf(await Deno.readTextFile(`${folder}/${name}`));
      places.set(name, { file, index, exported });
      await Deno.remove(`${out}/${name}`);
    }
    await join(bun, folder, places, names, `${out}/${file}`);
  }
  for (const { name } of Deno.readDirSync(out)) {
    const text = await Deno.readTextFile(`${out}/${name}`);
    await Deno.writeTextFile(`${out}/${name}`, redirected(text, places));
  }
  return `${out}/${main}`;
}

/** The files beside the entry point that {@link COMMANDS} load, each with the lines that do. */
async function loads(bun: string, folder: string, main: string): Promise<Map<string, Set<number>>> {
  const work = await Deno.makeTempDir({ prefix: "coord_joined_" });
  try {
    await Deno.mkdir(`${work}/noting`);
    for (const { name } of Deno.readDirSync(folder)) {
      const text = await Deno.readTextFile(`${folder}/${name}`);
      await Deno.writeTextFile(
        `${work}/noting/${name}`,
        `globalThis.loaded.push("${name}");${text}`,
      );
    }
    const note = `${work}/loaded`;
    await Deno.writeTextFile(
      `${work}/note.mjs`,
      `import { writeFileSync } from "node:fs";
globalThis.loaded = [];
process.on("exit", () => writeFileSync(${JSON.stringify(note)}, globalThis.loaded.join("\\n")));`,
    );
    let task = "";
    const call = async (line: string): Promise<string[]> => {
      const words = line.replace("ID", task).split(" ");
      const args = [`--preload=${work}/note.mjs`, `${work}/noting/${main}`, ...words];
      const { code, output } = await run(bun, args, { cwd: work, limit: LIMIT, input: SAID });
      if (code !== 0) throw new Error(`Cannot see what "coord ${line}" loads: ${output.trim()}`);
      task = /sha256:\w+/.exec(output)?.[0] ?? task;
      return (await Deno.readTextFile(note)).split("\n");
    };
    await call("init");
    const found = new Map<string, Set<number>>();
    for (const [index, lines] of COMMANDS.entries()) {
      for (const line of lines) {
        for (const name of await call(line)) {
          if (name !== main) found.set(name, (found.get(name) ?? new Set()).add(index));
        }
      }
    }
    return found;
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

/** Joins files of a folder to one, `target`, which exports all that they export. */
async function join(
  bun: string,
  folder: string,
  places: ReadonlyMap<string, Place>,
  names: readonly string[],
  target: string,
): Promise<void> {
  const lines = names.map((name) => {
    const { index = 0, exported = [] } = places.get(name) ?? {};
    return `export {${exported.map((each) => `${each} as ${each}_${index}`)}} from "./${name}";`;
  });
  const source = `${folder}/${target.replace(/^.*\//, "")}`;
  const others = [...Deno.readDirSync(folder)].filter(({ name }) => !names.includes(name));
  await Deno.writeTextFile(source, lines.join("\n"));
  const { code, output } = await run(bun, [
    "build",
    "--target=bun",
    "--format=esm",
    "--minify",
    ...others.map(({ name }) => `--external=./${name}`),
    `--outfile=${target}`,
    source,
  ], { cwd: folder, limit: LIMIT });
  await Deno.remove(source);
  if (code !== 0) throw new Error(`Cannot join ${names.join(", ")}: ${output.trim()}`);
}

/** The text of a file that imports from where the files went. */
function redirected(text: string, places: ReadonlyMap<string, Place>): string {
  return text
    .replace(/\b(import|export)\s*(?:\{([^}]*)\}\s*from)?\s*"\.\/([^"]+)"/g, (...found) => {
      const [whole, word, list, name] = found as string[];
      const place = places.get(name ?? "");
      if (place === undefined) return whole ?? "";
      if (list === undefined) return `${word}"./${place.file}"`;
      const renamed = list.split(",").filter(Boolean).map((each) => {
        const [from = "", to = from] = each.trim().split(/\s+as\s+/);
        return `${from}_${place.index} as ${to}`;
      });
      return `${word}{${renamed}}from"./${place.file}"`;
    })
    .replace(/\bimport\("\.\/([^"]+)"\)/g, (whole, name) => {
      const place = places.get(name);
      if (place === undefined) return whole;
      const { file, index, exported } = place;
      return `import("./${file}").then(m=>({${exported.map((x) => `${x}:m.${x}_${index}`)}}))`;
    });
}

/** The names that a file exports: Deno's bundler puts them at its end, once. */
function exportsOf(text: string): string[] {
  const [, names = ""] = /export\s*\{([^}]*)\};?\s*$/.exec(text) ?? [];
  return names.split(",").map((name) => name.trim().replace(/^.* as /s, "")).filter(Boolean);
}
