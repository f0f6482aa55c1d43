/** What other programs take from a workspace. */
import type { Context } from "../context.ts";
import type { Metrics } from "./metrics.ts";

/** What other programs take from a workspace, in forms that they read. */
export class Exchange {
  readonly #context: Context;

  /** Made by `openWorkspace()`. */
  constructor(context: Context) {
    this.#context = context;
  }

  /**
   * Counts what there is: tasks by queue and status, holds, agents, records, the journal. The names and
   * units are those of Prometheus. Of tasks it reads only those that agents have.
   *
   * @returns The metrics, each with its numbers.
   *
   * @example
   * ```ts
   * import { initWorkspace, openWorkspace } from "@coord/coord";
   *
   * const project = await Deno.makeTempDir();
   * await initWorkspace(project);
   * const coord = await openWorkspace({ dir: project });
   * await coord.tasks.enqueue({ title: "Refactor billing", runId: "planner" });
   * const { metrics } = await coord.exchange.metrics();
   * const tasks = metrics.find(({ name }) => name === "coord_tasks");
   * const pending = tasks?.samples.find(({ labels }) => labels.status === "pending");
   * console.assert(pending?.value === 1);
   * ```
   */
  async metrics(): Promise<Metrics> {
    const { readMetrics } = await import("./metrics.ts");
    return readMetrics(this.#context);
  }
}
