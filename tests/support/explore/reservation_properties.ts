/** What must hold of reservations, whatever processes do at once and wherever they crash. */
import {
  effectiveExpiry,
  type HeartbeatRecord,
  isLive,
  type ReleaseRecord,
  type ReservationEntry,
  type ReservationRecord,
} from "../../../src/domain/reservation/reservation.ts";
import { inOneGo } from "../../../src/domain/glob/steps.ts";
import type { CallState, Properties } from "./explorer.ts";
import {
  addition,
  at,
  NOW,
  type Protocol,
  reservation,
  type ReservationCall,
} from "./reservation_calls.ts";
import {
  ENTRIES,
  type Files,
  FLOOR,
  type Names,
  ORDER,
  type ReservationModel,
  type Step,
} from "./reservation_model.ts";

function numberOf(slot: object | undefined): number {
  return (slot as HeartbeatRecord | undefined)?.beat ?? 0;
}

/** The calls that add a reservation. */
const ADDS: ReadonlySet<ReservationCall["kind"]> = new Set(["exclusive", "advisory", "notice"]);

/** What must hold in every state, whatever comes of the processes. */
export class ReservationProperties implements Properties<Files, Step> {
  readonly #judged = new Map<number, string | undefined>();
  #removes = false;
  #start = 0;

  constructor(readonly model: ReservationModel, readonly protocol: Protocol) {}

  /** @param removes Whether anything is removed for good meanwhile. */
  from(disk: number, removes: boolean): this {
    this.#start = disk;
    this.#removes = removes;
    return this;
  }

  settled(disk: number, step: Step): boolean {
    if (this.#removes) return false;
    // What is on its way to its place goes when it has its record.
    const isWrittenOnce = step.name.startsWith("reservations/") &&
      !/^reservations\/order\/[A-Z]/.test(step.name);
    if (step.op === "read" || step.op === "exists" || step.op === "link") {
      return isWrittenOnce && this.model.names(disk).has(step.name);
    }
    return step.op === "list" && step.name === FLOOR;
  }

  step(): void {}

  crashed(disk: number, calls: readonly CallState<Files>[]): void {
    let problem = this.#judged.get(disk);
    if (!this.#judged.has(disk)) this.#judged.set(disk, problem = this.#inState(disk));
    problem ??= this.#about(disk, calls);
    if (problem !== undefined) throw new Error(problem);
  }

  ended(disk: number, calls: readonly CallState<Files>[]): void {
    const wanted = calls.filter(({ call }) => (call as ReservationCall).kind === "exclusive");
    const granted = wanted.filter(({ outcome }) => outcome !== undefined);
    const others = calls.length > wanted.length || this.#inForce(this.#start).length > 0 ||
      this.#isLive(this.#start, "V") || this.#isLive(this.#start, "E");
    if (wanted.length > 0 && !others && granted.length !== 1) {
      throw new Error(`${granted.length} of ${wanted.length} were granted`);
    }
    const names = this.model.names(disk);
    const kinds = calls.map(({ call }) => (call as ReservationCall).kind);
    const isBeaten = calls.some(({ outcome }, n) => kinds[n] === "beat" && outcome !== undefined) &&
      kinds.every((kind) => /^(beat|shortBeat|punctualBeat|read|list)$/.test(kind));
    const view = this.model.content(names.get("heartbeats/E.json")) as HeartbeatRecord | undefined;
    if (isBeaten && numberOf(view) < numberOf(this.#lastSlot(names, "E"))) {
      throw new Error(`the view shows heartbeat ${numberOf(view)}, and later ones are there`);
    }
    const back = this.#revived(disk, calls);
    if (back !== undefined) throw new Error(back);
    const removed = calls.some(({ call, outcome }) =>
      (call as ReservationCall).kind === "remove" && (outcome as string[]).includes("E")
    );
    const left = [...this.model.names(disk).keys()].filter((name) => /\bE\b/.test(name));
    // A late heartbeat, or a second seal, may hide a part of the chain for a moment, or come under
    // the name that another is about to link; the next removal finds what is left of both.
    const mayHide = calls.length > 2 ||
      calls.some(({ call }) => /beat/i.test((call as ReservationCall).kind));
    const shown = mayHide ? left.filter((name) => !/^(heartbeats|releases)\//.test(name)) : left;
    if (removed && shown.length > 0 && !calls.some(({ call }) => call.name === "release")) {
      throw new Error(`left over: ${shown.join()}`);
    }
  }

  /**
   * Whether what had lapsed by the clocks of all that beat is live again. A heartbeat that follows
   * one that came late may have relied on it; both are the holder's then.
   */
  #revived(disk: number, calls: readonly CallState<Files>[]): string | undefined {
    const kinds = calls.map(({ call }) => (call as ReservationCall).kind)
      .filter((kind) => /beat/i.test(kind));
    const isLate = kinds.includes("lateBeat") && kinds.length > 1;
    if (isLate || kinds.includes("beat") || kinds.includes("shortBeat")) return undefined;
    if (this.#isLive(this.#start, "E", true)) return undefined;
    return this.#isLive(disk, "E", true) ? "E came back after its end" : undefined;
  }

  /** What is wrong with a set of files, whichever process made it. */
  #inState(disk: number): string | undefined {
    const names = this.model.names(disk);
    const misread = this.#misread(disk);
    if (misread !== undefined) return misread;
    const inForce = this.#inForce(disk);
    if (inForce.length > 1) return `two exclusive ones overlap: ${inForce.join(" and ")}`;
    const floor = Math.max(0, ...this.#numbers(names, FLOOR));
    const places = this.#numbers(names, ORDER).filter((place) => place > floor);
    const head = Math.max(floor, ...places);
    for (let place = floor + 1; place <= head; place++) {
      const placed = this.model.content(names.get(this.protocol.order.placeName(place)));
      if (placed === undefined) return `place ${place} is missing below ${head}`;
      const { reservation_id: stem } = placed as ReservationRecord;
      if (place < head && !("inert" in placed) && !names.has(`reservations/${stem}.json`)) {
        return `place ${place} is not settled below ${head}`;
      }
    }
    for (const name of names.keys()) {
      const stem = /^reservations\/(\w+)\.json$/.exec(name)?.[1];
      if (stem === undefined || names.has(`${ENTRIES}${stem}`)) continue;
      if (!names.has(`releases/${stem}.json`)) return `${stem} is not in the index`;
    }
    // Whatever is left behind, others can go on.
    const later = reservation("Z", 2000, true, 1000);
    const { value } = this.model.alone(
      disk,
      (files) => inOneGo(this.protocol.order.add(files, addition(files, later))),
    );
    return value === undefined ? "no agent can reserve any more" : undefined;
  }

  /** What is wrong with what was answered. */
  #about(disk: number, calls: readonly CallState<Files>[]): string | undefined {
    const names = this.model.names(disk);
    const unreported = this.#unreported(calls);
    if (unreported !== undefined) return unreported;
    const isReleasing = calls.some(({ call }) => (call as ReservationCall).kind === "release");
    for (const { call, returned, outcome, after, bit } of calls) {
      if (!returned) continue;
      const { kind, stem } = call as ReservationCall;
      const isThere = names.has(`reservations/${stem}.json`);
      if (kind === "notice") {
        if (!isThere) return `${call.name} was answered, and is not there`;
      } else if (kind === "exclusive" || kind === "advisory") {
        const granted = outcome !== undefined;
        if (granted !== isThere) return `${call.name} was answered ${granted}, and is not so`;
        const coming = this.protocol.order.comingName(stem);
        if (!granted && (names.has(`${ENTRIES}${stem}`) || names.has(coming))) {
          return `${call.name} left something`;
        }
        if (!granted || kind === "advisory") continue;
        if (this.#isLive(this.#start, "V")) return `${call.name} was granted over V`;
        const blocker = calls.find((other) =>
          (after & other.bit) !== 0 && other.bit !== bit && other.outcome !== undefined &&
          (["exclusive", "advisory", "notice"].includes((other.call as ReservationCall).kind) ||
            /^(beat|punctualBeat|lateBeat)$/.test((other.call as ReservationCall).kind) &&
              !isReleasing)
        );
        if (blocker !== undefined) return `${call.name} was granted over ${blocker.call.name}`;
      } else if (kind === "beat" || kind === "punctualBeat" || kind === "lateBeat") {
        if (outcome !== undefined && !isReleasing && !this.#isLive(disk, "E")) {
          return "a heartbeat was answered and did not count";
        }
        const end = (outcome as HeartbeatRecord | undefined)?.extended_expires_at;
        if (end !== undefined && !isReleasing && Date.parse(end) > this.#endOf(names, "E")) {
          return "a heartbeat was answered, and its end is lost";
        }
        if (outcome === undefined && !isReleasing && this.#isLive(this.#start, "E", true)) {
          return "a heartbeat was refused, and E was live";
        }
      } else if (kind === "remove") {
        if ((outcome as string[]).includes("E") && isThere) return "E came back";
      } else if (kind === "list") {
        const problem = this.#aboutList(disk, outcome as string[], calls, after);
        if (problem !== undefined) return problem;
      } else if (kind === "read") {
        const entry = outcome as ReservationEntry | undefined;
        const wasOver = !this.#isLive(this.#start, "E", true);
        const isBeaten = calls.some((other) =>
          /^(beat|lateBeat)$/.test((other.call as ReservationCall).kind)
        );
        const wasSealed = this.#isSealed(this.#start, "E");
        if (entry !== undefined && wasSealed && entry.release === undefined) {
          return "E was seen without its seal";
        }
        const before = this.#lastSlot(this.model.names(this.#start), "E");
        if (entry?.release === undefined && (entry?.heartbeat?.beat ?? 99) < numberOf(before)) {
          return "E was seen as it was before";
        }
        if (entry !== undefined && wasOver && !isBeaten && isLive(entry, at(NOW))) {
          return "E was seen live after its end";
        }
      }
    }
    return undefined;
  }

  /** What a notice must have reported: what was granted before it began, and one of two at once. */
  #unreported(calls: readonly CallState<Files>[]): string | undefined {
    const ends = calls.some(({ call }) =>
      /^(release|remove)$/.test((call as ReservationCall).kind)
    );
    for (const { call, returned, outcome, after } of calls) {
      if ((call as ReservationCall).kind !== "notice" || !returned) continue;
      const reported = outcome as string[];
      if (!ends && this.#isLive(this.#start, "E", true) && !reported.includes("E")) {
        return `${call.name} did not report E`;
      }
      for (const other of calls) {
        const { kind, stem } = other.call as ReservationCall;
        if (other.call === call || !ADDS.has(kind) || !other.returned) continue;
        if (other.outcome === undefined || reported.includes(stem)) continue;
        const isBefore = (after & other.bit) !== 0;
        const isReported = kind === "notice" &&
          (other.outcome as string[]).includes((call as ReservationCall).stem);
        if (isBefore || kind === "notice" && !isReported) {
          return `${call.name} did not report ${other.call.name}`;
        }
      }
    }
    return undefined;
  }

  /** What was granted before a listing began is on it, and nothing that never was. */
  #aboutList(
    disk: number,
    shown: readonly string[],
    calls: readonly CallState<Files>[],
    after: number,
  ): string | undefined {
    const names = this.model.names(disk);
    const ends = calls.some(({ call }) =>
      /^(release|remove)$/.test((call as ReservationCall).kind)
    );
    if (!ends && this.#isLive(this.#start, "E", true) && !shown.includes("E")) {
      return "a listing does not show E";
    }
    for (const { call, outcome, bit } of calls) {
      const { kind, stem } = call as ReservationCall;
      if (!ADDS.has(kind)) continue;
      const isBefore = (after & bit) !== 0 && outcome !== undefined;
      if (isBefore && !shown.includes(stem)) return `a listing does not show ${stem}`;
    }
    const granted = new Set(this.#grantedIn(names));
    const never = shown.find((stem) => stem !== "E" && !granted.has(stem));
    return never === undefined ? undefined : `a listing shows ${never}, which was not granted`;
  }

  #grantedIn(names: Names): string[] {
    const floor = Math.max(0, ...this.#numbers(names, FLOOR));
    return [...names].flatMap(([name, number]) => {
      const isPlace = name.startsWith(ORDER) && Number(name.slice(ORDER.length)) > floor;
      if (!isPlace && !/^reservations\/\w+\.json$/.test(name)) return [];
      return (this.model.content(number) as ReservationRecord).reservation_id ?? [];
    });
  }

  /** Exclusive reservations that were granted and are live. */
  #inForce(disk: number): string[] {
    const names = this.model.names(disk);
    const isExclusive = (stem: string) =>
      [...names.values()].some((number) => {
        const record = this.model.content(number) as ReservationRecord;
        return record.reservation_id === stem && record.exclusive === true;
      });
    return [...new Set(this.#grantedIn(names))]
      .filter((stem) => isExclusive(stem) && this.#isLive(disk, stem, true));
  }

  /** By all the files, not by the code under test. */
  #isLive(disk: number, stem: string, placed = false): boolean {
    const names = this.model.names(disk);
    const known = names.get(`reservations/${stem}.json`) ??
      (placed
        ? [...names].find(([name, number]) =>
          name.startsWith(ORDER) &&
          (this.model.content(number) as ReservationRecord).reservation_id === stem
        )?.[1]
        : undefined);
    if (known === undefined || names.has(`releases/${stem}.json`)) return false;
    const last = this.#lastSlot(names, stem);
    if (last !== undefined && "released_at" in last) return false;
    const reservation = this.model.content(known) as ReservationRecord;
    const own = effectiveExpiry({ reservation, heartbeat: undefined, release: undefined });
    return Math.max(own, this.#endOf(names, stem)) > at(NOW);
  }

  /** When a reservation ends by its heartbeats, milliseconds. */
  #endOf(names: Names, stem: string): number {
    const view = this.model.content(names.get(`heartbeats/${stem}.json`));
    const ends = [this.#lastSlot(names, stem), view].map((beat) =>
      Date.parse((beat as HeartbeatRecord | undefined)?.extended_expires_at ?? "") || 0
    );
    return Math.max(...ends);
  }

  /** The highest slot, which says all that those below it do. */
  #lastSlot(names: Names, stem: string): HeartbeatRecord | ReleaseRecord | undefined {
    const number = Math.max(0, ...this.#numbers(names, `heartbeats/${stem}.`));
    return this.model.content(names.get(`heartbeats/${stem}.${number}`)) as
      | HeartbeatRecord
      | ReleaseRecord
      | undefined;
  }

  /** What is wrong with what a reader finds that is alone. */
  #misread(disk: number): string | undefined {
    const names = this.model.names(disk);
    const last = Math.max(0, ...this.#numbers(names, "heartbeats/E."));
    if (last === 0 || !names.has("reservations/E.json") || names.has("releases/E.json")) {
      return undefined;
    }
    const { value: { slot } } = this.model.alone(
      disk,
      (files) => this.protocol.newest.newest(files, "E"),
    );
    const view = this.model.content(names.get("heartbeats/E.json"));
    const isSealed = "released_at" in (this.#lastSlot(names, "E") ?? {});
    if (isSealed && numberOf(view) === last) return "the view shows the number of a seal";
    return slot === last ? undefined : `a reader finds heartbeat ${slot}, and the last is ${last}`;
  }

  #isSealed(disk: number, stem: string): boolean {
    return [...this.model.names(disk)].some(([name, number]) =>
      name.startsWith(`heartbeats/${stem}.`) && "released_at" in (this.model.content(number) ?? {})
    );
  }

  #numbers(names: Names, folder: string): number[] {
    return [...names.keys()].filter((name) => name.startsWith(folder))
      .map((name) => Number(name.slice(folder.length))).filter((number) => !Number.isNaN(number));
  }
}
