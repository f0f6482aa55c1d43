/**
 * The main job on real input: every file of this checkout becomes a task, four worker processes share
 * them, one is killed in the middle of a task, and a stream reports what happens meanwhile. Ends
 * with a table, and with exit code 1 if anything is not as it must be.
 */
import { type JsonObject, openWorkspace, type WatchEvent } from "../mod.ts";
import { measure } from "./demo/shared.ts";
import { listFiles } from "./support/sources.ts";

const WORKERS = 4;
const VICTIM = "worker-2";
/** The task at which the victim dwells until it is killed. */
const VICTIM_TASK = 5;
/** The whole demonstration takes about 5 s; a machine under load may need more. */
const PATIENCE_MS = 60_000;

const checkout = Deno.cwd();
const deno = Deno.execPath();
const scratch = await Deno.makeTempDir({ prefix: "coord-demo-" });
const problems: string[] = [];

/** Runs one `coord` command to its end. */
async function coordCommand(args: string[], input = ""): Promise<string[]> {
  const child = new Deno.Command(deno, {
    args: ["run", "-A", `${checkout}/cli.ts`, ...args, "--dir", scratch, "--json"],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
    cwd: checkout,
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { code, stdout } = await child.output();
  if (code !== 0) throw new Error(`coord ${args.join(" ")} ended with ${code}`);
  return new TextDecoder().decode(stdout).trimEnd().split("\n");
}

/** A child whose standard output is a JSON line a step. */
function lineProcess(args: string[], onLine: (line: JsonObject) => void) {
  const child = new Deno.Command(deno, {
    args,
    cwd: checkout,
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const read = async () => {
    let rest = "";
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) onLine(JSON.parse(line));
    }
  };
  return { child, done: Promise.all([read(), child.status]).then(([, status]) => status) };
}

interface WorkerTally {
  claimed: number;
  completed: number;
  reclaimed: number;
  killed: boolean;
}

await new Deno.Command(deno, {
  args: ["run", "-A", `${checkout}/cli.ts`, "init", scratch, "--json"],
  stdout: "null",
}).output();

const events = new Map<string, number>();
const completedEvents = new Set<string>();
let eventCount = 0;
const watch = lineProcess(
  ["run", "-A", `${checkout}/cli.ts`, "watch", "--json", "--dir", scratch],
  (line) => {
    const event = line as unknown as WatchEvent;
    eventCount++;
    const key = `${event.kind} ${event.event_type}`;
    events.set(key, (events.get(key) ?? 0) + 1);
    if (event.kind === "claim" && event.data["status"] === "completed") {
      completedEvents.add(event.id);
    }
  },
);

const files = listFiles(".");
const enqueued = await coordCommand(
  ["enqueue", "--stdin", "--run-id", "demo"],
  files.map((path) => JSON.stringify({ title: `Measure ${path}`.slice(0, 200), payload: { path } }))
    .join("\n"),
);
const pathOf = new Map<string, string>();
for (const line of enqueued) {
  const task = JSON.parse(line);
  pathOf.set(task.task_id, task.payload.path);
}
console.log(`${pathOf.size} tasks enqueued, one a file of ${checkout}`);

const tallies = new Map<string, WorkerTally>();
const grants = new Map<string, string[]>(); // task -> "attempt by worker"
const finishedBy = new Map<string, string[]>();
let doubleClaims = 0;
let started = Infinity;
let ended = 0;

const encoder = new TextEncoder();
const live = Deno.stderr.isTerminal();
function progress(last = false): void {
  const dead = [...tallies.values()].filter((tally) => tally.killed).length;
  const text = `${finishedBy.size} of ${pathOf.size} done, ${WORKERS - dead} workers alive, ` +
    `${eventCount} events seen`;
  if (live) Deno.stderr.writeSync(encoder.encode(`\r${text}\x1b[K${last ? "\n" : ""}`));
  else Deno.stderr.writeSync(encoder.encode(`${text}\n`));
}

const workers = Array.from({ length: WORKERS }, (_, index) => {
  const runId = `worker-${index + 1}`;
  const tally: WorkerTally = { claimed: 0, completed: 0, reclaimed: 0, killed: false };
  tallies.set(runId, tally);
  const script = `${checkout}/scripts/demo/worker.ts`;
  const args = ["run", "-A", script, scratch, checkout, runId];
  if (runId === VICTIM) args.push(String(VICTIM_TASK));
  const worker = lineProcess(args, (line) => {
    const task = String(line["task"]);
    if (line["step"] === "claimed") {
      started = Math.min(started, performance.now());
      tally.claimed++;
      if (Number(line["attempt"]) > 1) tally.reclaimed++;
      const grant = `attempt ${line["attempt"]}`;
      const before = grants.get(task) ?? [];
      if (before.includes(grant)) doubleClaims++;
      grants.set(task, [...before, grant]);
      if (runId === VICTIM && tally.claimed === VICTIM_TASK) {
        tally.killed = true;
        worker.child.kill("SIGKILL");
        progress();
      }
    } else if (line["status"] === "completed") {
      ended = performance.now();
      tally.completed++;
      finishedBy.set(task, [...(finishedBy.get(task) ?? []), runId]);
      // Everybody else waits for the task that died with the victim.
      if (finishedBy.size === pathOf.size) { for (const other of workers) stop(other.child); }
    } else {
      problems.push(`${runId} could not complete ${task}: ${line["status"]}`);
    }
  });
  return worker;
});

function stop(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGTERM");
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // it has ended by itself
  }
}

const ticker = setInterval(progress, live ? 100 : 1_000);
const patience = setTimeout(() => {
  problems.push(`not done after ${PATIENCE_MS / 1000} s`);
  for (const { child } of workers) stop(child);
}, PATIENCE_MS);
await Promise.all(workers.map((worker) => worker.done));
clearTimeout(patience);
clearInterval(ticker);

// The stream has emitted all when it has emitted the last completion.
for (let i = 0; i < 100 && completedEvents.size < pathOf.size; i++) {
  await new Promise((resolve) => setTimeout(resolve, 50));
}
stop(watch.child);
const watchStatus = await watch.done;
progress(true);

let verified = 0;
const coord = await openWorkspace({ dir: scratch });
for (const [id, path] of pathOf) {
  const { claim } = await coord.tasks.get(id);
  const expected = await measure(path);
  const result = claim?.result;
  if (result?.["sha256"] === expected.sha256 && result["lines"] === expected.lines) verified++;
  else problems.push(`wrong result for ${path}`);
}

const counts = await coord.tasks.list({ limit: 1 });
const twice = [...finishedBy.values()].filter((by) => by.length > 1).length;
const reclaimed = [...tallies.values()].reduce((sum, tally) => sum + tally.reclaimed, 0);
const seconds = (ended - started) / 1000;
if (counts.completed !== pathOf.size) problems.push(`${counts.completed} tasks are completed`);
if (doubleClaims > 0) problems.push(`${doubleClaims} double claims`);
if (twice > 0) problems.push(`${twice} tasks were completed twice`);
if (reclaimed !== 1) problems.push(`${reclaimed} tasks were claimed again, not 1`);
if (completedEvents.size !== pathOf.size) {
  problems.push(`the stream emitted ${completedEvents.size} completions`);
}
if (watchStatus.code !== 0) problems.push(`the stream ended with ${watchStatus.code}`);

const rows: [string, string][] = [];
for (const [runId, tally] of tallies) {
  const fate = tally.killed ? ", killed while it held a task" : "";
  const again = tally.reclaimed > 0 ? `, ${tally.reclaimed} claimed again` : "";
  rows.push([runId, `${tally.completed} done${again}${fate}`]);
}
rows.push(
  ["tasks done", `${counts.completed} of ${pathOf.size}`],
  ["claimed again", `${reclaimed}`],
  ["double claims", `${doubleClaims}`],
  ["results verified", `${verified} of ${pathOf.size}`],
  ["events seen", `${eventCount} (${[...events].map(([key, n]) => `${n} ${key}`).join(", ")})`],
  [
    "tasks/s",
    `${(pathOf.size / seconds).toFixed(0)} (${seconds.toFixed(2)} s, the dead claim's ` +
    `timeout included)`,
  ],
);
console.log();
for (const [name, value] of rows) console.log(`${name.padEnd(18)}${value}`);
await Deno.remove(scratch, { recursive: true });
for (const problem of problems) console.error(`demo: ${problem}`);
if (problems.length > 0) Deno.exit(1);
