/**
 * The main job on real input: every source file of this checkout becomes a task. Four workers share
 * them, one is killed in the middle of a task, one task fails and is tried again, and some wait for
 * others. Ends with a table, and with exit code 1 if anything is not as it must be. With `--web` another
 * fleet works until Ctrl-C, and its page is served; what follows are flags of `coord web`.
 */
import { openWorkspace, type TaskWorked, type WatchEvent } from "../mod.ts";
import { check } from "./demo/checks.ts";
import { filesIn, FOLDERS, type Line, measures, report, sum } from "./demo/plan.ts";
import { showFleet } from "./demo/fleet.ts";
import { Program, type Running, signal } from "./demo/program.ts";
import { hasTerminal, say, sayProgress } from "./demo/screen.ts";

if (Deno.args[0] === "--web") {
  await showFleet(Deno.args.slice(1));
  Deno.exit(0);
}

const ROOT = new URL("..", import.meta.url).pathname;
const WORKERS = ["worker-1", "worker-2", "worker-3", "worker-4"];
const VICTIM = "worker-2";
/** Seconds after which the task of a worker that died is handed out again. */
const CLAIM_TTL = 3;
const BACKOFF = 1;
/** The whole takes about 10 s; a machine under load may need more. */
const PATIENCE_MS = 90_000;
/** Lines about what went wrong; one fault may show in every task. */
const MOST_PROBLEMS = 10;

Deno.chdir(ROOT);
const files = FOLDERS.flatMap(filesIn);
const fails = files.at(-1) ?? "";
const scratch = await Deno.makeTempDir({ prefix: "coord-demo-" });
for (const name of ["bin", "places", "project"]) Deno.mkdirSync(`${scratch}/${name}`);
const [project, places] = [`${scratch}/project`, `${scratch}/places`];
const program = new Program(project, `${scratch}/bin`, {
  DEMO_PLACES: places,
  DEMO_VICTIM: VICTIM,
  DEMO_FAILS: fails,
});
const problems: string[] = [];

say(
  "Four agents share the work on one checkout. What stands for an agent here is a worker: " +
    "it claims a task, runs a command for it, reports the end, and claims the next one.",
);
say("");
await program.call(["init", project]);
const completedEvents = new Set<string>();
let eventCount = 0;
const watch = program.stream<WatchEvent>(["watch", "--json"], (event) => {
  eventCount++;
  if (event.kind === "claim" && event.data["status"] === "completed") {
    completedEvents.add(event.id);
  }
});

/** Adds tasks as a planner would; returns their ids. */
const enqueue = (lines: readonly Line[], ...flags: string[]) =>
  program.call(
    ["enqueue", "--stdin", "--run-id", "planner", "--print", "task_id", ...flags],
    lines.map((line) => JSON.stringify(line)).join("\n"),
  );
const retries = ["--max-attempts", "3", "--backoff", `${BACKOFF}s`];
say(`coord enqueue --stdin ${retries.join(" ")}`, "$ ");
const measured: string[][] = [];
for (const folder of FOLDERS) measured.push(await enqueue(measures(folder), ...retries));
say(`${files.length} tasks: count the lines of a file each. What fails is tried again.`, "  ");
say(`coord enqueue "Add up ${FOLDERS[0]}" --after ID,ID,…`, "$ ");
const sums = await enqueue(FOLDERS.map((folder, at) => sum(folder, measured[at] ?? [])));
say(`${sums.length} tasks, each blocked until the files of its folder are counted.`, "  ");
say('coord enqueue "Write the report" --after ID,ID,ID', "$ ");
const ids = [...measured.flat(), ...sums, ...await enqueue([report(sums)])];
say("1 task, blocked until all folders are added up.", "  ");
say(`coord work --drain --claim-ttl ${CLAIM_TTL} -- sh task.sh`, "$ ");
const live = hasTerminal ? " The last line of the screen is worker-1's." : "";
say(`4 workers at once, until nothing is left.${live}`, "  ");
say("");

let ended = 0;
let retried = 0;
const started = performance.now();
let firstEnd = () => {};
const victimWorks = new Promise<void>((resolve) => firstEnd = resolve);
const workers = new Map<string, Running>();

function onEnd({ status, title, run_id, task_id, attempt, error }: TaskWorked): void {
  if (run_id === VICTIM) firstEnd();
  if (status === "retried") {
    retried++;
    say(`${run_id} failed at "${title}" (${error}): again in ${BACKOFF}s.`, "! ");
  } else if (status !== "completed") {
    problems.push(`"${title}" is ${status} in ${run_id}: ${error}`);
  } else {
    ended++;
    if (attempt > 1) say(`${run_id} did "${title}", at attempt ${attempt}.`, "  ");
    if (sums.includes(task_id) || task_id === ids.at(-1)) {
      say(`${run_id} did "${title}", which waited for others.`, "  ");
    }
  }
}

function start(runId: string): void {
  const args = ["work", "--run-id", runId, "--drain", "--claim-ttl", `${CLAIM_TTL}`, "--json"];
  const shows = runId === WORKERS[0] && hasTerminal;
  const line = [...args, "--", "sh", `${ROOT}scripts/demo/task.sh`];
  workers.set(runId, program.stream<TaskWorked>(line, onEnd, shows ? "inherit" : "null"));
}

const patience = setTimeout(() => {
  problems.push(`not done after ${PATIENCE_MS / 1000} s`);
  firstEnd();
  for (const worker of workers.values()) signal(worker, "SIGKILL");
}, PATIENCE_MS);
const ticker = setInterval(() => sayProgress(`${ended} of ${ids.length} tasks done`), 1_000);

start(VICTIM);
await victimWorks; // so it has its share, however slowly the others start
for (const runId of WORKERS) if (runId !== VICTIM) start(runId);
const killedAt = await placeOf("at");
const victim = workers.get(VICTIM);
if (victim !== undefined) signal(victim, "SIGKILL");
say(`${VICTIM} was killed at "Measure ${killedAt}": again in ${CLAIM_TTL}s.`, "! ");

const codes: Record<string, number> = {};
for (const [runId, { done }] of workers) codes[runId] = (await done).code;
const seconds = (performance.now() - started) / 1000;
clearTimeout(patience);
clearInterval(ticker);

/** What a task wrote to a file, once it has. */
async function placeOf(name: string): Promise<string> {
  for (; problems.length === 0; await new Promise((resolve) => setTimeout(resolve, 10))) {
    try {
      return Deno.readTextFileSync(`${places}/${name}`);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return "";
}

// The stream has emitted all when it has emitted the last completion.
for (let i = 0; i < 100 && completedEvents.size < ids.length; i++) {
  await new Promise((resolve) => setTimeout(resolve, 50));
}
signal(watch, "SIGTERM");
const watchCode = (await watch.done).code;

const coord = await openWorkspace({ dir: project });
const staged = { files, victim: VICTIM, killedAt, fails, backoff: BACKOFF };
const found = await check(coord, ids, staged);
problems.push(...found.problems);
for (const runId of WORKERS) {
  const wanted = runId === VICTIM ? 137 : 0;
  if (codes[runId] !== wanted) problems.push(`${runId} ended with ${codes[runId]}`);
}
if (found.done.get(VICTIM) !== 4) problems.push(`${VICTIM} has done ${found.done.get(VICTIM)}`);
if (retried !== 1) problems.push(`the workers said of ${retried} tasks that they are retried`);
if (completedEvents.size !== ids.length) {
  problems.push(`the stream emitted ${completedEvents.size} completions`);
}
if (watchCode !== 0) problems.push(`the stream ended with ${watchCode}`);

say("");
for (const runId of WORKERS) {
  const fate = runId === VICTIM ? ", then it was killed" : "";
  say(`${found.done.get(runId) ?? 0} tasks done${fate}`, runId.padEnd(13));
}
if (problems.length === 0) {
  const rows: readonly (readonly [string, string])[] = [
    ["all", `${ids.length} tasks, each done once`],
    ["the report", `${found.lines} lines, as counted here`],
    ["coord watch", `${eventCount} events, with the end of each task`],
    ["time", `${seconds.toFixed(1)} s, ${(ids.length / seconds).toFixed(0)} tasks a second`],
  ];
  for (const [name, value] of rows) say(value, name.padEnd(13));
}
await Deno.remove(scratch, { recursive: true });
for (const problem of problems.slice(0, MOST_PROBLEMS)) console.error(`demo: ${problem}`);
if (problems.length > 0) Deno.exit(1);
