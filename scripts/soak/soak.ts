/**
 * A fleet at work on one workspace while processes are killed and stopped, and what must be true
 * afterwards: no task is lost or done twice under one fence, no exclusive holds overlap, a watcher
 * knows what a listing shows, and memory, open files and records stay bounded.
 */
import { type Agent, countFiles, Fleet, sizeOf, sleep } from "./fleet.ts";

/** What a soak runs. */
export interface SoakOptions {
  readonly program: readonly string[];
  /** An empty folder. */
  readonly dir: string;
  readonly seconds: number;
  /** At least 0, less than 1. */
  readonly random: () => number;
  readonly print?: (line: string) => void;
}

/** How a soak went. */
export interface SoakReport {
  readonly problems: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
}

/** Workers that may be killed; one more runs to the end. */
const WORKERS = 2;

/** Pauses between the calls of each kind, in milliseconds. */
const PAUSE_MS = { enqueue: 150, with: 300, hook: 400, gc: 4_000, disturb: 700, sample: 500 };

/** How long a process is stopped, in milliseconds: far less than its holds last. */
const STOP_MS = 800;

/** The part of disturbed processes that is killed. */
const KILLED = 0.4;

/** Memory that a process may gain between the second and the last quarter: a part, and KiB on top. */
const GAIN = { part: 1.2, rss: 24_000, files: 4 };

/** Files of a workspace after all has ended and was collected. */
const MAX_FILES = 300;

const HOT = ["hot-1.ts", "hot-2.ts"];

/** Notes which task was done under which fence. */
const WORK = `printf '%s %s\\n' "$COORD_TASK_ID" "$COORD_TASK_FENCE" >> "$COORD_DIR/../done"`;

/** Notes when another process is at the same file; one that was killed is not there any more. */
const HOLD = `mkdir -p "in/$0"; : > "in/$0/$$"
for other in "in/$0"/*; do
  other=\${other##*/}
  [ "$other" = $$ ] || ! kill -0 "$other" 2>/dev/null || echo "$0 $$ $other" >> overlaps
done
sleep 0.2; rm -f "in/$0/$$"`;

/** Runs it. */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const { dir, seconds, random, print = () => {} } = options;
  const fleet = new Fleet(options.program, dir);
  const counts = { enqueued: 0, unsure: 0, holds: 0, hooks: 0, killed: 0, stopped: 0, done: 0 };
  const acknowledged = new Set<string>();
  await fleet.ask("init");
  const end = Date.now() + seconds * 1000;
  const isOver = () => Date.now() >= end;
  const mayDisturb = (agent: Agent) => !/^(asking|watch|steady)$/.test(agent.name);

  const seen = new Map<string, unknown>();
  const watch = fleet.start("watch", ["watch", "--json", "--kind", "task", "--kind", "claim"], {
    onLine: (line) => fold(seen, JSON.parse(line)),
  });
  const work = (name: string, run: string) =>
    fleet.start(name, [
      ...["work", "--run-id", run, "--claim-ttl", "5", "--concurrency", "2", "--json"],
      ...["--", "sh", "-c", WORK],
    ], { onLine: () => {} });
  const steady = work("steady", "steady");

  const every = async (ms: number, body: (at: number) => Promise<void>) => {
    for (let at = 0; !isOver(); at++) {
      await body(at);
      await sleep(ms * (0.5 + random()));
    }
  };
  const enqueue = async (at: number) => {
    const { code, out } = await fleet.start("enqueue", [
      "enqueue",
      `task ${at}`,
      "--run-id",
      "p",
      "--print",
      "task_id",
    ])
      .ended;
    if (code === 0) acknowledged.add(out.trim());
    code === 0 ? counts.enqueued++ : counts.unsure++;
  };
  const hold = async () => {
    const file = HOT[Math.floor(random() * HOT.length)] ?? "";
    const run = `holder-${Math.floor(random() * 1e6)}`;
    const command = ["--", "sh", "-c", HOLD, file];
    const args = ["with", file, "--run-id", run, "--ttl", "60", "--wait", "3", ...command];
    const { code } = await fleet.start("with", args).ended;
    if (code === 0) counts.holds++;
  };
  const hook = async (at: number) => {
    const session = `s${at % 3}`;
    const isEnd = random() < 0.2;
    const input = JSON.stringify({
      session_id: session,
      cwd: dir,
      ...(isEnd ? { hook_event_name: "SessionEnd" } : {
        hook_event_name: "PreToolUse",
        tool_name: "Write",
        tool_input: { file_path: `${dir}/edited-${Math.floor(random() * 4)}.ts`, content: "" },
      }),
    });
    await fleet.start("hook", ["hook", "run", "claude"], { input }).ended;
    counts.hooks++;
  };
  const disturb = async () => {
    const agents = [...fleet.running].filter(mayDisturb);
    const agent = agents[Math.floor(random() * agents.length)];
    if (agent === undefined) return;
    if (random() < KILLED) {
      agent.send("SIGKILL");
      counts.killed++;
      return;
    }
    agent.send("SIGSTOP");
    await sleep(random() * STOP_MS);
    agent.send("SIGCONT");
    counts.stopped++;
  };
  const keepWorking = async (run: string) => {
    while (!isOver()) {
      const worker = work("work", run);
      await Promise.race([worker.ended, sleep(Math.max(0, end - Date.now()))]);
      worker.send("SIGTERM");
      await worker.ended;
    }
  };
  const samples: Sample[] = [];
  const sample = async () => {
    for (const { name, pid } of [watch, steady]) {
      const size = sizeOf(pid);
      if (size !== undefined) {
        samples.push({ name, at: 1 - (end - Date.now()) / seconds / 1000, ...size });
      }
    }
    await Promise.resolve();
  };
  const collect = async () => {
    await fleet.start("gc", ["gc", "--execute", "--grace", "10"]).ended;
  };
  await Promise.all([
    every(PAUSE_MS.enqueue, enqueue),
    every(PAUSE_MS.with, hold),
    every(PAUSE_MS.with, hold),
    every(PAUSE_MS.hook, hook),
    every(PAUSE_MS.gc, collect),
    every(PAUSE_MS.disturb, disturb),
    every(PAUSE_MS.sample, sample),
    ...Array.from({ length: WORKERS }, (_, at) => keepWorking(`worker-${at}`)),
  ]);
  print("what is left is done, and all is checked");

  await fleet.ask("work", "--drain", "--run-id", "last", "--", "sh", "-c", WORK);
  steady.send("SIGTERM");
  await steady.ended;
  const problems = [
    ...doneProblems(read(`${dir}/done`), acknowledged),
    ...read(`${dir}/overlaps`).map((line) => `exclusive holds overlap: ${line}`),
    ...sizeProblems([watch.name, steady.name], samples),
  ];
  const listed = new Map<string, unknown>();
  const once = ["watch", "--once", "--json", "--kind", "task", "--kind", "claim"];
  const { out } = await fleet.start("asking", once).ended;
  for (const line of out.trim().split("\n").filter(Boolean)) fold(listed, JSON.parse(line));
  await until(() => sameFold(seen, listed));
  if (!sameFold(seen, listed)) {
    problems.push(`the watcher knows ${seen.size} records, and ${listed.size} are listed`);
    const differ = [...seen].find(([name, data]) => !isSame(data, listed.get(name)));
    problems.push(`one that differs: ${JSON.stringify([differ, listed.get(differ?.[0] ?? "")])}`);
  }
  watch.send("SIGTERM");
  await watch.ended;
  await endHolds(fleet);
  await fleet.ask("gc", "--execute", "--grace", "0");
  const files = countFiles(`${dir}/.coord`);
  if (files > MAX_FILES) problems.push(`${files} files are left in the workspace`);
  counts.done = read(`${dir}/done`).length;
  return { problems, counts: { ...counts, files } };
}

/** Releases what killed processes and hooks hold, as their ends would. */
async function endHolds(fleet: Fleet): Promise<void> {
  const { reservations } = await fleet.ask("list") as {
    reservations: { reservation_id: string }[];
  };
  for (const { reservation_id } of reservations) {
    await fleet.start("asking", ["release", reservation_id, "--force", "--run-id", "last"]).ended;
  }
}

interface Event {
  readonly event_type: string;
  readonly kind: string;
  readonly id: string;
  readonly data: { readonly status?: unknown };
}

/** A task's own event has its status of that moment; what becomes of it later, its claim's events say. */
function fold(records: Map<string, unknown>, { event_type, kind, id, data }: Event): void {
  const name = `${kind} ${id}`;
  if (event_type === "removed") records.delete(name);
  else if (event_type !== "expired") {
    records.set(name, kind === "task" ? { ...data, status: undefined } : data);
  }
}

function sameFold(a: ReadonlyMap<string, unknown>, b: ReadonlyMap<string, unknown>): boolean {
  return a.size === b.size && [...a].every(([name, data]) => isSame(data, b.get(name)));
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; tries < 100 && !isSo(); tries++) await sleep(100);
}

function read(path: string): string[] {
  try {
    return Deno.readTextFileSync(path).split("\n").filter(Boolean);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

function doneProblems(done: readonly string[], acknowledged: ReadonlySet<string>): string[] {
  const problems: string[] = [];
  const ids = new Set(done.map((line) => line.split(" ")[0]));
  const lost = [...acknowledged].filter((id) => !ids.has(id));
  if (lost.length > 0) problems.push(`${lost.length} tasks were never done, such as ${lost[0]}`);
  const twice = done.length - new Set(done).size;
  if (twice > 0) problems.push(`${twice} tasks were done twice under one fence`);
  return problems;
}

/** What a process used at a moment. */
export interface Sample {
  readonly name: string;
  /** When, as a part of the time that it runs, 0 to 1. */
  readonly at: number;
  /** KiB. */
  readonly rss: number;
  /** How many were open. */
  readonly files: number;
}

/** Whether long-running processes grow from the second quarter to the last, or were not there. */
export function sizeProblems(names: readonly string[], samples: readonly Sample[]): string[] {
  const problems: string[] = [];
  for (const name of names) {
    const own = samples.filter((sample) => sample.name === name);
    const from = (part: number) => own.filter(({ at }) => at >= part && at < part + 0.25);
    if (from(0.25).length === 0 || from(0.75).length === 0) {
      problems.push(`${name} did not run all the time`);
      continue;
    }
    const mean = (field: "rss" | "files", part: number) => {
      const some = from(part);
      return some.reduce((sum, sample) => sum + sample[field], 0) / some.length;
    };
    const [rss, rssLast] = [mean("rss", 0.25), mean("rss", 0.75)];
    if (rssLast > rss * GAIN.part + GAIN.rss) {
      problems.push(`${name} grew from ${rss.toFixed(0)} to ${rssLast.toFixed(0)} KiB`);
    }
    const [files, filesLast] = [mean("files", 0.25), mean("files", 0.75)];
    if (filesLast > files + GAIN.files) {
      problems.push(`${name} had ${files.toFixed(0)} files open, then ${filesLast.toFixed(0)}`);
    }
  }
  return problems;
}
