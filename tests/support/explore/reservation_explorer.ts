/** Reservations under the explorer: where it begins, who may meet, and what came of it. */
import * as chain from "../../../src/adapters/fs/reservation/chain.ts";
import * as newest from "../../../src/adapters/fs/reservation/newest.ts";
import * as notice from "../../../src/adapters/fs/reservation/notice.ts";
import * as order from "../../../src/adapters/fs/reservation/order.ts";
import * as removal from "../../../src/adapters/fs/reservation/removal.ts";
import { type Explored, Explorer, type Process } from "./explorer.ts";
import { type Change, mutatedTogether } from "./mutants.ts";
import {
  callsOf,
  heartbeat,
  process,
  type Protocol,
  releaseOf,
  reservation,
} from "./reservation_calls.ts";
import type { Random } from "../random.ts";
import { type Files, ReservationModel } from "./reservation_model.ts";
import { ReservationProperties } from "./reservation_properties.ts";

/** The protocols as they are. */
export const REAL: Protocol = { chain, newest, notice, order, removal };

/** Their modules. */
const MODULES = ["chain", "newest", "notice", "order", "removal"].map((name) =>
  `src/adapters/fs/reservation/${name}.ts`
);

/** The protocols with faults. */
export async function mutatedReservations(...mutations: Change[]): Promise<Protocol> {
  const [chain, newest, notice, order, removal] = await mutatedTogether(
    [...MODULES, "src/adapters/fs/disk/trim.ts"],
    ...mutations,
  );
  return { chain, newest, notice, order, removal } as Protocol;
}

const place = order.placeName;

const expired = reservation("E", 10, true);
const live = reservation("E", 100, true);
const granted = (record = expired, n = 1) => ({
  [place(n)]: record,
  "reservations/E.json": record,
  "entries/E": {},
});

/** Where it begins. */
export const STARTS: Record<string, Record<string, object>> = {
  "nothing": {},
  "an expired exclusive one": granted(),
  "a live one that is not settled": {
    [place(1)]: live,
    [order.comingName("E")]: live,
    "entries/E": {},
  },
  "an expired one that is not settled": {
    [place(1)]: expired,
    [order.comingName("E")]: expired,
    "entries/E": {},
  },
  "a live one with a heartbeat": {
    ...granted(),
    "heartbeats/E.1": heartbeat("E", 30, 1),
    "heartbeats/E.json": heartbeat("E", 30, 1),
  },
  "a live one with a view that lags": {
    ...granted(),
    "heartbeats/E.1": heartbeat("E", 12, 1),
    "heartbeats/E.2": heartbeat("E", 30, 2),
    "heartbeats/E.json": heartbeat("E", 12, 1),
  },
  "an expired one with a view that lags": {
    ...granted(),
    "heartbeats/E.1": heartbeat("E", 12, 1),
    "heartbeats/E.2": heartbeat("E", 15, 2),
    "heartbeats/E.json": heartbeat("E", 12, 1),
  },
  "a sealed one without its release": {
    ...granted(),
    "heartbeats/E.1": heartbeat("E", 15, 1),
    "heartbeats/E.2": releaseOf("E", "expired"),
    "heartbeats/E.json": heartbeat("E", 15, 1),
  },
  "a released one": { ...granted(live), "releases/E.json": releaseOf("E", "completed") },
  "a released one with heartbeats": {
    ...granted(live),
    "heartbeats/E.1": heartbeat("E", 120, 1),
    "heartbeats/E.json": heartbeat("E", 120, 1),
    "releases/E.json": releaseOf("E", "completed"),
  },
  "a live advisory one": {
    [place(1)]: reservation("V", 100, false),
    "reservations/V.json": reservation("V", 100, false),
    "entries/V": {},
  },
  "a raised floor": { [`${removal.FLOORS}/3`]: {}, ...granted(expired, 4) },
  "a raised floor below an inert place": {
    [`${removal.FLOORS}/3`]: {},
    [place(2)]: expired,
    [place(3)]: expired,
    [place(4)]: order.INERT,
    "reservations/E.json": expired,
    "entries/E": {},
  },
};

const beats = (ends: readonly number[]) =>
  Object.fromEntries(ends.map((end, n) => [`heartbeats/E.${n + 1}`, heartbeat("E", end, n + 1)]));
const fifth = heartbeat("E", 33, 5);
/** The second slot is a mark, and the third and fourth are gone. */
const gone = {
  ...granted(),
  "heartbeats/E.1": heartbeat("E", 30, 1),
  "heartbeats/E.2": fifth,
  "heartbeats/E.5": fifth,
};

/** Where slots of heartbeats went, or are about to go. */
export const TRIMMED_STARTS: Record<string, Record<string, object>> = {
  "heartbeats before a slot goes": {
    ...granted(),
    ...beats([30, 31]),
    "heartbeats/E.json": heartbeat("E", 31, 2),
  },
  "expired ones before a slot goes": {
    ...granted(),
    ...beats([12, 14]),
    "heartbeats/E.json": heartbeat("E", 14, 2),
  },
  "heartbeats and a view that lags": {
    ...granted(),
    ...beats([30, 31, 32, 33]),
    "heartbeats/E.json": heartbeat("E", 30, 1),
  },
  "a slot that went": { ...gone, "heartbeats/E.json": fifth },
  "a slot that went, and an old one that no process removed": {
    ...gone,
    "heartbeats/E.3": heartbeat("E", 32, 3, "late"),
    "heartbeats/E.json": fifth,
  },
  "a slot that went, and a view that was set back": {
    ...gone,
    "heartbeats/E.json": heartbeat("E", 32, 3),
  },
  "a slot that went, and an old one with a view that was set back": {
    ...gone,
    "heartbeats/E.3": heartbeat("E", 32, 3, "late"),
    "heartbeats/E.json": heartbeat("E", 32, 3),
  },
  "a slot that went, and no view": gone,
  "a slot that went, and another tool's view": { ...gone, "heartbeats/E.json": heartbeat("E", 31) },
};

const ALL_STARTS: typeof STARTS = { ...STARTS, ...TRIMMED_STARTS };

/** The processes that may meet. */
function processesOf(protocol: Protocol) {
  const calls = callsOf(protocol);
  return {
    exclusive: (i: number) => process(`exclusive${i}`, calls.add(`X${i}`, true)),
    advisory: (i: number) => process(`advisory${i}`, calls.add(`A${i}`, false)),
    notice: (i: number) => process(`notice${i}`, calls.notice(`N${i}`)),
    /** The second time it guesses that its own place is the newest. */
    both: (i: number): Process<Files> => ({
      name: `both${i}`,
      next: (outcomes) =>
        [
          calls.add(`B${i}`, false),
          calls.add(`C${i}`, true, outcomes[0] as number | undefined),
        ][outcomes.length],
    }),
    /** One that took place 1 before. */
    again: (i: number) => process(`again${i}`, calls.add(`G${i}`, true, 1)),
    beat: (i: number) => process(`beat${i}`, calls.beat(`b${i}`)),
    pulse: (i: number) => process(`pulse${i}`, calls.pulse(`q${i}`, 1), calls.pulse(`q${i}`, 2)),
    beats: (i: number) => process(`beats${i}`, calls.shortBeat(`s${i}`), calls.beat(`s${i}`)),
    punctual: (i: number) => process(`punctual${i}`, calls.punctualBeat(`p${i}`)),
    late: (i: number) => process(`late${i}`, calls.lateBeat(`l${i}`)),
    release: (i: number) => process(`release${i}`, calls.release),
    remove: (i: number) => process(`remove${i}`, calls.remove),
    read: (i: number) => process(`read${i}`, calls.read),
    list: (i: number) => process(`list${i}`, calls.list),
  } satisfies Record<string, (i: number) => Process<Files>>;
}

/** What a process does. */
export type Kind = keyof ReturnType<typeof processesOf>;
export const KINDS = (Object.keys(processesOf(REAL)) as Kind[])
  .filter((kind) => kind !== "pulse" && kind !== "again");

/** Protocols with all that it takes to explore them. */
export class ReservationExplorer {
  readonly #model = new ReservationModel();
  readonly #explorer = new Explorer(this.#model);
  readonly #properties: ReservationProperties;
  readonly #processes = new Map<string, Process<Files>>();
  readonly total = { combinations: 0, states: 0, interleavings: 0, crashes: 0 };

  constructor(readonly protocol: Protocol) {
    this.#properties = new ReservationProperties(this.#model, protocol);
  }

  explore(start: string, kinds: readonly Kind[]): Explored {
    const disk = this.#model.diskOf(ALL_STARTS[start] ?? {});
    const removes = kinds.includes("remove");
    const processes = kinds.map((kind, index) => this.#process(kind, index));
    const explored = this.#explorer.explore(disk, processes, this.#properties.from(disk, removes));
    this.total.combinations++;
    this.total.states += explored.states;
    this.total.interleavings += explored.interleavings;
    this.total.crashes += explored.crashes;
    return explored;
  }

  /** Follows some orders of steps by chance; what went wrong first. */
  walk(start: string, kinds: readonly Kind[], rounds: number, random: Random) {
    const disk = this.#model.diskOf(ALL_STARTS[start] ?? {});
    const processes = kinds.map((kind, index) => this.#process(kind, index));
    const properties = this.#properties.from(disk, kinds.includes("remove"));
    return this.#explorer.walk(disk, processes, properties, { rounds, random });
  }

  #process(kind: Kind, index: number): Process<Files> {
    const known = this.#processes.get(kind + index) ?? processesOf(this.protocol)[kind](index);
    this.#processes.set(kind + index, known);
    return known;
  }
}

/** A violation for people. */
export function described(
  start: string,
  { message, trail }: NonNullable<Explored["violation"]>,
): string {
  return `from ${start}: ${message}\n  ${trail.join("\n  ")}`;
}

/** All choices of `size` kinds, where one may be chosen again. */
export function combinations(kinds: readonly Kind[], size: number): Kind[][] {
  if (size === 0) return [[]];
  return kinds.flatMap((kind, index) =>
    combinations(kinds.slice(index), size - 1).map((rest) => [kind, ...rest])
  );
}

/** What was explored, for people. */
export function show(
  { combinations, states, interleavings, crashes }: ReservationExplorer["total"],
): string {
  return `${combinations} combinations, ${states} states, ` +
    `${interleavings.toPrecision(3)} interleavings, ${crashes} states after a crash`;
}
