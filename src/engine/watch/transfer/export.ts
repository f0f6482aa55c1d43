/**
 * Everything of a workspace as documents, one after the other. The ids of the tasks are listed first, and
 * then each is read: one that changes meanwhile comes once, as it stood when it was read.
 */
import type { JsonObject } from "../../../domain/json.ts";
import { type ClaimRecord, taskStatus } from "../../../domain/task/claim.ts";
import type { TaskRecord, TaskStatus } from "../../../domain/task/task.ts";
import { formatTime } from "../../../domain/time.ts";
import { VERSION } from "../../../domain/version.ts";
import { issueIdOf, issueOfTask } from "../../../domain/watch/beads.ts";
import { EXPORT_FORMAT, type MovedTask } from "../../../domain/watch/transfer.ts";
import type { QueuePause } from "../../../domain/task/keeping/pause.ts";
import type { Context } from "../../context.ts";
import { liveLeases } from "../../lane/live.ts";
import type { LaneItem } from "../../lane/types.ts";
import { listRecords } from "../../reservation/list.ts";
import type { IntentItem, ReservationItem } from "../../reservation/types.ts";

/** The first document. */
export interface ExportHead {
  /** What the document is. */
  readonly kind: "export";
  /** The number of the form of the documents. */
  readonly format: number;
  /** The version of coord that wrote them. */
  readonly coord_version: string;
  /** When the export began, ISO 8601 UTC. */
  readonly exported_at: string;
}

/** A task, as its records are. */
export interface ExportedTask {
  /** What the document is. */
  readonly kind: "task";
  /** Where it stood. */
  readonly status: TaskStatus;
  /** Its definition. */
  readonly task: TaskRecord;
  /** Its newest state, with its attempts, notes and end; null while it was never touched. */
  readonly claim: ClaimRecord | null;
}

/** The last document: without it the export was cut off. */
export interface ExportEnd {
  /** What the document is. */
  readonly kind: "end";
  /** How many documents of each kind came before. */
  readonly counts: Readonly<Record<string, number>>;
}

/** A document of an export, by its `kind`. */
export type ExportDocument =
  | ExportHead
  | { readonly kind: "queue" } & QueuePause
  | ExportedTask
  | { readonly kind: "reservation"; readonly reservation: ReservationItem }
  | { readonly kind: "intent"; readonly intent: IntentItem }
  | { readonly kind: "lane"; readonly lane: LaneItem }
  | ExportEnd;

/** What `Exchange.export()` promises. */
export async function* exportDocuments(
  context: Context,
): AsyncGenerator<ExportDocument, void> {
  const { store, clock } = context;
  const counts: Record<string, number> = {};
  const counted = <D extends ExportDocument>(document: D): D => {
    counts[document.kind] = (counts[document.kind] ?? 0) + 1;
    return document;
  };
  const exported_at = formatTime(clock());
  yield { kind: "export", format: EXPORT_FORMAT, coord_version: VERSION, exported_at };
  for (const pause of await store.tasks.pauses.all()) yield counted({ kind: "queue", ...pause });
  for await (const { status, task, claim } of allTasks(context)) {
    yield counted({ kind: "task", status, task, claim: claim ?? null });
  }
  const { reservations, intents } = await listRecords({ store, clock }, {});
  for (const reservation of reservations) yield counted({ kind: "reservation", reservation });
  for (const intent of intents) yield counted({ kind: "intent", intent });
  const { leases } = await liveLeases({ ...context, lanes: store.lanes }, {});
  for (const lane of leases) yield counted({ kind: "lane", lane });
  yield { kind: "end", counts };
}

/** What `Exchange.exportBeads()` promises. */
export async function* exportIssues(context: Context): AsyncGenerator<JsonObject, void> {
  const all: (MovedTask & { readonly status: TaskStatus })[] = [];
  // Node has no `Array.fromAsync()` before version 22.
  for await (const moved of allTasks(context)) all.push(moved);
  const ids = new Map(all.map(({ task }) => [task.task_id, issueIdOf(task)]));
  const idOf = (id: string) => ids.get(id) ?? issueIdOf({ task_id: id, payload: {} });
  const issues = all.map((moved) => issueOfTask(moved, moved.status, idOf));
  yield* issues.sort((a, b) => String(a.id) < String(b.id) ? -1 : 1);
}

/** All tasks, by id. */
async function* allTasks(
  { store, clock }: Context,
): AsyncGenerator<MovedTask & { readonly status: TaskStatus }, void> {
  for (const id of await store.tasks.find("", Number.MAX_SAFE_INTEGER)) {
    // It may be gone by now.
    const entry = await store.tasks.get(id);
    if (entry !== undefined) {
      yield { ...entry, status: taskStatus(entry.task, entry.claim, clock()) };
    }
  }
}
