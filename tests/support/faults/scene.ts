/** A workspace in which each command finds what it works on, and how it looks from outside. */
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { main } from "../../../src/cli/main.ts";
import { fakeHost } from "../fake/host.ts";
import { makeTempDir, removeTree } from "../scene/scratch.ts";

/** Milliseconds that `gc` looks back further than. */
const LONG_AGO_MS = 30 * 86_400_000;

/** The clock's step in which views differ by expiry, in seconds: far more than a test takes. */
const STEP_S = 1_200;

/** An answer in JSON mode. */
export type Answer = Readonly<Record<string, unknown>> & { readonly warnings?: readonly string[] };

/** A workspace to copy, and the ids of what is in it by name. */
export interface Scene {
  readonly dir: string;
  readonly ids: Readonly<Record<string, string>>;
}

/** Runs a command line of this source in this process. */
export async function call(
  dir: string,
  args: readonly string[],
  { stdin = "", at = Date.now() }: { readonly stdin?: string; readonly at?: number } = {},
): Promise<{ readonly code: number; readonly answer: Answer; readonly err: string }> {
  const host = fakeHost({ args: [...args, "--json"], cwd: dir, stdin });
  const code = await main(host, () => at);
  return { code, answer: host.out === "" ? {} : JSON.parse(host.out), err: host.err };
}

const BEFORE: readonly (readonly [name: string, ...words: string[]])[] = [
  ["one", "enqueue", "one", "--run-id", "p"],
  ["two", "enqueue", "two", "--run-id", "p"],
  ["mine", "enqueue", "mine", "--run-id", "p", "--queue", "mine"],
  ["after", "enqueue", "after", "--run-id", "p", "--after", "ID:mine"],
  ["failed", "enqueue", "failed", "--run-id", "p", "--queue", "failed"],
  ["dropped", "enqueue", "dropped", "--run-id", "p", "--queue", "failed"],
  ["job", "enqueue", "job", "--run-id", "p", "--queue", "job"],
  ["paused", "enqueue", "paused", "--run-id", "p", "--queue", "paused"],
  ["", "queue", "pause", "paused", "--run-id", "p"],
  ["", "claim", "--queue", "mine", "--run-id", "me", "--claim-ttl", "1h"],
  ["", "claim", "--queue", "failed", "--run-id", "p"],
  ["", "fail-task", "ID:failed", "--run-id", "p", "--error", "no"],
  ["", "cancel-task", "ID:dropped", "--run-id", "p"],
  ["held", "reserve", "held.ts", "--exclusive", "--run-id", "me"],
  ["notice", "reserve", "notice.ts", "--run-id", "me"],
  ["theirs", "reserve", "theirs.ts", "--exclusive", "--run-id", "them"],
  ["", "lane", "acquire", "api/**", "--lane", "api", "--owner", "me", "--loop-ts", "1"],
  ["", "lane", "acquire", "web/**", "--lane", "web", "--owner", "them", "--loop-ts", "1"],
  ["", "gc", "--auto"],
];

/** What ended long ago. */
const LONG_BEFORE: typeof BEFORE = [
  ["old", "enqueue", "old", "--run-id", "p", "--queue", "old"],
  ["", "claim", "--queue", "old", "--run-id", "p"],
  ["", "complete", "ID:old", "--run-id", "p"],
  ["past", "reserve", "past.ts", "--exclusive", "--run-id", "p"],
  ["", "release", "ID:past", "--run-id", "p"],
];

/** Arguments with the ids of a scene. */
export function withIds(words: readonly string[], ids: Scene["ids"]): string[] {
  return words.map((word) => word.startsWith("ID:") ? ids[word.slice(3)] ?? word : word);
}

/** Makes the workspace. */
export async function makeScene(): Promise<Scene> {
  const dir = makeTempDir();
  for (const name of ["held.ts", "notice.ts", "theirs.ts", "free.ts"]) {
    writeFileSync(`${dir}/${name}`, `${name}\n`);
  }
  writeFileSync(`${dir}/lanes.json`, '{"lanes":{"docs":{"tree":["docs/**"]}}}');
  const ids: Record<string, string> = {};
  const run = async ([name, ...words]: (typeof BEFORE)[number], at?: number) => {
    const { code, answer, err } = await call(dir, withIds(words, ids), { at });
    if (code !== 0) throw new Error(`The scene cannot be made: ${words.join(" ")}: ${err}`);
    ids[name] = String(answer["task_id"] ?? answer["reservation_id"]);
  };
  await run(["", "init"]);
  for (const line of LONG_BEFORE) await run(line, Date.now() - LONG_AGO_MS);
  for (const line of BEFORE) await run(line);
  return { dir, ids };
}

/** A copy of a scene, for one command. */
export function copyOf(scene: Scene): { readonly dir: string } & Disposable {
  const dir = makeTempDir();
  cpSync(scene.dir, dir, { recursive: true, preserveTimestamps: true });
  mkdirSync(`${dir}/new`);
  return { dir, [Symbol.dispose]: () => removeTree(dir) };
}

/** How a workspace looks: what is known of each record, by its name. */
export type View = Readonly<Record<string, string>>;

interface Row {
  readonly [field: string]: unknown;
}

/** Commands that list, and the rows of their answers as names with what is said of each. */
const LISTINGS: readonly (readonly [line: string, read: (answer: Answer) => string[][]])[] = [
  [
    "tasks --limit 1000",
    ({ items }) =>
      (items as Row[]).map((task) => [
        `task ${task["title"]}`,
        words(task, "status", "attempt", "priority", "queue", "claimer_run_id") + ends(task),
      ]),
  ],
  [
    "list --all",
    ({ reservations, intents }) => [
      ...(reservations as Row[]).map((one) => [
        `reservation ${one["run_id"]} ${one["addresses"]}`,
        words(one, "status", "exclusive", "reason") + ends(one),
      ]),
      ...(intents as Row[]).map((one) => [`intent ${one["addresses"]}`, words(one, "operation")]),
    ],
  ],
  [
    "lane live",
    ({ leases }) =>
      (leases as Row[]).map((
        one,
      ) => [`lane ${one["lane"]}`, words(one, "holder", "tree") + ends(one)]),
  ],
  [
    "queue list",
    ({ queues }) => (queues as Row[]).map((one) => [`queue ${one["queue"]}`, words(one, "status")]),
  ],
  [
    "journal tail -n 1000",
    ({ entries }) =>
      (entries as Row[]).filter(({ op }) => op === "HALT" || op === "SPAWN")
        .map((entry) => [`journal ${entry["op"]}`, "written"]),
  ],
  [
    "check-fresh free.ts --run-id me",
    ({ files }) => (files as Row[]).map((one) => [`seen ${one["path"]}`, words(one, "status")]),
  ],
];

function words(row: Row, ...fields: string[]): string {
  return fields.map((field) => String(row[field])).join(" ");
}

/** When it ends, in steps from now. */
function ends({ expires_at: at }: Row): string {
  if (typeof at !== "string") return "";
  return ` ${Math.max(0, Math.round((Date.parse(at) - Date.now()) / 1000 / STEP_S))}`;
}

/** The view, and what is wrong with how it is shown. */
export async function look(dir: string): Promise<{ view: View; problems: string[] }> {
  const view: Record<string, string> = {};
  const problems: string[] = [];
  for (const [line, read] of LISTINGS) {
    const { code, answer, err } = await call(dir, line.split(" "));
    for (const warning of answer.warnings ?? []) problems.push(`${line} warns: ${warning}`);
    if (code > 1) problems.push(`${line} ended with ${code}: ${err}`);
    else for (const [name = "", said = ""] of read(answer)) view[name] = said;
  }
  return { view, problems };
}

/** What `fsck` finds. */
export async function findings(dir: string): Promise<string[]> {
  const { code, answer, err } = await call(dir, ["fsck"]);
  const found = (answer["findings"] ?? []) as Row[];
  if (code > 1 || (code === 1 && found.length === 0)) return [`fsck ended with ${code}: ${err}`];
  return found.map((one) => `fsck finds ${words(one, "class", "file", "reason", "next")}`);
}
