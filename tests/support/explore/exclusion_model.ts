/** Exclusive reservations and lanes that meet, for the explorer; everything overlaps. */
import * as chain from "../../../src/adapters/fs/reservation/chain.ts";
import * as order from "../../../src/adapters/fs/reservation/order.ts";
import * as rival from "../../../src/adapters/fs/reservation/rival.ts";
import { inOneGo, type Stepwise } from "../../../src/domain/glob/steps.ts";
import { heartbeatEntry, releaseEntry } from "../../../src/domain/journal/entries.ts";
import type { Lease } from "../../../src/domain/lane/lease.ts";
import type { ReservationRecord } from "../../../src/domain/reservation/reservation.ts";
import * as exclusion from "../../../src/engine/hold/exclusion.ts";
import type { Random } from "../random.ts";
import { acquire, replay, stamp } from "../scene/lanes.ts";
import {
  type CallState,
  type Explored,
  Explorer,
  type Process,
  type Properties,
} from "./explorer.ts";
import { addition, at, NOW, releaseOf, reservation } from "./reservation_calls.ts";
import { type Files, type Names, ReservationModel, type Step } from "./reservation_model.ts";

type Steps = Pick<typeof exclusion, "exclusionSteps">;

/** The code under test. Reservations and lanes take the same steps, which may be faulty on one side. */
export interface Protocol {
  readonly chain: typeof chain;
  readonly order: typeof order;
  readonly rival: typeof rival;
  readonly reserver: Steps;
  readonly acquirer: Steps;
}

export const REAL: Protocol = {
  chain,
  order,
  rival,
  reserver: exclusion,
  acquirer: exclusion,
};

type Take = { readonly [step in exclusion.ExclusionStep]: () => boolean };

/** Takes the steps as the engine does, in one go. */
function drive({ exclusionSteps }: Steps, take: Take): boolean {
  const steps = exclusionSteps();
  for (let step = steps.next();;) {
    if (step.done === true) return step.value;
    step = steps.next(take[step.value]());
  }
}

/** Everything overlaps. */
function* YES(): Stepwise<boolean> {
  yield;
  return true;
}

function pending(stem: string): ReservationRecord {
  return { ...reservation(stem, 30, true, NOW), confirmation: 1 };
}

/** The live lease of any agent but one. */
function leaseOfOthers(files: Files, holder: string): Lease | undefined {
  return replay(files.log()).live().find((lease) => lease.holder !== holder);
}

function reserve({ chain, order, reserver }: Protocol, files: Files, stem: string): boolean {
  const record = pending(stem);
  const isFree = (others: readonly { readonly unsettled?: true }[]) =>
    others.every((other) => other.unsettled === true);
  return drive(reserver, {
    publish: () =>
      inOneGo(order.add(files, { ...addition(files, record), admit: isFree })) !== undefined,
    look: () => leaseOfOthers(files, record.run_id) === undefined,
    confirm: () => chain.confirm(files, stem),
    withdraw: () => chain.seal(files, stem, at(NOW), record.run_id) !== undefined,
  });
}

function acquireLane({ rival, acquirer }: Protocol, files: Files, lane: string): boolean {
  const before = replay(files.log());
  if (before.live().some((lease) => lease.holder !== lane)) return false;
  const entry = acquire(before.seq + 1, { lane, holder: lane, tree: ["a"] });
  const mine = { ...entry, nonce: lane };
  const asked = {
    now: at(NOW),
    runId: lane,
    overlaps: YES,
    excludes: () => true,
  };
  let lease = before.live().find(({ holder }) => holder === lane);
  return drive(acquirer, {
    publish() {
      // A repeat finds what a process left that died.
      if (lease !== undefined) return true;
      files.append(mine);
      const applied = replay(files.log()).appliedOf(lane);
      lease = applied?.effect === "granted" ? applied.lease : undefined;
      return lease !== undefined;
    },
    look: () => inOneGo(rival.makeWay(files, asked, files.entries())).length === 0,
    confirm: () => true,
    withdraw() {
      if (lease !== undefined) {
        files.append(releaseEntry(stamp(lease.fence + 9), lease, "withdrawn"));
      }
      return true;
    },
  });
}

/** The first heartbeat of a lease, whose process may have died before it looked. */
function beatLane({ rival }: Protocol, files: Files, lane: string): boolean {
  const lease = replay(files.log()).live().find(({ holder }) => holder === lane);
  if (lease === undefined) return false;
  const asked = { now: at(NOW), runId: lane, overlaps: YES, excludes: () => true };
  if (inOneGo(rival.makeWay(files, asked, files.entries())).length > 0) {
    files.append(releaseEntry(stamp(lease.fence + 9), lease, "withdrawn"));
    return false;
  }
  files.append({ ...heartbeatEntry(stamp(lease.fence + 19), lease), nonce: `${lane} beats` });
  return replay(files.log()).appliedOf(`${lane} beats`)?.effect === "renewed";
}

const process = (name: string, run: (files: Files) => boolean, times = 1): Process<Files> => ({
  name,
  next: ({ length }) => length < times ? { name, run } : undefined,
});

/**
 * Who may meet: `R` reserves, `L` acquires a lane, `M` does that twice with one key, `B` beats for one
 * that is there.
 */
export type Actor = "R" | "L" | "M" | "B";

const dead = pending("D");
const old = reservation("E", 100, true);
const kept = { ...dead, expires_at: old.expires_at };
const CONFIRMED = {
  [order.placeName(1)]: kept,
  "reservations/D.json": kept,
  "heartbeats/D.1": kept,
  "entries/D": {},
};
const UNSEEN = [{ ...acquire(1, { lane: "L0", holder: "L0", tree: ["a"] }), nonce: "L0" }];

/** Where it begins, and whether something is held then. */
export const STARTS: Record<string, { readonly files: Record<string, object>; isHeld?: true }> = {
  "nothing": { files: {} },
  "one that its writer left unconfirmed": {
    files: { [order.placeName(1)]: dead, "reservations/D.json": dead, "entries/D": {} },
  },
  "one that its writer left without a record": {
    files: { [order.placeName(1)]: dead, [order.comingName("D")]: dead, "entries/D": {} },
  },
  "one that was refused, without its release": {
    files: {
      [order.placeName(1)]: dead,
      "reservations/D.json": dead,
      "heartbeats/D.1": { ...releaseOf("D", "conflict"), confirmed: false },
      "entries/D": {},
    },
  },
  "one of 0.1.0 whose record is to come": {
    files: { [order.placeName(1)]: old, [order.comingName("E")]: old, "entries/E": {} },
    isHeld: true,
  },
  "one that is confirmed": {
    files: CONFIRMED,
    isHeld: true,
  },
  "a lane whose process died before it looked": { files: { "lanes/log": UNSEEN } },
  "one that is confirmed, and a lane whose process died before it looked": {
    files: { ...CONFIRMED, "lanes/log": UNSEEN },
    isHeld: true,
  },
};

export class ExclusionExplorer {
  readonly model = new ReservationModel();
  readonly #explorer = new Explorer(this.model);

  constructor(readonly protocol: Protocol) {}

  explore(start: string, actors: readonly Actor[]): Explored["violation"] {
    const disk = this.model.diskOf(STARTS[start]?.files ?? {});
    return this.#explorer.explore(disk, this.#processes(actors), this.#properties(start)).violation;
  }

  /** The same where there is no time for all: some orders, at random. */
  walk(
    start: string,
    actors: readonly Actor[],
    rounds: number,
    random: Random,
  ): Explored["violation"] {
    const disk = this.model.diskOf(STARTS[start]?.files ?? {});
    const properties = this.#properties(start);
    return this.#explorer.walk(disk, this.#processes(actors), properties, { rounds, random });
  }

  #processes(actors: readonly Actor[]): Process<Files>[] {
    return actors.map((actor, n) =>
      actor === "R"
        ? process(`R${n}`, (files) => reserve(this.protocol, files, `R${n}`))
        : actor === "B"
        ? process(`L${n}`, (files) => beatLane(this.protocol, files, `L${n}`))
        : process(`L${n}`, (files) =>
          acquireLane(this.protocol, files, `L${n}`), actor === "M" ? 2 : 1)
    );
  }

  #properties(start: string): Properties<Files, Step> {
    const wasHeld = STARTS[start]?.isHeld === true;
    return {
      settled: () => false,
      step: () => {},
      crashed: (disk, calls) => {
        const problem = this.#problem(disk, calls);
        if (problem !== undefined) throw new Error(problem);
      },
      ended: (_disk, calls) => {
        const names = new Set(
          calls.filter(({ outcome }) => outcome === true).map((c) => c.process),
        );
        const isLeft = start.startsWith("a lane") && !calls.some((c) => c.process === "L0");
        const expected = wasHeld || isLeft ? 0 : 1;
        if (names.size !== expected) {
          throw new Error(`${names.size} were granted: ${[...names].join()}`);
        }
      },
    };
  }

  #problem(disk: number, calls: readonly CallState<Files>[]): string | undefined {
    const names = this.model.names(disk);
    const confirmed = this.#confirmed(names);
    const log = this.model.content(names.get("lanes/log")) as Parameters<typeof replay>[0] ?? [];
    const leases = replay(log).live().map(({ holder }) => holder);
    const held = [
      ...confirmed,
      // What has not been answered may be taken back.
      ...leases.filter((holder) =>
        calls.some((c) => c.process === holder && c.returned && c.outcome === true)
      ),
    ];
    if (held.length > 1) return `two hold the same: ${held.join(" and ")}`;
    for (const { process, returned, outcome } of calls) {
      if (!returned || outcome !== true || held.includes(process)) continue;
      return `${process} was granted, and does not hold it`;
    }
    // Whatever is left behind, what is not confirmed is in no agent's way.
    const { value } = this.model.alone(disk, (files) => reserveAlone(this.protocol, files));
    return value === (confirmed.length === 0)
      ? undefined
      : `another reservation is ${value ? "granted" : "refused"} beside ${confirmed.join()}`;
  }

  /** By the files, not by the code under test. */
  #confirmed(names: Names): string[] {
    // What version 0.1.0 placed is held without a record.
    const isComing = names.has(order.comingName("E")) && !names.has("reservations/E.json");
    if (isComing) return ["E"];
    return [...names].filter(([name]) => /^reservations\/[A-Z]\d*\.json$/.test(name))
      .map(([name, number]) => [name.slice(13, -5), this.model.content(number)] as const)
      .filter(([stem, record]) => {
        if (names.has(`releases/${stem}.json`)) return false;
        const slot = this.model.content(names.get(`heartbeats/${stem}.1`));
        const isSealed = slot !== undefined && "released_at" in slot;
        return !isSealed && (slot !== undefined || !("confirmation" in (record ?? {})));
      }).map(([stem]) => stem);
  }
}

/** Whether a reservation that comes when all others have stopped would get past the other ones. */
function reserveAlone({ order }: Protocol, files: Files): boolean {
  const record = reservation("Z", 60, true, NOW);
  const admit = (others: readonly { readonly unsettled?: true }[]) =>
    others.every((other) => other.unsettled === true);
  return inOneGo(order.add(files, { ...addition(files, record), admit })) !== undefined;
}

/** A violation for people. */
export function described({ message, trail }: NonNullable<Explored["violation"]>): string {
  return `${message}\n  ${trail.join("\n  ")}`;
}
