/** Places where something else lies than a command looks for: each is answered, and none is an internal error. */
import { CATALOG } from "../../src/cli/catalog.ts";
import { main } from "../../src/cli/main.ts";
import { assertEquals, it } from "../deps.ts";
import { fakeHost } from "../support/fake/host.ts";
import { problemsOf } from "../support/program/fuzz.ts";
import {
  filesBelow,
  makeFifo,
  makeFolder,
  makeSymlink,
  makeTempDir,
  removeTree,
  writeOver,
} from "../support/scene/scratch.ts";

/** Milliseconds after which a command that waits is interrupted. */
const PATIENCE_MS = 200;

/** What lies at a place, by its name in the folder that `scene()` makes. */
const OTHERS: Readonly<Record<string, (path: string) => void>> = {
  folder: makeFolder,
  pipe: makeFifo,
  dangling: (path) => makeSymlink("nowhere", path),
  loop: (path) => makeSymlink("loop", path),
  text: (path) => writeOver(path, "a text\n"),
};

const PLACES = [
  ...Object.keys(OTHERS),
  ".",
  "./",
  "/proc",
  "/dev/null",
  "text/",
  "text/x",
  "no/x",
  " ",
];

async function scene(): Promise<string> {
  const dir = makeTempDir();
  await run(dir, ["init"]);
  for (const [name, make] of Object.entries(OTHERS)) make(`${dir}/${name}`);
  return dir;
}

async function run(dir: string, args: readonly string[]) {
  const host = fakeHost({ args, cwd: dir, env: { HOME: dir } });
  const stop = setInterval(() => host.interrupt(), PATIENCE_MS);
  try {
    return { code: await main(host), out: host.out, err: host.err };
  } finally {
    clearInterval(stop);
  }
}

/** Commands that read what comes through a pipe, and wait for it. */
const READING = ["import", "lane taxonomy"];

/** Command lines that name a place, by all flags and operands that take one. */
async function linesOf(place: string): Promise<string[][]> {
  const lines: string[][] = [];
  for (const [name, { load }] of Object.entries(CATALOG)) {
    if (place === "pipe" && READING.includes(name)) continue;
    const { flags, operands } = await load();
    const run = Object.hasOwn(flags, "run-id") ? ["--run-id", "me"] : [];
    const soon = Object.hasOwn(flags, "timeout") ? ["--timeout", "0.05"] : [];
    const own = [...name.split(" "), ...run, ...soon];
    for (const [flag, { placeholder = "" }] of Object.entries(flags)) {
      if (/^(?:PATH|FILE|FOLDER)$/.test(placeholder)) lines.push([...own, `--${flag}=${place}`]);
    }
    if (operands.some(({ name }) => name === "PATH" || name === "FILE")) {
      lines.push([...own, place]);
    }
  }
  return lines;
}

for (const place of PLACES) {
  it(`every command answers where it is sent to ${JSON.stringify(place)}`, async () => {
    const dir = await scene();
    for (const args of await linesOf(place)) {
      const ended = await run(dir, args);
      assertEquals(problemsOf({ prints: "other" }, ended), [], `${args.join(" ")}: ${ended.err}`);
    }
    if (!["folder", "pipe", "loop"].includes(place)) return;
    const left = (fakeHost().fs.list(dir) ?? []).map(({ name }) => name);
    assertEquals(
      left.sort(),
      [...Object.keys(OTHERS), ".coord"].sort(),
      "nothing is left beside it",
    );
  });
}

/** A workspace with something of all kinds, as it is while work goes on. */
async function used(): Promise<string> {
  const dir = makeTempDir();
  const lines = [
    ...["init", "enqueue one --run-id a --key k", "enqueue two --run-id a", "claim --run-id a"],
    ...["reserve src --exclusive --run-id a", "reserve docs --run-id b", "intent lib --op move"],
    ...["lane acquire api --lane api --owner a", "lane acquire web --lane web --owner b"],
    ...["lane release --lane web --owner b", "watch --once --run-id a", "pause default"],
  ];
  for (const line of lines) await run(dir, line.split(" "));
  return dir;
}

const LOOKING = [
  ...["status", "tasks", "list --all", "claim --run-id b", "reserve src/a --exclusive --run-id b"],
  ...["enqueue one --run-id a --key k", "lane live --all", "lane acquire x --lane x --owner b"],
  ...["journal tail", "journal verify", "journal replay", "journal compact", "log", "agents"],
  ...["watch --once", "forecast", "metrics", "export", "gc", "fsck", "fsck --repair"],
];

for (const kind of ["folder", "dangling"]) {
  it(`every command answers where a ${kind} lies in the place of a file of the workspace`, async () => {
    for (let at = 0;; at++) {
      const dir = await used();
      const path = filesBelow(`${dir}/.coord`)[at];
      if (path === undefined) return;
      removeTree(path);
      OTHERS[kind]?.(path);
      for (const line of LOOKING) {
        const ended = await run(dir, line.split(" "));
        const problems = problemsOf({ prints: "other" }, ended);
        assertEquals(problems, [], `${line} with ${kind} ${path}: ${ended.err}`);
      }
    }
  });
}
