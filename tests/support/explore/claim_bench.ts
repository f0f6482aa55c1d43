/** The protocol of `claims/` with all that it takes to explore it. */
import * as chain from "../../../src/adapters/fs/task/claim_chain.ts";
import type { ClaimRecord } from "../../../src/domain/task/claim.ts";
import { unmarked } from "../../../src/domain/task/foreign_claim.ts";
import {
  callsOf,
  END,
  granted,
  process,
  type Protocol,
  states,
  STEM,
  VIEW,
} from "./claim_calls.ts";
import { ClaimProperties } from "./claim_model.ts";
import { type Explored, Explorer, type Process } from "./explorer.ts";
import { ModelFiles } from "./model_files.ts";
import type { Random } from "../random.ts";

/** The processes that may meet a task of which `A` holds the first claim, until second 10. */
function processesOf(protocol: Protocol) {
  const calls = callsOf(protocol);
  return {
    first: (i: number) => process(`first${i}`, calls.claim(`F${i}`, 11, true)),
    early: (i: number) => process(`early${i}`, calls.claim(`E${i}`, 5)),
    mid: (i: number) => process(`mid${i}`, calls.claim(`M${i}`, 11)),
    late: (i: number) => process(`late${i}`, calls.claim(`L${i}`, 20)),
    worker: (i: number): Process => ({
      name: `worker${i}`,
      next(outcomes) {
        if (outcomes.length === 0) return calls.claim(`W${i}`, 20);
        const fence = granted(outcomes);
        if (fence === undefined || outcomes.length > 1) return undefined;
        return calls.complete(`W${i}`, 21, fence);
      },
    }),
    done: (i: number) => process(`done${i}`, calls.complete("A", 5)),
    fail: (i: number) => process(`fail${i}`, calls.fail("A", 20)),
    beat: (i: number) => process(`beat${i}`, calls.beat("A", 5 + i / 10)),
    pulse: (i: number) => process(`pulse${i}`, ...[7, 8].map((at) => calls.beat("A", at))),
    beats: (i: number) => process(`beats${i}`, calls.beat("A", 5), calls.complete("A", 6, 1)),
    retry: (i: number) => process(`retry${i}`, calls.retry("A", 6 + i / 10)),
    give: (i: number) => process(`give${i}`, calls.giveBack("A", 6)),
    force: (i: number) => process(`force${i}`, calls.cancel(`X${i}`, 6, true)),
    cancel: (i: number) => process(`cancel${i}`, calls.cancel(`Y${i}`, 6, false)),
    revive: (i: number) => process(`revive${i}`, calls.revive(`R${i}`, 15)),
    aim: (i: number) => process(`aim${i}`, calls.aim(`P${i}`, 11, i + 1)),
    archive: (i: number) => process(`archive${i}`, calls.archive),
    museDone: (i: number) =>
      process(
        `museDone${i}`,
        calls.foreign("a foreign end", (view) => foreign(view, 0, "completed")),
      ),
    keepDone: (i: number) =>
      process(
        `keepDone${i}`,
        calls.foreign("a foreign end that keeps the number", (view) =>
          foreign(view, view.transition, "completed")),
      ),
    museClaim: (i: number) =>
      process(
        `museClaim${i}`,
        calls.foreign("a foreign claim", () => {
          const times = states(callsOf(protocol).claim("M", 12))[0] as ClaimRecord;
          return { ...times, claim_nonce: "", transition: 0, attempt: 1, fence: 1 };
        }),
      ),
    museDrop: (i: number) =>
      process(`museDrop${i}`, calls.foreign("a foreign removal", () => undefined)),
    mend: (i: number) => process(`mend${i}`, calls.mend),
    read: (i: number) => process(`read${i}`, calls.read, calls.read),
    listed: (i: number) => process(`listed${i}`, calls.readListed),
  } satisfies Record<string, (i: number) => Process>;
}

/** What another tool makes of a view: it keeps the fields that it knows. */
function foreign(view: ClaimRecord, transition: number, status: "completed"): ClaimRecord {
  return { ...unmarked(view), attempt: 1, fence: 1, transition, status, result: { by: "foreign" } };
}

export type Kind = keyof ReturnType<typeof processesOf>;

export const FOREIGN: readonly Kind[] = ["museDone", "keepDone", "museClaim", "museDrop"];
const REVIVING: readonly Kind[] = ["revive", "archive"];
export const KINDS = (Object.keys(processesOf(chain)) as Kind[]).filter((kind) =>
  !FOREIGN.includes(kind) && !["listed", "aim", "pulse"].includes(kind) && !REVIVING.includes(kind)
);
export const EVERYDAY: readonly Kind[] = [
  "first",
  "mid",
  "worker",
  "done",
  "beat",
  "force",
  "mend",
  "read",
];
export const EXTENDING: readonly Kind[] = ["beat", "beats", "give", "retry"];

const calls = callsOf(chain);
const [one, two, three, four] = states(
  calls.claim("A", 0),
  calls.beat("A", 2),
  calls.beat("A", 3),
  calls.complete("A", 4),
) as [ClaimRecord, ClaimRecord, ClaimRecord, ClaimRecord];
const [, done] = states(calls.claim("A", 0), calls.complete("A", 4)) as [ClaimRecord, ClaimRecord];
const [late2] = states(calls.claim("A", 0), calls.claim("B", 12)).slice(1) as [ClaimRecord];

/** Where it begins: the files, and whether they are such without a crash. */
export const STARTS: Record<string, { files: Record<string, ClaimRecord>; whole: boolean }> = {
  "an untouched task": { files: {}, whole: true },
  "a claim": { files: { [VIEW]: one }, whole: true },
  "a second claim": { files: { [VIEW]: late2, [slot(2)]: late2 }, whole: true },
  "a claim with heartbeats": {
    files: { [VIEW]: three, [slot(2)]: two, [slot(3)]: three },
    whole: true,
  },
  "a view that lags": { files: { [VIEW]: one, [slot(2)]: two }, whole: false },
  "a terminal slot and no end": { files: { [VIEW]: one, [slot(2)]: done }, whole: false },
  "an end and a view that lags": {
    files: { [VIEW]: one, [slot(2)]: done, [END]: done },
    whole: false,
  },
  "a half swept task": {
    files: { [VIEW]: two, [slot(3)]: three, [slot(4)]: four, [END]: four },
    whole: false,
  },
  "a swept task and a view that lags": { files: { [VIEW]: two, [END]: four }, whole: false },
};

const [cancelled] = states(calls.cancel("Y", 6, false)) as [ClaimRecord];
const [, failed, revived, again, over] = states(
  calls.claim("A", 0),
  calls.fail("A", 4),
  calls.revive("R", 5),
  calls.claim("B", 6),
  calls.fail("B", 7),
) as [ClaimRecord, ClaimRecord, ClaimRecord, ClaimRecord, ClaimRecord];
const LATER_END = `${END}.${failed.transition}`;

/** The same of tasks that can be revived, or were. */
export const REVIVED_STARTS: typeof STARTS = {
  "a failed task": { files: { [VIEW]: failed, [END]: failed }, whole: true },
  "a failed task and a view that lags": {
    files: { [VIEW]: one, [slot(2)]: failed, [END]: failed },
    whole: false,
  },
  "a failed slot and no end": { files: { [VIEW]: one, [slot(2)]: failed }, whole: false },
  "a task that was cancelled at once": {
    files: { [VIEW]: cancelled, [END]: cancelled },
    whole: true,
  },
  "the same without an end": { files: { [VIEW]: cancelled }, whole: false },
  "a revived task": {
    files: { [VIEW]: revived, [END]: failed, [slot(3)]: revived },
    whole: true,
  },
  "a revived task with the view of its end": {
    files: { [VIEW]: failed, [END]: failed, [slot(3)]: revived },
    whole: false,
  },
  "a revived task with an old slot": {
    files: { [VIEW]: one, [slot(2)]: failed, [END]: failed, [slot(3)]: revived },
    whole: false,
  },
  "a revived task that was claimed": {
    files: { [VIEW]: again, [END]: failed, [slot(3)]: revived, [slot(4)]: again },
    whole: true,
  },
  "a revived task that has failed": {
    files: { [VIEW]: over, [END]: failed, [slot(3)]: revived, [LATER_END]: over },
    whole: true,
  },
  "a revived task with a failed slot": {
    files: {
      [VIEW]: failed,
      [END]: failed,
      [slot(3)]: revived,
      [slot(4)]: again,
      [slot(5)]: over,
    },
    whole: false,
  },
};

const [, , , beaten] = states(
  calls.claim("A", 0),
  calls.beat("A", 2),
  calls.beat("A", 3),
  calls.beat("A", 4),
) as [ClaimRecord, ClaimRecord, ClaimRecord, ClaimRecord];
const [, , overslept] = states(
  calls.claim("A", 0),
  calls.beat("A", 2),
  calls.claim("B", 19),
) as [ClaimRecord, ClaimRecord, ClaimRecord];

/** Where heartbeats have left the newest alone: slot 2 says that others are gone. */
const TRIMMED = { [slot(2)]: beaten, [slot(4)]: beaten };

/** The same where chains are trimmed at every sign of life. */
export const TRIMMED_STARTS: typeof STARTS = {
  "heartbeats before a slot goes": {
    files: { [VIEW]: three, [slot(2)]: two, [slot(3)]: three },
    whole: true,
  },
  "a claim of which a slot is gone": { files: { ...TRIMMED, [VIEW]: beaten }, whole: true },
  "one with a view that was set back": { files: { ...TRIMMED, [VIEW]: three }, whole: false },
  "one with the view of the grant": { files: { ...TRIMMED, [VIEW]: one }, whole: false },
  "one with a slot that came too late": {
    files: { ...TRIMMED, [VIEW]: beaten, [slot(3)]: overslept },
    whole: false,
  },
  "one with such a slot and a view that was set back": {
    files: { ...TRIMMED, [VIEW]: three, [slot(3)]: overslept },
    whole: false,
  },
  "heartbeats and the view of the grant": {
    files: { [VIEW]: one, [slot(2)]: two, [slot(3)]: three },
    whole: false,
  },
  "heartbeats and a view that lags": {
    files: { [VIEW]: three, [slot(2)]: two, [slot(3)]: three, [slot(4)]: beaten },
    whole: false,
  },
  "one that is trimmed in part": {
    files: { [VIEW]: beaten, [slot(2)]: beaten, [slot(3)]: three, [slot(4)]: beaten },
    whole: false,
  },
};

/** All of them. */
const ALL_STARTS = (): typeof STARTS => ({ ...STARTS, ...REVIVED_STARTS, ...TRIMMED_STARTS });

export const HARD_STARTS = ["a claim with heartbeats", "a view that lags"];
export const LARGE_STARTS = ["an untouched task", "a claim", ...HARD_STARTS];

export function slot(transition: number): string {
  return `${STEM}.${transition}`;
}

/** A protocol with all that it takes to explore it. */
export class Bench {
  readonly #model = new ModelFiles();
  readonly #explorer: Explorer;
  readonly #properties: ClaimProperties;
  readonly #processes = new Map<string, Process>();
  readonly total = { combinations: 0, states: 0, interleavings: 0, crashes: 0 };

  constructor(readonly protocol: Protocol, judged: "all" | "winners" = "all") {
    this.#explorer = new Explorer(this.#model);
    this.#properties = new ClaimProperties(this.#model, protocol, judged);
  }

  explore(start: string, kinds: readonly Kind[]): Explored {
    const [disk, whole] = this.#startAt(start);
    const processes = kinds.map((kind, index) => this.#process(kind, index));
    const explored = this.#explorer.explore(
      disk,
      processes,
      this.#properties.from(disk, whole, kinds),
    );
    this.total.combinations++;
    this.total.states += explored.states;
    this.total.interleavings += explored.interleavings;
    this.total.crashes += explored.crashes;
    return explored;
  }

  /** Follows some orders of steps by chance; what went wrong first. */
  walk(start: string, kinds: readonly Kind[], rounds: number, random: Random): string | undefined {
    const [disk, whole] = this.#startAt(start);
    const processes = kinds.map((kind, index) => this.#process(kind, index));
    const violation = this.#explorer.walk(
      disk,
      processes,
      this.#properties.from(disk, whole, kinds),
      {
        rounds,
        random,
      },
    );
    return violation && described(start, violation);
  }

  #startAt(start: string): [disk: number, whole: boolean] {
    const { files, whole } = ALL_STARTS()[start] as {
      files: Record<string, ClaimRecord>;
      whole: boolean;
    };
    const disk = this.#model.disk(
      Object.entries(files).map(([name, state]) => [name, this.#model.numberOf(state)]),
    );
    return [disk, whole];
  }

  /** Explores combinations, of two first, until one goes wrong; the steps to that. */
  firstViolation(starts: readonly string[], kinds: readonly Kind[]): string | undefined {
    for (const size of [2, 3]) {
      for (const start of starts) {
        for (const some of combinations(kinds, size)) {
          if (some.filter((kind) => EXTENDING.includes(kind)).length > 1) continue;
          const { violation } = this.explore(start, some);
          if (violation !== undefined) return described(start, violation);
        }
      }
    }
    return undefined;
  }

  /** The same for these combinations. */
  firstOf(starts: readonly string[], all: readonly (readonly Kind[])[]): string | undefined {
    for (const start of starts) {
      for (const kinds of all) {
        const { violation } = this.explore(start, kinds);
        if (violation !== undefined) return described(start, violation);
      }
    }
    return undefined;
  }

  #process(kind: Kind, index: number): Process {
    let known = this.#processes.get(kind + index);
    if (known === undefined) {
      known = processesOf(this.protocol)[kind](index);
      this.#processes.set(kind + index, known);
    }
    return known;
  }
}

export function described(start: string, violation: NonNullable<Explored["violation"]>): string {
  return `from ${start}: ${violation.message}\n  ${violation.trail.join("\n  ")}`;
}

/** All choices of `size` kinds, where one may be chosen again. */
export function combinations(kinds: readonly Kind[], size: number): Kind[][] {
  if (size === 0) return [[]];
  return kinds.flatMap((kind, index) =>
    combinations(kinds.slice(index), size - 1).map((rest) => [kind, ...rest])
  );
}

export function show({ combinations, states, interleavings, crashes }: Bench["total"]): string {
  return `${combinations} combinations, ${states} states, ` +
    `${interleavings.toPrecision(3)} interleavings, ${crashes} states after a crash`;
}
