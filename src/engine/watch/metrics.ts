/**
 * What a workspace says of itself in numbers. They come from names, headers and counts: of tasks, only those
 * that agents have are read.
 */
import { isTicketLive } from "../../domain/glob/holds/ticket.ts";
import { orderOf, TASK_STATUSES } from "../../domain/task/task.ts";
import { VERSION } from "../../domain/version.ts";
import { FILED_KINDS } from "../../domain/watch/event.ts";
import type { Metric, MetricSample } from "../../domain/watch/exposition.ts";
import type { TaskListing } from "../../domain/task/listing.ts";
import type { Context } from "../context.ts";
import { conflictsNow } from "./fleet/conflicts.ts";
import { AGENT_STATUSES, agentsOf, heldNow, type HoldsNow } from "./agents.ts";

/** What `metrics` answers. */
export interface Metrics {
  /** Each thing that is measured, in a fixed order. */
  readonly metrics: readonly Metric[];
}

/** What `Exchange.metrics()` promises. */
export async function readMetrics(context: Context): Promise<Metrics> {
  const { store, clock } = context;
  const held = await heldNow(context);
  const now = clock();
  const { leases, tasks } = held;
  const { oldestPending } = tasks;
  const { journal } = store.lanes;
  const { fold } = await journal.read();
  const bytes = await journal.size();
  const collected = await store.gc.collectedAt();
  const tickets = await store.tickets.list();
  const agents = agentsOf(held, now);
  const records = await Promise.all(
    FILED_KINDS.map(async (kind) => sample(await store.feed.count(kind), { kind })),
  );
  const age = oldestPending === undefined ? 0 : (now - orderOf(oldestPending).createdMs) / 1000;
  const of = (status: string) => leases.filter((lease) => lease.status === status).length;
  const metrics = [
    gauge("build_info", "The version of coord that wrote these metrics.", [
      sample(1, { version: VERSION }),
    ]),
    gauge("tasks", "Tasks by queue and status.", byQueue(tasks)),
    gauge(
      "oldest_pending_task_age_seconds",
      "Age of the task that has been pending longest, 0 when none is pending.",
      [sample(Math.max(0, age))],
    ),
    gauge(
      "queue_paused",
      "Whether no task of the queue is handed out: 1 while it is paused.",
      await pausedQueues(context, tasks),
    ),
    gauge("reservations", "Live reservations.", reservations(held)),
    gauge("lanes", "Leases of lanes that were not released; a dead one may be taken over.", [
      sample(of("live"), { status: "live" }),
      sample(of("dead"), { status: "dead" }),
    ]),
    gauge(
      "agents",
      "Runs that hold a task, a reservation or a lane, by how they are doing.",
      AGENT_STATUSES.map((status) => sample(agents[status], { status })),
    ),
    gauge("waiters", "Agents that wait for a reservation or a lane that another run holds.", [
      sample(tickets.filter((ticket) => isTicketLive(ticket, now)).length),
    ]),
    gauge("conflicts", "Pairs of live holds of different runs that overlap, 2000 at most.", [
      sample(conflictsNow(held, now).conflicts_total),
    ]),
    gauge(
      "records",
      "Records by kind, those that ended and were not removed yet among them.",
      records,
    ),
    counter("journal_entries_total", "Entries that the journal of lanes ever got.", fold.seq),
    gauge(
      "journal_size_bytes",
      "Size of the journal of lanes without its archives.",
      bytes === undefined ? [] : [sample(bytes)],
    ),
    gauge(
      "gc_last_run_timestamp_seconds",
      "When records that had ended were removed last, or else when the workspace was made.",
      collected === undefined ? [] : [sample(collected / 1000)],
    ),
  ];
  return { metrics };
}

function sample(value: number, labels: MetricSample["labels"] = {}): MetricSample {
  return { labels, value };
}

function gauge(name: string, help: string, samples: readonly MetricSample[]): Metric {
  return { name: `coord_${name}`, type: "gauge", help, samples };
}

function counter(name: string, help: string, value: number): Metric {
  return { name: `coord_${name}`, type: "counter", help, samples: [sample(value)] };
}

/** Every status of every queue, also those that no task has: a series that comes and goes hides zeros. */
function byQueue({ queues }: TaskListing): MetricSample[] {
  return [...queues].sort(([a], [b]) => a < b ? -1 : 1).flatMap(([queue, counts]) =>
    TASK_STATUSES.map((status) => sample(counts[status], { queue, status }))
  );
}

async function pausedQueues({ store }: Context, { queues }: TaskListing): Promise<MetricSample[]> {
  const paused = await store.tasks.pauses.names();
  return [...new Set([...queues.keys(), ...paused])].sort()
    .map((queue) => sample(paused.has(queue) ? 1 : 0, { queue }));
}

function reservations({ reservations }: HoldsNow): MetricSample[] {
  const exclusive = reservations.filter(({ reservation }) => reservation.exclusive).length;
  return [
    sample(exclusive, { exclusive: "true" }),
    sample(reservations.length - exclusive, { exclusive: "false" }),
  ];
}
