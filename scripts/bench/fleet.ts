/**
 * A fleet at work in a workspace: eight runs that claim, beat, complete and now and then fail tasks,
 * reserve files and take lanes, with a given number of changes a second.
 *
 * Usage: deno run -A scripts/bench/fleet.ts DIR [CHANGES A SECOND, default 100] [SECONDS, default 60]
 */
import { type Coord, initWorkspace, openWorkspace } from "../../mod.ts";
import { pause } from "./children.ts";

const RUNS = 8;

const TITLES = [
  "Refactor billing",
  "Fix the 税 rounding",
  "Move tests to Vitest",
  "Upgrade zod 🚀",
];
const FILES = ["src/billing/**", "src/tax.ts", "docs/README.md", "src/api/server.ts::listen"];
const NOTES = ["half of the tests pass", "reads the code", "waits for CI", "writes docs"];

/** One run's work on one task: seven to nine changes, each an event, and each before `rest()`. */
async function work(coord: Coord, runId: string, n: number, rest: () => Promise<void>) {
  const { tasks, reservations, lanes } = coord;
  const queue = n % 3 === 0 ? "deploys" : "default";
  const title = `${TITLES[n % TITLES.length]} ${n}`;
  await tasks.enqueue({ title, queue, runId: "planner", ...(n % 7 === 0 && { maxAttempts: 3 }) });
  await rest();
  const claimed = await tasks.claim({ runId });
  await rest();
  if (claimed.status !== "claimed") return;
  const id = claimed.task.task_id;
  const path = FILES[n % FILES.length] ?? "";
  const reserved = await reservations.reserve({ addresses: [path], runId, ttl: 600 });
  await rest();
  for (let done = 1; done <= 2; done++) {
    const note = NOTES[(n + done) % NOTES.length] ?? "";
    await tasks.heartbeat({ id, runId, note, progress: { done, total: 3 } });
    await rest();
  }
  const lane = `${runId}-tests`;
  const loopTs = String(n);
  const isHeld = n % 4 === 0;
  if (isHeld) {
    await lanes.acquire({ lane, owner: runId, tree: [`tests/${runId}/**`], loopTs });
    await rest();
  }
  if (n % 9 === 0) await tasks.fail({ id, runId, error: "npm test: exit code 1" });
  else await tasks.complete({ id, runId });
  await rest();
  if (isHeld) {
    await lanes.release({ lane, owner: runId, loopTs });
    await rest();
  }
  await reservations.release({ id: reserved.reservation_id, runId });
  await rest();
}

/** Has the fleet work until the signal fires; resolves to the number of changes. */
export async function fleetAt(coord: Coord, perSecond: number, signal: AbortSignal) {
  let changes = 0;
  const start = performance.now();
  const rest = async () => {
    const due = start + ++changes * 1000 / perSecond;
    await pause(Math.max(0, due - performance.now()));
  };
  await Promise.all(
    Array.from({ length: RUNS }, async (_, run) => {
      for (let n = run; !signal.aborted; n += RUNS) {
        await work(coord, `agent-${run + 1}`, n, rest);
      }
    }),
  );
  return changes;
}

if (import.meta.main) {
  const [dir = ".", rate = "100", seconds = "60"] = Deno.args;
  await initWorkspace(dir);
  const signal = AbortSignal.timeout(Number(seconds) * 1000);
  const changes = await fleetAt(await openWorkspace({ dir }), Number(rate), signal);
  console.log(`${changes} changes`);
}
