/**
 * The fold of the change feed into the state of a fleet: a change at a time, and at any moment the state.
 * It asks nothing and waits for nothing. What it says equals what the operations of the same names answer
 * at that moment, since both apply the same rules to the same records.
 */
import type { JsonObject } from "../../../domain/json.ts";
import { isTicketLive, type Ticket } from "../../../domain/glob/holds/ticket.ts";
import { type Lease, readFolded } from "../../../domain/lane/lease.ts";
import { noTasks, type TaskListing } from "../../../domain/task/listing.ts";
import { formatTime } from "../../../domain/time.ts";
import { leaseOfId } from "../../../domain/watch/lane_record.ts";
import type { Change } from "../../../ports/feed.ts";
import type { QueuePause } from "../../../domain/task/keeping/pause.ts";
import type { LaneItem } from "../../lane/types.ts";
import { agentsOf } from "../agents.ts";
import { alertsOf } from "./alerts.ts";
import { FleetAttempts } from "./attempts.ts";
import { leaseRecordKey, reservationKey } from "./compared.ts";
import { FleetConflicts } from "./conflicts.ts";
import { FleetReservations, put } from "./reservations.ts";
import { FleetTasks, type TasksNow } from "./tasks.ts";
import type { Fleet, FleetQueue, FleetWait } from "./types.ts";

/** What the feed does not say, and is read beside it. */
export interface Beside {
  /** The queues that are paused, by name. */
  readonly pauses: readonly QueuePause[];
  /** Who waits, in order. */
  readonly tickets: readonly Ticket[];
}

export class FleetFold {
  readonly #tasks: FleetTasks;
  readonly #attempts: FleetAttempts | undefined;
  readonly #reservations = new FleetReservations();
  readonly #leases = new Map<string, Lease>();
  readonly #conflicts = new FleetConflicts();
  #beside: Beside = { pauses: [], tickets: [] };

  /** @param attempts How many attempts a state lists; none where it is left out. */
  constructor(attempts?: number) {
    this.#attempts = attempts === undefined ? undefined : new FleetAttempts(attempts);
    this.#tasks = new FleetTasks(this.#attempts);
  }

  /** Takes in a change. */
  apply({ type, kind, id, data: said }: Change): void {
    const data = type === "removed" ? undefined : said;
    switch (kind) {
      case "task":
        return this.#tasks.task(id, data);
      case "claim":
        return this.#tasks.claim(id, data);
      case "reservation":
        return this.#reservation(id, data);
      case "heartbeat":
        this.#reservations.heartbeat(id, data);
        return this.#conflicts.moved(id);
      case "release":
        this.#reservations.release(id, data);
        return this.#conflicts.moved(id);
      case "lane":
        return this.#lane(id, data && leaseIn(id, data));
    }
  }

  #reservation(id: string, data: JsonObject | undefined): void {
    const record = this.#reservations.reservation(id, data);
    if (record === undefined) return this.#conflicts.gone(reservationKey(id));
    this.#conflicts.reserved(record, () => this.#reservations.life(id));
  }

  #lane(id: string, lease: Lease | undefined): void {
    const before = this.#leases.get(id);
    put(this.#leases, id, lease);
    if (lease !== undefined) this.#conflicts.leased(lease);
    else if (before !== undefined) this.#conflicts.gone(leaseRecordKey(before));
  }

  /** Takes in how it stands beside the feed. */
  observe(beside: Beside): void {
    this.#beside = beside;
  }

  /** Takes in a listing of tasks, of the same moment as the last change. */
  listed(listing: Pick<TaskListing, "queues" | "items">): void {
    this.#tasks.listed(listing);
  }

  /**
   * The state at `now`.
   *
   * @param itemOf A lease as listings have it: whether its process runs is the machine's to say.
   */
  at(now: number, itemOf: (lease: Lease) => LaneItem): Fleet {
    const tasks = this.#tasks.at(now);
    const held = this.#reservations.live(now);
    const entries = held.map(({ entry }) => entry);
    const leases = [...this.#leases.values()].sort((a, b) => a.fence - b.fence).map(itemOf);
    const runs = agentsOf({ tasks: { items: tasks.claimed }, reservations: entries, leases }, now);
    const queues = this.#queues(tasks);
    return {
      at: formatTime(now),
      alerts: alertsOf({ tasks, entries, leases, runs, queues }, now),
      runs,
      tasks: tasks.counts,
      queues,
      waits: this.#waits(now),
      ...this.#conflicts.at(now, leases),
      reservations: held.map(({ item }) => item),
      leases,
      failures: tasks.failures,
      ...(this.#attempts && { attempts: this.#attempts.at(now) }),
    };
  }

  #queues({ queues, oldest, completed }: TasksNow): FleetQueue[] {
    const pauses = new Map(this.#beside.pauses.map(({ queue, ...pause }) => [queue, pause]));
    return [...new Set([...queues.keys(), ...pauses.keys()])].sort().map((queue) => {
      const first = oldest.get(queue)?.task;
      return {
        queue,
        ...queues.get(queue) ?? noTasks(),
        paused: pauses.get(queue) ?? null,
        oldest_pending: first === undefined
          ? null
          : { task_id: first.task_id, title: first.title, since: first.created_at },
        completed_last_minute: completed.get(queue) ?? 0,
      };
    });
  }

  #waits(now: number): FleetWait[] {
    return this.#beside.tickets.filter((ticket) => isTicketLive(ticket, now))
      .map(({ record: { run_id, addresses, lane = null, waits_for, since } }) => ({
        run_id,
        addresses,
        lane,
        waits_for,
        since,
      }));
  }
}

/** The lease in a record of the feed; `undefined` for an announcement. */
function leaseIn(id: string, data: JsonObject): Lease | undefined {
  const identity = leaseOfId(id);
  if (identity === undefined) return undefined;
  const { op: _op, ...record } = data;
  const [fence = 0, renewed_seq = 0, events = 0] = [data.fence, data.renewed_seq, data.events]
    .map(Number);
  return readFolded(record, identity, { fence, renewed_seq, events });
}
