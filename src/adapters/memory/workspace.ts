/** What all stores of one workspace in memory share. */
import { NO_TAXONOMY, type Taxonomy } from "../../domain/lane/taxonomy.ts";
import type {
  HeartbeatRecord,
  IntentRecord,
  ReleaseRecord,
  ReservationRecord,
} from "../../domain/reservation/reservation.ts";
import type { JsonObject } from "../../domain/json.ts";
import type { RecordKind } from "../../domain/watch/event.ts";
import type { ClaimRecord } from "../../domain/task/claim.ts";
import { isHeldBack } from "../../domain/task/retry.ts";
import type { TaskRecord, Wanted } from "../../domain/task/task.ts";
import type { QueuePause } from "../../domain/task/keeping/pause.ts";
import type { Ticket } from "../../domain/glob/holds/ticket.ts";
import type { Clock } from "../../domain/time.ts";
import { Log } from "./log.ts";
import { ChangeCount, Table } from "./table.ts";

/** How a workspace in memory begins. */
interface MemoryOptions {
  /** Milliseconds since 1970; default the machine's clock. */
  readonly clock?: Clock;
  /** What lanes there are; default none but those that are asked for. */
  readonly taxonomy?: Taxonomy;
}

/** The records of a workspace. They live as long as this object, in this process. */
export class MemoryWorkspace {
  /** Different for every workspace. */
  readonly location = `memory:${crypto.randomUUID()}`;
  readonly clock: Clock;
  taxonomy: Taxonomy;
  readonly tasks: Table<TaskRecord>;
  readonly claims: Table<ClaimRecord>;
  /** Ids of tasks that wait for others. */
  readonly blocked = new Set<string>();
  /** Ids of tasks that were announced, for those who wait. */
  readonly waiting = new Set<(id: string) => void>();
  /** By the names of the queues. */
  readonly pauses = new Map<string, QueuePause>();
  /** What claimers had, and when they claimed last, milliseconds since 1970. */
  readonly claimers = new Map<string, Wanted & { readonly now: number }>();
  /** Those who wait are to look again. */
  readonly resumed = new Set<() => void>();
  readonly reservations: Table<ReservationRecord>;
  readonly heartbeats: Table<HeartbeatRecord>;
  readonly releases: Table<ReleaseRecord>;
  readonly intents: Table<IntentRecord>;
  /** Exclusive reservations that are neither confirmed nor refused yet: they are no records. */
  readonly unsettled = new Map<string, ReservationRecord>();
  /** The fences of exclusive reservations by their ids. */
  readonly fences = new Map<string, number>();
  readonly log: Log;
  /** Those that wait. */
  readonly tickets = {
    byNumber: new Map<number, Ticket>(),
    last: 0,
    listeners: new Set<() => void>(),
  };
  /** Leases and announcements as records of the stream; the log keeps them. */
  readonly lanes: Table<JsonObject>;
  /** When ended records were removed last, else when the workspace was made; milliseconds since 1970. */
  collectedAt: number;
  /** Numbers all changes. */
  readonly count = new ChangeCount();
  /** The records of each kind. */
  readonly tables: Readonly<Partial<Record<RecordKind, Table<object>>>>;

  constructor({ clock = Date.now, taxonomy = NO_TAXONOMY }: MemoryOptions = {}) {
    this.clock = clock;
    this.collectedAt = clock();
    this.taxonomy = taxonomy;
    this.tasks = new Table(clock, this.count);
    this.claims = new Table(clock, this.count);
    this.reservations = new Table(clock, this.count);
    this.heartbeats = new Table(clock, this.count);
    this.releases = new Table(clock, this.count);
    this.intents = new Table(clock, this.count);
    this.lanes = new Table(clock, this.count);
    this.log = new Log(this.lanes);
    this.tables = {
      reservation: this.reservations as Table<object>,
      intent: this.intents as Table<object>,
      release: this.releases as Table<object>,
      heartbeat: this.heartbeats as Table<object>,
      task: this.tasks as Table<object>,
      claim: this.claims as Table<object>,
      lane: this.lanes as Table<object>,
    };
  }

  /** Whether a task has not been let go, where it waits for others. */
  isWaiting(id: string): boolean {
    const claim = this.claims.row(id)?.record;
    return claim === undefined || isHeldBack(claim);
  }
}
