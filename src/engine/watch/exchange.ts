/** What other programs take from a workspace, and bring into it. */
import type { JsonObject } from "../../domain/json.ts";
import type { Context } from "../context.ts";
import type { Metrics } from "./metrics.ts";
import type { ExportDocument } from "./transfer/export.ts";
import type { Imported, ImportInput, ImportRefused } from "./transfer/import.ts";

/** What other programs take from a workspace, and bring into it. */
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

  /**
   * Gives everything as documents: queues that are paused, all tasks with their attempts and ends, and what
   * runs hold. The first says what they are, and the last that nothing is missing. A task that changes
   * meanwhile comes once, as it stood when it was read.
   *
   * @returns The documents, one after the other: only the ids of the tasks are kept in memory.
   *
   * @example
   * ```ts
   * import { initWorkspace, openWorkspace } from "@coord/coord";
   *
   * const project = await Deno.makeTempDir();
   * await initWorkspace(project);
   * const coord = await openWorkspace({ dir: project });
   * await coord.tasks.enqueue({ title: "Refactor billing", runId: "planner" });
   *
   * const other = await Deno.makeTempDir();
   * await initWorkspace(other);
   * const { exchange } = await openWorkspace({ dir: other });
   * const answer = await exchange.import(coord.exchange.export());
   * console.assert(answer.status === "imported" && answer.added === 1);
   * ```
   */
  async *export(): AsyncGenerator<ExportDocument, void> {
    const { exportDocuments } = await import("./transfer/export.ts");
    yield* exportDocuments(this.#context);
  }

  /**
   * Gives all tasks as issues of beads (`bd`), by id. What came from beads comes back as it was, but
   * for what coord knows better: where it stands, and its priority.
   *
   * @example
   * ```ts
   * import { initWorkspace, openWorkspace } from "@coord/coord";
   *
   * const project = await Deno.makeTempDir();
   * await initWorkspace(project);
   * const { exchange } = await openWorkspace({ dir: project });
   * const created_at = "2026-11-21T09:30:00Z";
   * const issue = { id: "bd-1", title: "Refactor billing", status: "open", priority: 1, created_at };
   * await exchange.import([issue], { format: "beads" });
   * const issues = await Array.fromAsync(exchange.exportBeads());
   * console.assert(issues[0]?.id === "bd-1" && issues[0].priority === 1);
   * ```
   */
  async *exportBeads(): AsyncGenerator<JsonObject, void> {
    const { exportIssues } = await import("./transfer/export.ts");
    yield* exportIssues(this.#context);
  }

  /**
   * Brings tasks in: from an export, or the issues of beads. They keep their ids, keys, dependencies and
   * attempts; what had ended has ended. A task that a run had is pending again, and what runs hold is left
   * out. The same lines once more change nothing.
   *
   * @param lines Lines of JSON, or the objects that they stand for.
   * @param input What the lines are, and what to do about conflicts.
   * @returns What was done; `conflict` with all conflicts, and then nothing was written.
   * @throws {CoordError} `bad_args` that names all lines which are wrong; nothing was written.
   */
  async import(
    lines: AsyncIterable<string | object> | Iterable<string | object>,
    input: ImportInput = {},
  ): Promise<Imported | ImportRefused> {
    const { importLines } = await import("./transfer/import.ts");
    return importLines(this.#context, lines, input);
  }
}
