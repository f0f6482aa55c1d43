/** A process that sends a plan, or works it off; the race test of plans starts several. */
import process from "node:process";
import { Random } from "../random.ts";
import { appendLine } from "./lines.ts";
import { type Line, makePlan } from "./plan.ts";
import { openTasks } from "./stores.ts";

/** What a worker is given. */
export interface PlanOrders {
  readonly store: string;
  /** Where the workers write their lines. */
  readonly log: string;
  readonly runId: string;
  /** The plan that it sends, by its seed; otherwise it works. */
  readonly plan?: { readonly seed: number; readonly count: number };
}

const { store, log, runId, plan } = JSON.parse(process.argv[2] ?? "") as PlanOrders;
const { tasks } = await openTasks(store);
const write = (event: Line["event"], title: string, more: Partial<Line> = {}) =>
  appendLine(log, { event, title, at: Date.now(), ...more });

async function send({ seed, count }: { seed: number; count: number }): Promise<void> {
  const planned = makePlan(new Random(seed), count);
  const added = await tasks.enqueueAll(planned.map(({ input }) => input));
  if (!Array.isArray(added)) throw new Error(added.error);
}

const work = () =>
  tasks.work({
    runId,
    drain: true,
    claimTtl: 2,
    concurrency: 2,
    onEnd: ({ title, status }) => write("reported", title, { status }),
  }, async ({ title, attempt, payload }) => {
    write("start", title);
    await new Promise((resolve) => setTimeout(resolve, 2));
    const fails = Number(payload["fails"] ?? 0);
    if (attempt <= fails) {
      write("fail", title);
      throw new Error("on purpose");
    }
    write("end", title);
  });

await (plan === undefined ? work() : send(plan));
