/** What each command asks of the file system: a table, which fails when a command begins to cost more. */
import { run } from "../../scripts/support/run.ts";
import { assertEquals, itIf } from "../deps.ts";
import { isHeavy } from "../support/length.ts";
import { itWith } from "../support/program/programs.ts";
import { sleep } from "../support/race/processes.ts";
import { makeTempDir } from "../support/scene/scratch.ts";

const COORD = [
  Deno.execPath(),
  "run",
  "-A",
  new URL("../../cli.ts", import.meta.url).pathname,
] as const;

/**
 * In the order in which they run, by an agent `me` beside another one. Of each up to three looks are for
 * the coord.json that may name a store: at its checkout, and at the file.
 */
const CALLS: Readonly<Record<string, string>> = {
  "--version": "",
  "check src/b.ts --run-id me": "4 missing, 8 looks, 5 opens",
  "reserve src/c.ts --run-id me":
    "9 missing, 17 looks, 10 opens, 2 writes, 1 syncs, 3 links, 1 removes, 3 folders",
  "reserve src/d.ts --exclusive --run-id me":
    "14 missing, 32 looks, 17 opens, 4 writes, 2 syncs, 7 links, 1 renames, 4 removes, 3 folders",
  "lane acquire web/** --lane web --owner me":
    "7 missing, 20 looks, 15 opens, 3 writes, 1 syncs, 2 links, 1 renames, 3 removes",
  "heartbeat --mine --run-id me":
    "20 missing, 43 looks, 33 opens, 4 writes, 1 syncs, 4 links, 2 renames, 3 removes",
  "list": "12 missing, 28 looks, 12 opens",
  "lane live": "3 missing, 6 looks, 2 opens",
  "lane release --lane web --owner me":
    "4 missing, 12 looks, 7 opens, 2 writes, 1 syncs, 2 links, 3 removes",
  "release --mine --run-id me":
    "12 missing, 32 looks, 25 opens, 2 writes, 2 syncs, 2 links, 8 removes",
  "claim --queue one --run-id me":
    "10 missing, 10 looks, 9 opens, 1 writes, 1 links, 1 removes, 7 folders",
  "enqueue more --run-id me": "8 missing, 7 looks, 4 opens, 1 writes, 1 syncs, 1 links, 9 folders",
  "tasks": "6 missing, 11 looks, 7 opens",
  "status": "13 missing, 30 looks, 24 opens",
  "hook run generic pre":
    "17 missing, 37 looks, 19 opens, 5 writes, 2 syncs, 7 links, 2 renames, 4 removes, 9 folders",
  "hook run generic": "8 missing, 18 looks, 10 opens",
};

/** What a host says to the hook, the second time of a file that its run holds; the others take no input. */
const SAID = JSON.stringify({ moment: "pre", session: "me", writes: ["src/e.ts"] });

/** System calls by kind; `missing` are those that find nothing, which cost several times the others. */
const KINDS: Readonly<Record<string, RegExp>> = {
  looks: /^(l?stat|statx|newfstatat|f?access(at2?)?|readlink(at)?)$/,
  opens: /^open(at)?$/,
  writes: /^write$/,
  syncs: /^(fsync|fdatasync)$/,
  links: /^link(at)?$/,
  renames: /^rename(at2?)?$/,
  removes: /^(unlink(at)?|rmdir)$/,
  folders: /^mkdir(at)?$/,
};

/** After that the names of reservations are compared in any case. */
const NAMES_REST_MS = 1_000;

/**
 * The calls of one command on what lies in a folder. How often a folder is looked at again depends on how
 * long the command takes. So a name counts once among the looks, and one in an index does not.
 */
async function callsOf(folder: string, args: readonly string[]): Promise<string> {
  const traces = makeTempDir();
  const traced = ["-ff", "-y", "-qq", "-etrace=%file,write,fsync,fdatasync", `-o${traces}/thread`];
  const piped = ["-c", `printf %s "$0" | exec "$@"`, SAID, "strace", ...traced];
  const { code, output } = await run("sh", [...piped, ...COORD, ...args], { cwd: folder });
  assertEquals(code, 0, output);
  const counts = new Map<string, number>();
  const count = (kind: string) => counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const seen = new Set<string>();
  for (const { name } of Deno.readDirSync(traces)) {
    for (const line of Deno.readTextFileSync(`${traces}/${name}`).split("\n")) {
      // `link("/from", "/to") = 0`, `statx(AT_FDCWD</cwd>, "/path", …) = -1 ENOENT (…)`, `fsync(7</path>) = 0`
      const [, call = "", path = ""] =
        /^(\w+)\((?:AT_FDCWD<[^>]*>, )?(?:"|\d+<)([^">]*)/.exec(line) ?? [];
      const isInside = path === folder || path.startsWith(`${folder}/`);
      if (!isInside || line.includes("AT_EMPTY_PATH")) continue; // that is a look at an open file
      const [kind] = Object.entries(KINDS).find(([, calls]) => calls.test(call)) ?? [];
      if (kind === undefined) continue;
      if (kind === "looks" && (seen.has(path) || /\/(index|addresses)(\/|$)/.test(path))) continue;
      if (kind === "looks") seen.add(path);
      count(kind);
      if (line.includes(" = -1 ENOENT")) count("missing");
    }
  }
  const kinds = ["missing", ...Object.keys(KINDS)];
  return kinds.flatMap((kind) => counts.has(kind) ? `${counts.get(kind)} ${kind}` : []).join(", ");
}

const itTraced = isHeavy() ? itWith("strace") : itIf(false, "it traces, only with COORD_HEAVY=1");

/** How often all commands run where one of them took longer than its notes are fresh. */
const MAX_ROUNDS = 4;

/** What each command asks of the file system, in a folder of its own. */
async function round(): Promise<Record<string, string>> {
  const folder = makeTempDir();
  for (
    const command of [
      "init",
      "enqueue work --queue one",
      "reserve src/a.ts --exclusive --run-id other",
      "lane acquire lib/** --lane lib --owner other",
    ]
  ) {
    const [program, ...args] = COORD;
    const ran = await run(program, [...args, ...command.split(" ")], { cwd: folder });
    assertEquals(ran.code, 0, ran.output);
  }
  const found: Record<string, string> = {};
  for (const command of Object.keys(CALLS)) {
    await sleep(NAMES_REST_MS);
    found[command] = await callsOf(folder, command.split(" "));
  }
  return found;
}

itTraced("each command makes the system calls that it needs, and no more", async () => {
  const met: Record<string, string> = {};
  let found = await round();
  for (let rounds = 1;; rounds++) {
    for (const [command, calls] of Object.entries(CALLS)) {
      if (found[command] === calls) met[command] = calls;
    }
    if (Object.keys(met).length === Object.keys(CALLS).length) return;
    if (rounds >= MAX_ROUNDS) break;
    found = await round();
  }
  assertEquals({ ...found, ...met }, CALLS);
});
