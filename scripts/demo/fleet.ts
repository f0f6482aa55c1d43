/**
 * A fleet that is at work until it is stopped, for a look at `coord web` and `coord top`: eight agents with
 * four queues. Tasks fail and are tried again, one agent is killed now and then, and two want one lane.
 */
import { Program, type Running, signal } from "./program.ts";
import { filesIn, FOLDERS } from "./plan.ts";

const ROOT = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");

/** Agents with their queue; the seconds that each step of their tasks takes. */
const AGENTS: readonly (readonly [runId: string, queue: string, pause: number])[] = [
  ["claude-1", "review", 2],
  ["claude-2", "review", 3],
  ["codex-1", "tests", 2],
  ["codex-2", "coverage", 1],
  ["gemini-1", "docs", 2],
  ["gemini-2", "docs", 3],
];

/** The one that is killed, seconds after its start, and seconds until it comes back. */
const VICTIM = { runId: "codex-2", after: 20, away: 45 } as const;

const TITLES: Readonly<Record<string, readonly string[]>> = {
  review: ["Review", "Simplify", "Add types to"],
  tests: ["Test", "Bench", "Fix the lint of"],
  coverage: ["Measure the coverage of"],
  docs: ["Document", "Check the examples of"],
};

/** Tasks of a queue that are there at once. */
const AHEAD = 9;

/** The fleet, in a workspace of its own that goes with it. */
export class DemoFleet implements AsyncDisposable {
  readonly #program: Program;
  readonly #running = new Set<Running>();
  /** Calls that add tasks, while they go on. */
  readonly #planning = new Set<Promise<void>>();
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  #next = 0;
  #isStopped = false;

  private constructor(
    readonly scratch: string,
    readonly project: string,
    readonly url: string,
    program: Program,
  ) {
    this.#program = program;
  }

  /** Starts it, and the page of its workspace. */
  static async start(...flags: string[]): Promise<DemoFleet> {
    const scratch = await Deno.makeTempDir({ prefix: "coord-demo-" });
    const project = `${scratch}/shop`;
    for (const folder of [`${scratch}/bin`, project]) Deno.mkdirSync(folder);
    const program = new Program(project, `${scratch}/bin`, { COORD_RUN_ID: "planner" });
    await program.call(["init", project]);
    let web: Running | undefined;
    const url = await new Promise<string>((resolve) => {
      web = program.stream<{ url: string }>(["web", "--json", ...flags], ({ url }) => resolve(url));
    });
    const fleet = new DemoFleet(scratch, project, url, program);
    if (web !== undefined) fleet.#running.add(web);
    await fleet.#work();
    return fleet;
  }

  async #work(): Promise<void> {
    const call = (...args: string[]) => this.#program.call(args);
    await call("queue", "pause", "deploys", "--reason", "freeze until Monday");
    await call("enqueue", "Deploy to staging", "--queue", "deploys");
    for (const queue of Object.keys(TITLES)) await this.#plan(queue, AHEAD);
    await call("reserve", "src/engine/**", "--run-id", "claude-1", "--note", "renaming Hold");
    await call(
      "reserve",
      "src/engine/hold/hold.ts",
      "--run-id",
      "gemini-1",
      "--note",
      "its examples",
    );
    for (const [runId, queue, pause] of AGENTS) this.#start(runId, queue, pause);
    this.#publish("release-1");
    this.#publish("release-2");
    this.#after(VICTIM.after, () => this.#kill());
  }

  /** Keeps a number of tasks ahead of a queue's agents. */
  async #plan(queue: string, count: number): Promise<void> {
    const files = FOLDERS.flatMap(filesIn);
    const titles = TITLES[queue] ?? [];
    const lines = Array.from({ length: count }, () => {
      const at = this.#next++;
      const title = `${titles[at % titles.length]} ${files[at * 37 % files.length]}`;
      return JSON.stringify({ title, queue });
    });
    const retries = ["--max-attempts", "2", "--backoff", "4s"];
    await this.#program.call(["enqueue", "--stdin", ...retries], lines.join("\n"));
  }

  #start(runId: string, queue: string, pause: number): void {
    const task = ["env", `DEMO_PAUSE=${pause}`, "sh", `${ROOT}/scripts/demo/fleet_task.sh`];
    const args = ["work", "--run-id", runId, "--queue", queue, "--claim-ttl", "12", "--json"];
    const more = () => {
      if (this.#isStopped) return;
      const planning = this.#plan(queue, 1).catch(() => {})
        .finally(() => this.#planning.delete(planning));
      this.#planning.add(planning);
    };
    this.#run([...args, "--", ...task], more, runId === VICTIM.runId);
  }

  /** Two that want one lane: one holds it, the other waits for its turn. */
  #publish(runId: string): void {
    const args = ["with", "--lane", "@deploy", "--wait", "10m", "--run-id", runId, "--json"];
    const { done } = this.#run([...args, "--", "sleep", "9"], () => {});
    done.then(() => this.#after(1, () => this.#publish(runId)));
  }

  #run(args: readonly string[], onLine: () => void, isVictim = false): Running {
    const running = this.#program.stream(args, onLine, "null");
    this.#running.add(running);
    if (isVictim) this.#victim = running;
    running.done.finally(() => this.#running.delete(running));
    return running;
  }

  #victim: Running | undefined;

  #kill(): void {
    if (this.#victim !== undefined) signal(this.#victim, "SIGKILL");
    const again = AGENTS.find(([runId]) => runId === VICTIM.runId);
    this.#after(VICTIM.away, () => {
      if (again !== undefined) this.#start(...again);
      this.#after(VICTIM.after, () => this.#kill());
    });
  }

  #after(seconds: number, act: () => void): void {
    if (this.#isStopped) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (!this.#isStopped) act();
    }, seconds * 1000);
    this.#timers.add(timer);
  }

  /** Stops all of it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    const all = [...this.#running];
    for (const running of all) signal(running, "SIGTERM");
    // A second one ends what is at work at once.
    const again = setTimeout(() => all.forEach((running) => signal(running, "SIGTERM")), 300);
    await Promise.all([...all.map(({ done }) => done), ...this.#planning]);
    clearTimeout(again);
    await Deno.remove(this.scratch, { recursive: true });
  }
}

/** Runs it until Ctrl-C; `flags` are those of `coord web`. */
export async function showFleet(flags: readonly string[]): Promise<void> {
  const stopped = new Promise<void>((resolve) => {
    for (const name of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(name, resolve);
  });
  await using fleet = await DemoFleet.start(...flags);
  console.log(`Eight agents are at work in ${fleet.project}\n`);
  console.log(`  ${fleet.url}\n`);
  console.log(`or on the terminal: deno task coord top --dir ${fleet.project}\nCtrl-C ends it.`);
  await stopped;
}
