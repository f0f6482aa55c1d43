/** Reservations for the explorer, and what processes do about them. */
import type * as chain from "../../../src/adapters/fs/reservation/chain.ts";
import type * as newest from "../../../src/adapters/fs/reservation/newest.ts";
import type * as notice from "../../../src/adapters/fs/reservation/notice.ts";
import type * as order from "../../../src/adapters/fs/reservation/order.ts";
import type * as removal from "../../../src/adapters/fs/reservation/removal.ts";
import {
  type HeartbeatRecord,
  isLive,
  type ReleaseRecord,
  type ReservationRecord,
} from "../../../src/domain/reservation/reservation.ts";
import { inOneGo } from "../../../src/domain/glob/steps.ts";
import { formatTime } from "../../../src/domain/time.ts";
import type { Call, Process } from "./explorer.ts";
import type { Files } from "./reservation_model.ts";

/** The protocols under test. */
export interface Protocol {
  readonly chain: typeof chain;
  readonly newest: typeof newest;
  readonly notice: typeof notice;
  readonly order: typeof order;
  readonly removal: typeof removal;
}

const EPOCH = Date.UTC(2026, 10, 21, 9, 30);

/** The instant at which everything happens, seconds. */
export const NOW = 20;

/** An instant before what has expired had, seconds. */
const BEFORE = 8;

export function at(second: number): number {
  return EPOCH + second * 1000;
}

export function reservation(
  stem: string,
  ends: number,
  exclusive: boolean,
  created = 0,
): ReservationRecord {
  return {
    reservation_id: stem,
    run_id: `agent ${stem}`,
    branch: "main",
    addresses: ["a"],
    created_at: formatTime(at(created)),
    expires_at: formatTime(at(ends)),
    operation: null,
    exclusive,
  };
}

export function heartbeat(
  stem: string,
  ends: number,
  beat?: number,
  note?: string,
): HeartbeatRecord {
  return {
    reservation_id: stem,
    run_id: `agent ${stem}`,
    last_beat_at: formatTime(at(NOW)),
    extended_expires_at: formatTime(at(ends)),
    ...(beat === undefined ? {} : { beat }),
    ...(note === undefined ? {} : { note }),
  };
}

export function releaseOf(stem: string, reason: string): ReleaseRecord {
  return {
    reservation_id: stem,
    run_id: `agent ${stem}`,
    released_at: formatTime(at(15)),
    reason,
  };
}

/** A call with what it is for. */
export interface ReservationCall extends Call<Files> {
  readonly kind:
    | "exclusive"
    | "advisory"
    | "notice"
    | "beat"
    | "shortBeat"
    | "punctualBeat"
    | "lateBeat"
    | "release"
    | "remove"
    | "read"
    | "list";
  readonly stem: string;
}

/** A reservation that others may be in the way of. */
export function addition(
  files: Files,
  record: ReservationRecord,
): Parameters<typeof order.add>[1] & notice.Notice {
  const { reservation_id: stem, run_id, exclusive } = record;
  let entered = false;
  return {
    reservation: record,
    now: Date.parse(record.created_at),
    candidates: () => files.entries(),
    *overlaps() {
      yield;
      return true;
    },
    admit: (others) =>
      exclusive !== true || others.every(({ reservation }) => reservation.run_id === run_id),
    excludes: ({ run_id: other }) => other !== run_id,
    *enter() {
      yield;
      if (!entered) files.enter(stem);
      entered = true;
    },
    persist() {},
    leave: () => files.leave(stem, record),
    drop: (other, record) => files.leave(other, record),
  };
}

/** Everything that a process may do, about the reservation `E` where it is not about a new one. */
export function callsOf({ chain, notice, order, removal }: Protocol) {
  const add = (stem: string, exclusive: boolean, known?: number): ReservationCall => ({
    kind: exclusive ? "exclusive" : "advisory",
    stem,
    name: `${exclusive ? "exclusive" : "advisory"} ${stem}`,
    run: (files) =>
      inOneGo(order.add(files, addition(files, reservation(stem, 30, exclusive, NOW)), known)),
  });
  // No holder sends a heartbeat before the record is there.
  const beat = (files: Files, by: string, ends: number, ...clock: number[]) => {
    order.ensureRecord(files, "E");
    if (!files.exists("reservations/E.json")) return undefined;
    // What the clock says from one look at it to the next; the last is said again.
    let looks = 0;
    const now = () => at(clock[Math.min(looks++, clock.length - 1)] ?? NOW);
    const outcome = chain.beat(files, "E", heartbeat("E", ends, undefined, by), now);
    return typeof outcome === "string" ? undefined : outcome;
  };
  return {
    add,
    /** One without a place; the stems of what it reports. */
    notice: (stem: string): ReservationCall => ({
      kind: "notice",
      stem,
      name: `notice ${stem}`,
      run(files) {
        const added = addition(files, reservation(stem, 30, false, NOW));
        return inOneGo(notice.addNotice(files, added)).map((entry) =>
          entry.reservation.reservation_id
        );
      },
    }),
    /** By a process whose clock is so far behind that what others call expired is live to it. */
    beat: (by: string): ReservationCall => ({
      kind: "beat",
      stem: "E",
      name: "beat",
      run: (files) => beat(files, by, 40, BEFORE),
    }),
    /** The same, one of some that a process makes. */
    pulse: (by: string, n: number): ReservationCall => ({
      kind: "beat",
      stem: "E",
      name: `pulse ${n}`,
      run: (files) => beat(files, by, 34 + n, BEFORE),
    }),
    /** The same of a slow process, which has expired when it comes. */
    shortBeat: (by: string): ReservationCall => ({
      kind: "shortBeat",
      stem: "E",
      name: "short beat",
      run: (files) => beat(files, by, 18, BEFORE),
    }),
    /** By a process whose clock is right. */
    punctualBeat: (by: string): ReservationCall => ({
      kind: "punctualBeat",
      stem: "E",
      name: "punctual beat",
      run: (files) => beat(files, by, 40, NOW),
    }),
    /** By one that looks in time, and sleeps before it writes. */
    lateBeat: (by: string): ReservationCall => ({
      kind: "lateBeat",
      stem: "E",
      name: "late beat",
      run: (files) => beat(files, by, 40, BEFORE, NOW),
    }),
    release: {
      kind: "release",
      stem: "E",
      name: "release",
      run(files) {
        order.ensureRecord(files, "E");
        return chain.release(files, "E", releaseOf("E", "completed"));
      },
    } satisfies ReservationCall as ReservationCall,
    remove: {
      kind: "remove",
      stem: "E",
      name: "remove",
      run(files) {
        order.settle(files, order.findHead(files, 0));
        const entry = order.findEntry(files, "E");
        if (entry === undefined || isLive(entry, at(NOW))) return [];
        return removal.removeReservations(files, [{ stem: "E", entry, beats: [] }], at(NOW))
          .map(({ stem }) => stem);
      },
    } satisfies ReservationCall as ReservationCall,
    read: {
      kind: "read",
      stem: "E",
      name: "read",
      run: (files) => order.findEntry(files, "E"),
    } satisfies ReservationCall as ReservationCall,
    /** All that is live, by the stems. */
    list: {
      kind: "list",
      stem: "",
      name: "list",
      run: (files) => listed(files, order),
    } satisfies ReservationCall as ReservationCall,
  };
}

/** The stems of what is live. */
export function listed(files: Files, { granted, comingEntry, findEntry }: typeof order): string[] {
  const { stems, coming } = granted(files, () => files.records());
  return stems.filter((stem) => {
    const entry = stem === coming?.stem ? comingEntry(files, coming) : findEntry(files, stem);
    return entry !== undefined && isLive(entry, at(NOW));
  }).sort();
}

/** A process that makes these calls one after the other. */
export function process(name: string, ...calls: ReservationCall[]): Process<Files> {
  return { name, next: (outcomes) => calls[outcomes.length] };
}
