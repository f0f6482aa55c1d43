/**
 * The store of reservations, intents, heartbeats and releases. It keeps records and finds those that
 * matter; the rules are `domain/reservation.ts` and the engine's.
 */
import type {
  HeartbeatRecord,
  IntentRecord,
  ReleaseRecord,
  ReservationEntry,
  ReservationRecord,
} from "../domain/reservation/reservation.ts";
import type { NamedAddresses } from "../domain/glob/holds/holds.ts";
import type { Stepwise } from "../domain/glob/steps.ts";
import type { OnUnread } from "./warnings.ts";

/** A notice to add. */
export interface NoticePlacement {
  readonly reservation: ReservationRecord;
  /** Whether another reservation overlaps it, or cannot be compared in time. */
  readonly overlaps: (other: ReservationRecord) => Stepwise<boolean>;
}

/** A reservation to add, unless others keep it out. */
export interface Placement extends NoticePlacement {
  /**
   * Whether it may be added although these overlap it. Called with all live reservations of any
   * agent for which `overlaps` said so, and with those that it excludes and that are not confirmed,
   * as they are at one moment; called again when others were added meanwhile. Nothing that it was not
   * called with is added before this one, except by `addNotice()`. Of what it allows, what is not
   * confirmed never will be.
   */
  readonly admit: (others: readonly ReservationEntry[]) => boolean;
  /** Whether not both can be held, as both are exclusive and of different runs. */
  readonly excludes: (other: ReservationRecord) => boolean;
}

/** A hold that is no reservation, and that exclusive reservations keep out. */
export interface Rival {
  /** What it holds. */
  readonly named: NamedAddresses;
  readonly runId: string;
  /** Whether a reservation overlaps it, or cannot be compared in time. */
  readonly overlaps: (other: ReservationRecord) => Stepwise<boolean>;
  /** Whether not both can be held, as they are of different runs. */
  readonly excludes: (other: ReservationRecord) => boolean;
}

/**
 * What is live and what has expired is decided by the store's clock, whatever a record says of its own
 * beginning. Only a question that writes nothing is answered for the caller's `now`.
 */
export interface ReservationStore {
  /**
   * Adds a reservation if `admit` allows it. All such additions of all processes are in one order,
   * and `admit` decides on everything that comes before: of any number of racing callers that each
   * refuse the others' reservations at most one is added. Durable when the promise resolves.
   *
   * An exclusive reservation that has expired and overlaps is released for good (reason `expired`)
   * before an exclusive one is added, so that no late heartbeat can bring it back. One that is not
   * confirmed is refused.
   *
   * An exclusive one whose record has `confirmation` is not held yet, and need not be durable: see
   * `confirm()`. Until then it is not listed, and no heartbeat counts.
   *
   * However many there are, it never holds up its process for more than 50 ms at a time.
   *
   * @returns Whether it was added.
   */
  add(placement: Placement): Promise<boolean>;

  /**
   * Adds a notice that no other one keeps out, and that keeps none out: it has no part in the order of
   * `add()`. Of two that come at once at least one is returned to the other's caller. An `add()` of the
   * same moment may miss it, and be missed. Durable when the promise resolves.
   *
   * @returns The live reservations of any agent for which `overlaps` said so.
   */
  addNotice(notice: NoticePlacement): Promise<readonly ReservationEntry[]>;

  /**
   * The live reservations that overlap, of any agent. It writes nothing, and never holds up its process
   * for more than 50 ms at a time.
   *
   * @param near What the caller names: `overlaps` is asked about whatever may meet that, and more.
   */
  near(
    near: NamedAddresses,
    now: number,
    overlaps: (other: ReservationRecord) => Stepwise<boolean>,
  ): Promise<ReservationEntry[]>;

  /**
   * Confirms an exclusive reservation that was added: from now on it is held. Durable when the
   * promise resolves.
   *
   * @returns Its fence: of two that overlap the later one has the higher. `undefined` if it is not
   * confirmed, since `admit` of another one or a rival has had it out of its way, or since it was not
   * added by this opening.
   */
  confirm(id: string): Promise<number | undefined>;

  /**
   * Refuses an exclusive reservation that is not confirmed: it never will be. What is left of it, if
   * anything is, has a release (reason `conflict`) that says so. One that is held stays.
   */
  refuse(id: string, runId: string): Promise<void>;

  /**
   * The live exclusive reservations that overlap a rival and exclude it, confirmed ones only. The others
   * in its way are ended for good: what has expired (reason `expired`) and what is not confirmed
   * (it is refused). The rival's record is written before: so a reservation that comes later finds
   * it, and of two that come at once one goes. What let it through is durable when the promise
   * resolves.
   */
  makeWay(rival: Rival): Promise<readonly ReservationEntry[]>;

  /** A reservation with what happened to it, and its fence; `undefined` when there is none. */
  get(id: string): Promise<ReservationEntry | undefined>;

  /** The full ids of reservations that begin with these characters, sorted; at most `limit`. */
  find(prefix: string, limit: number): Promise<string[]>;

  /**
   * All reservations that may be live at `now`, released and expired ones too if `all`; never one that
   * is not confirmed, or was refused before it was. `onUnread` gets what could not be read.
   */
  list(now: number, all: boolean, onUnread?: OnUnread): Promise<ReservationEntry[]>;

  /**
   * Writes a heartbeat over the one before; it never takes time away. `released` when the
   * reservation was released before the heartbeat could count. `expired` when it is exclusive and
   * has lapsed by the store's clock, which is read as late as can be: that one has ended, and is not
   * revived.
   *
   * @param id Which reservation.
   * @param heartbeat The record at this instant, in milliseconds since 1970.
   */
  beat(
    id: string,
    heartbeat: (now: number) => HeartbeatRecord,
  ): Promise<HeartbeatRecord | "expired" | "released">;

  /** Ends a reservation, durably. `false` when it was released before. */
  release(release: ReleaseRecord): Promise<boolean>;

  /** Makes a release durable that was only found: who wrote it may have died before it was. */
  persistRelease(id: string): Promise<void>;

  /**
   * Calls `onChange` when a reservation may have been released or removed: a hint, never the truth.
   * `onError` is called at most once, and no hints follow it. Throws where notification cannot be had.
   */
  watch(id: string, onChange: () => void, onError: (error: unknown) => void): { close(): void };

  /** Adds an intent, durably. */
  addIntent(intent: IntentRecord): Promise<void>;

  /** All intents. */
  listIntents(): Promise<IntentRecord[]>;
}
