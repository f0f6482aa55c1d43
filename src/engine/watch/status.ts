/** What `coord status` reports, apart: the command needs no other operation. */
import { isLive } from "../../domain/reservation/reservation.ts";
import { orderOf, type TaskStatus } from "../../domain/task/task.ts";
import { FILED_KINDS, FOLDERS } from "../../domain/watch/event.ts";
import { quoted } from "../../domain/text.ts";
import type { UnmetNeeds } from "../../ports/tasks.ts";
import type { QueuePause } from "../../domain/task/keeping/pause.ts";
import type { FoundBy, Store } from "../../ports/store.ts";
import type { Context } from "../context.ts";
import { liveLeases } from "../lane/live.ts";
import type { LaneItem } from "../lane/types.ts";

/** What `coord status` reports. */
export interface WorkspaceStatus {
  /** Where the workspace lies. */
  readonly workspace: string;
  /**
   * How it was found: named as `dir` or in the environment, by a search upward, or, for a linked
   * worktree, in the main checkout.
   */
  readonly found_by: FoundBy;
  /** Tasks by status, and `total`. */
  readonly tasks: Readonly<Record<TaskStatus | "total", number>>;
  /** The task that has been pending longest, null when none is. */
  readonly oldest_pending: { readonly task_id: string; readonly age_seconds: number } | null;
  /** Claims whose visibility timeout has passed; their tasks may be claimed again. */
  readonly timed_out_claims: readonly {
    readonly task_id: string;
    readonly claimer_run_id: string;
    readonly expires_at: string;
  }[];
  /** The queues of which no task is handed out, by name. */
  readonly paused_queues: readonly QueuePause[];
  /** What tasks need that no claimer of the last hour has had, each set of needs of each queue once. */
  readonly unmet_needs: readonly UnmetNeeds[];
  /** How many reservations are live. */
  readonly live_reservations: number;
  /** How many leases of lanes are live. */
  readonly live_leases: number;
  /** These leases, the first granted first. */
  readonly leases: readonly LaneItem[];
  /** How many records of each kind there are. */
  readonly records: Readonly<Record<string, number>>;
}

/** Sets of needs that warnings name. */
const MAX_UNMET = 5;

/** What a status is made of. */
export interface StatusContext
  extends Pick<Context, "clock" | "warn" | "processes" | "foundBy" | "exposure"> {
  readonly store: Pick<Store, "location" | "tasks" | "reservations" | "lanes"> & {
    readonly feed: Pick<Store["feed"], "count">;
  };
}

/** What `Coord.status()` promises. */
export async function workspaceStatus(context: StatusContext): Promise<WorkspaceStatus> {
  const { store, clock } = context;
  const now = clock();
  const { counts, oldestPending, items } = await store.tasks.list({ status: "timed_out" });
  const { leases } = await liveLeases({ ...context, lanes: store.lanes }, {});
  const exposure = context.exposure?.();
  if (exposure !== undefined) context.warn(exposure);
  const unmet = await store.tasks.unmetNeeds();
  for (const { queue, needs } of unmet.slice(0, MAX_UNMET)) {
    context.warn(
      `Tasks of queue ${quoted(queue)} need ${needs.map((need) => quoted(need)).join(", ")}, ` +
        "which no claimer of the last hour has",
    );
  }
  return {
    workspace: store.location,
    found_by: context.foundBy ?? "dir",
    tasks: counts,
    oldest_pending: oldestPending === undefined ? null : {
      task_id: oldestPending.task_id,
      age_seconds: Math.max(0, (now - orderOf(oldestPending).createdMs) / 1000),
    },
    paused_queues: await store.tasks.pauses.all(),
    unmet_needs: unmet,
    live_reservations: (await store.reservations.list(now, false))
      .filter((entry) => isLive(entry, now)).length,
    live_leases: leases.length,
    leases,
    timed_out_claims: items.flatMap(({ claim }) =>
      claim === undefined ? [] : {
        task_id: claim.task_id,
        claimer_run_id: claim.claimer_run_id,
        expires_at: claim.expires_at,
      }
    ).sort((a, b) => a.expires_at < b.expires_at ? -1 : 1),
    records: Object.fromEntries(
      await Promise.all(
        FILED_KINDS.map(async (kind) => [FOLDERS[kind], await store.feed.count(kind)]),
      ),
    ),
  };
}
