/**
 * Histories of what processes did to reservations, judged by what every process knew for sure at
 * each instant: a process whose reservation was answered has it until that expires, or any agent
 * asks for its release. Whether two overlap is decided by trying names, not by the code under test.
 */
import type {
  ReservationDenied,
  ReservationGranted,
  ReservationHeartbeat,
  ReservationRefused,
  ReservationReleased,
} from "../../../src/engine/reservation/types.ts";
import { bitsOf, firstCommon, slowAddress } from "../scene/globs.ts";
import type { Recorded } from "./recorder.ts";

/** What a call asked for. */
export type Request =
  | {
    readonly kind: "reserve";
    readonly addresses: readonly string[];
    readonly exclusive: boolean;
    readonly ttl: number;
  }
  | { readonly kind: "beat"; readonly id: string; readonly extension: number }
  | { readonly kind: "release"; readonly id: string; readonly force: boolean }
  | { readonly kind: "gc" };

/** What it answered; `gone` when there was no such reservation. */
export type Outcome =
  | ReservationGranted
  | ReservationDenied
  | ReservationHeartbeat
  | ReservationRefused
  | ReservationReleased
  | { readonly status: "gone" }
  | { readonly status: "swept"; readonly ids: readonly string[] };

export type Entry = Recorded<Request, Outcome>;

/** Clocks that run faster than real from an instant on. */
export interface Clocks {
  readonly epoch: number;
  readonly speed: number;
}

/** What the clocks show at a real instant. */
export function virtual({ epoch, speed }: Clocks, real: number): number {
  return Math.floor(epoch + (real - epoch) * speed);
}

const DEEP = Array.from({ length: 18 }, (_, n) => n).join("/");

/** What is fought for. */
export const ADDRESSES: readonly string[] = [
  "src/a.ts",
  "src/a.ts::f",
  "src/a.ts::g",
  "src/a.ts::f*",
  "SRC/A.ts",
  "src/*.ts",
  "src/**",
  "src/b.ts",
  "src/b.ts::f",
  "src/{a,c}.ts::f*",
  "src/c.ts::*",
  "src/[b-d].ts::g",
  "docs",
  "docs/x.md",
  "docs/*.md",
  "docs/sub/**",
  "lib/a.rs::new",
  "lib/[ab].rs",
  "**/*.rs",
  `deep/${DEEP}/x.ts`,
  `deep/${DEEP}/y.ts`,
  "deep/0/1/**",
  "test",
  "test/one.ts::it",
];

const PATHS = [
  ..."abcd".split("").map((name) => `src/${name}.ts`),
  ...["src/m.rs", "src/sub/a.ts", "docs/x.md", "docs/y.md", "docs/sub/z.md", "docs/sub/z/z.rs"],
  ...["lib/a.rs", "lib/b.rs", "lib/c.rs", "lib/a.rs/b", "test/one.ts", "test/two.ts"],
  ...[`deep/${DEEP}/x.ts`, `deep/${DEEP}/y.ts`, "deep/0/1/x.ts"],
];
// What has no wildcards is a file and also all that lies below.
for (const text of ADDRESSES) {
  const path = text.split("::")[0] ?? "";
  // One with brackets or braces is also the path that it spells.
  if (!path.includes("*")) PATHS.push(path, `${path}/x.ts`, `${path}/x.rs`);
}
const NAMES = PATHS.flatMap((path) =>
  [null, "f", "g", "foo", "new", "it", "z"].map((symbol) => ({ path, symbol }))
);
const NAMED = new Map(ADDRESSES.map((text) => {
  const names = slowAddress(text);
  return [text, bitsOf(NAMES, ({ path, symbol }) => names(path, symbol))];
}));

/** Whether two lists of {@link ADDRESSES} have a name in common. */
export function overlap(a: readonly string[], b: readonly string[]): boolean {
  const bits = (text: string) => NAMED.get(text) ?? new Uint32Array();
  return a.some((one) => b.some((other) => firstCommon(bits(one), bits(other)) >= 0));
}

type Span = readonly [from: number, to: number];

/** A reservation that was granted. Instants are real ones, milliseconds. */
interface Life {
  readonly id: string;
  readonly runId: string;
  readonly exclusive: boolean;
  /** Of an exclusive one; 0 where the answer had none. */
  readonly fence: number;
  readonly addresses: readonly string[];
  readonly call: Entry;
  /** When it was in force for sure. */
  readonly sure: readonly Span[];
  /** The same; an exclusive one whose heartbeat counted was never overtaken before that. */
  readonly held: readonly Span[];
  /** When it may have been in force. */
  readonly possible: Span;
}

/** Instants are written down a moment before or after what they stand for, and clocks tick. */
const SLACK_MS = 3;

function covers(spans: readonly Span[], [from, to]: Span): boolean {
  return spans.some(([begin, end]) => begin + SLACK_MS < from && to < end - SLACK_MS);
}

function meet(a: readonly Span[], b: readonly Span[]): boolean {
  return a.some(([from, to]) =>
    b.some(([begin, end]) => Math.max(from, begin) + SLACK_MS < Math.min(to, end))
  );
}

/** What a history shows. */
export interface Verdict {
  /** What cannot be; empty when all is well. */
  readonly problems: string[];
  readonly granted: number;
  readonly refused: number;
  /** Heartbeats that counted, and those that came too late. */
  readonly beats: readonly [counted: number, late: number];
}

/** Checks a history. */
export class ReservationHistory {
  readonly lives: readonly Life[];
  readonly #byId: ReadonlyMap<string, Life>;
  readonly #about = new Map<string, Entry[]>();

  constructor(readonly entries: readonly Entry[], readonly clocks: Clocks) {
    for (const entry of entries) {
      const { request } = entry;
      if (request.kind !== "beat" && request.kind !== "release") continue;
      const known = this.#about.get(request.id);
      if (known === undefined) this.#about.set(request.id, [entry]);
      else known.push(entry);
    }
    this.lives = entries.flatMap((entry) =>
      entry.outcome?.status === "reserved" ? [this.#lifeOf(entry, entry.outcome)] : []
    );
    this.#byId = new Map(this.lives.map((life) => [life.id, life]));
  }

  verdict(): Verdict {
    const reserves = this.entries.filter(({ request }) => request.kind === "reserve");
    const about = [...this.#about].flatMap(([id, entries]) => this.#judgeMoves(id, entries));
    const beats = [...this.#about.values()].flat().filter(({ request }) => request.kind === "beat");
    const answered = beats.filter(({ outcome }) => outcome !== undefined);
    const counted = answered.filter(({ outcome }) => outcome?.status === "ok").length;
    return {
      problems: [
        ...this.#overlapping(),
        ...this.#fenced(),
        ...reserves.flatMap((entry) => this.#judgeAnswer(entry)),
        ...about,
      ],
      granted: this.lives.length,
      refused: reserves.filter(({ outcome }) => outcome?.status === "conflict").length,
      beats: [counted, answered.length - counted],
    };
  }

  /** The ids of those that are in force for sure at a real instant. */
  liveAt(instant: number): string[] {
    return this.lives.filter(({ sure }) => covers(sure, [instant, instant])).map(({ id }) => id);
  }

  #real(iso: string): number {
    const { epoch, speed } = this.clocks;
    return epoch + (Date.parse(iso) - epoch) / speed;
  }

  #lifeOf(call: Entry, reserved: ReservationGranted): Life {
    const { reservation_id: id, run_id: runId, addresses, exclusive = false, fence = 0 } = reserved;
    const moves = this.#about.get(id) ?? [];
    const releases = moves.filter(({ request }) => request.kind === "release");
    const asked = Math.min(Infinity, ...releases.map(({ invoked }) => invoked));
    const ends = releases.filter(({ outcome }) => outcome?.status === "released")
      .map(({ returned }) => returned);
    const own = this.#real(reserved.expires_at);
    const spans: Span[] = [[call.returned, own]];
    let latest = own;
    for (const { request, outcome, returned, now } of moves) {
      if (request.kind !== "beat") continue;
      const { epoch, speed } = this.clocks;
      if (outcome?.status === "ok") spans.push([returned, this.#real(outcome.extended_expires_at)]);
      // One that found an end counted for others until it looked for that, and may have slept meanwhile.
      if (outcome?.status === "not_holder" || outcome?.status === "gone") continue;
      latest = Math.max(latest, epoch + (now + request.extension * 1000 - epoch) / speed);
    }
    const whole: Span = [call.returned, Math.max(...spans.map(([, to]) => to))];
    const cut = ([from, to]: Span): Span => [from, Math.min(to, asked)];
    const sure = spans.map(cut);
    const held = exclusive ? [cut(whole)] : sure;
    const possible: Span = [call.invoked, Math.min(latest, ...ends)];
    return { id, runId, exclusive, fence, addresses, call, sure, held, possible };
  }

  /** Exclusive reservations of two processes that overlap and were both in force. */
  #overlapping(): string[] {
    const exclusive = this.lives.filter((life) => life.exclusive);
    return exclusive.flatMap((a, n) =>
      exclusive.slice(n + 1).filter((b) =>
        a.runId !== b.runId && overlap(a.addresses, b.addresses) &&
        (meet(a.held, b.held) || covers(a.held, [b.call.invoked, b.call.returned]) ||
          covers(b.held, [a.call.invoked, a.call.returned]))
      ).map((b) => `two exclusive ones overlap:\n${this.#describe(a.id)}\n${this.#describe(b.id)}`)
    );
  }

  /** Each exclusive one must have a fence of its own, and a later one that overlaps a higher one. */
  #fenced(): string[] {
    const exclusive = this.lives.filter((life) => life.exclusive);
    const fences = new Set(exclusive.map(({ fence }) => fence));
    const problems = fences.size < exclusive.length || fences.has(0)
      ? [`${exclusive.length} exclusive ones have ${fences.size} fences`]
      : [];
    return problems.concat(
      exclusive.flatMap((a) =>
        exclusive.filter((b) =>
          a.call.returned + SLACK_MS < b.call.invoked && a.fence >= b.fence &&
          overlap(a.addresses, b.addresses)
        ).map((b) => `fence ${b.fence} follows ${a.fence}:\n${this.#describe(b.id)}`)
      ),
    );
  }

  /** What others have for sure must be named, and what is named must have been possible. */
  #judgeAnswer({ runId, request, outcome, invoked, returned, now }: Entry): string[] {
    if (request.kind !== "reserve") return [];
    if (outcome?.status !== "reserved" && outcome?.status !== "conflict") return [];
    const problems: string[] = [];
    const span: Span = [invoked, returned];
    const clock = this.clocks.epoch + (now - this.clocks.epoch) / this.clocks.speed;
    const when = `${this.#at(invoked)}-${this.#at(returned)} by a clock at ${this.#at(clock)}`;
    const named = new Set(
      outcome.conflicts.map((each) =>
        "reservation_id" in each ? each.reservation_id : each.lane ?? ""
      ),
    );
    for (const life of this.lives) {
      if (life.runId === runId || named.has(life.id) || !covers(life.sure, span)) continue;
      if (!overlap(life.addresses, request.addresses)) continue;
      problems.push(
        `${runId} got no answer of ${this.#describe(life.id)}\nat ${when} ${outcome.status}`,
      );
    }
    for (const id of named) {
      const life = this.#byId.get(id);
      if (life === undefined) {
        if (
          !this.#isUnanswered(
            outcome.conflicts.find((one) => one.kind === "reservation" && one.reservation_id === id)
              ?.run_id,
          )
        ) {
          problems.push(`${runId} was answered ${id}, which no process reserved`);
        }
      } else if (!overlap(life.addresses, request.addresses) || life.runId === runId) {
        problems.push(
          `${runId} was answered ${this.#describe(id)} for ${request.addresses.join()}`,
        );
      } else if (!meet([life.possible], [[invoked - 2 * SLACK_MS, returned + 2 * SLACK_MS]])) {
        problems.push(`${runId} was answered at ${when} ${this.#describe(id)}, which had ended`);
      }
    }
    if (outcome.status === "conflict" && named.size === 0) {
      problems.push("refused without a reason");
    }
    if (
      outcome.status === "reserved" && request.exclusive &&
      outcome.conflicts.some((each) => each.exclusive)
    ) {
      problems.push(`${runId} was granted ${outcome.reservation_id} in spite of conflicts`);
    }
    return problems;
  }

  #isUnanswered(runId: string | undefined): boolean {
    return this.entries.some((entry) =>
      entry.runId === runId && entry.request.kind === "reserve" && entry.outcome === undefined
    );
  }

  /** Heartbeats and releases of one reservation. */
  #judgeMoves(id: string, entries: readonly Entry[]): string[] {
    const problems: string[] = [];
    const releases = entries.filter(({ request }) => request.kind === "release");
    const ended = releases.filter(({ outcome }) => outcome?.status === "released");
    if (ended.length > 1) problems.push(`${id} was released twice`);
    const over = Math.min(Infinity, ...ended.map(({ returned }) => returned));
    const life = this.#byId.get(id);
    for (const { request, outcome, invoked, returned, runId } of entries) {
      if (outcome === undefined || life === undefined) continue;
      const isOk = outcome.status === "ok" || outcome.status === "released";
      if (isOk && invoked > over) problems.push(`${id} came back:\n${this.#describe(id)}`);
      const mayMove = runId === life.runId || request.kind === "release" && request.force;
      if (isOk && !mayMove) problems.push(`${id} was moved by ${runId}`);
      const [from] = life.sure[0] ?? [Infinity];
      // What was certain before this call.
      const before = entries.flatMap((other) =>
        other.returned < invoked && other.outcome?.status === "ok"
          ? [this.#real(other.outcome.extended_expires_at)]
          : []
      );
      const own = life.call.outcome?.status === "reserved" ? life.call.outcome.expires_at : "";
      const until = Math.max(this.#real(own), ...before);
      const isAsked = releases.some((other) =>
        other.invoked < returned + SLACK_MS &&
        !(request.kind === "release" && other.runId === runId)
      );
      if (!isOk && mayMove && !isAsked && covers([[from, until]], [invoked, returned])) {
        problems.push(
          `${runId} was answered ${outcome.status} at ${invoked}:\n${this.#describe(id)}`,
        );
      }
    }
    return problems;
  }

  /** An instant, counted from the start of the race. */
  #at(ms: number): string {
    return (ms - this.clocks.epoch).toFixed(1);
  }

  /** The story of a reservation. */
  #describe(id: string): string {
    const life = this.#byId.get(id);
    const at = (ms: number) => this.#at(ms);
    const lines = (this.#about.get(id) ?? []).map((
      { runId, request, outcome, invoked, returned },
    ) => `  ${at(invoked)}-${at(returned)} ${runId} ${request.kind} ${outcome?.status}`);
    if (life === undefined) return [id, ...lines].join("\n");
    const sure = life.sure.map(([from, to]) => `${at(from)}-${at(to)}`).join();
    const call = `${at(life.call.invoked)}-${at(life.call.returned)}`;
    return [
      `${id.slice(0, 20)} of ${life.runId} ${life.exclusive ? "exclusive" : "advisory"} ` +
      `${life.addresses.join()} granted ${call}, sure ${sure}`,
      ...lines,
    ].join("\n");
  }
}
