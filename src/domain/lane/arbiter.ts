/**
 * Decides which agent gets a lane. A pure function of the request, the live leases, the taxonomy
 * and the time.
 *
 * A request that names a lane gets that one or a refusal. One that names none gets the first of
 * `autopick` that is free or, if it gives a tree, a lane that is named after its tree. A name that the
 * taxonomy does not know makes a lane of its own; it needs a tree, or an `@` in front that makes it a
 * name alone, unless there is no taxonomy. A lane without a tree is a name alone.
 *
 * In the way of a lane are leases of that lane, of any holder. So are leases whose trees meet, but
 * those of a session let its own subagents by, and the other way round. If the lane is exclusive, any
 * lease of another run that has a tree is; if it has a tree itself, any exclusive one is. Two exclusive
 * lanes of two runs are in each other's way, trees or not. So are the leases of its kind, if they fill
 * the kind's budget. What is in the way and dead is named for eviction; what is in the way and alive
 * makes a refusal. A repeat, by the same owner with the same `loopTs`, gets the lease that it has.
 */
import type { ReservationConflict, WaiterConflict } from "../glob/holds/comparison.ts";
import { sameAgent, sameRun } from "../input/run_id.ts";
import { autopickHolds, type LaneRequest, namedHold, type WantedLane } from "./request.ts";
import {
  deathOf,
  type LaneDeathEvidence,
  laneKey,
  type Lease,
  mindsExclusive,
  restUntil,
  runOf,
} from "./lease.ts";
import type { LeaseIndex, LeaseOverlap } from "./lease_index.ts";
import { LANE_CONFLICT_STEPS, LANE_STEPS, MAX_IDENTIFIER, MAX_LANE_CONFLICTS } from "../limits.ts";
import { quoted } from "../text.ts";
import { formatTime } from "../time.ts";
import type { Taxonomy } from "./taxonomy.ts";
import { leaseTree, WHOLE } from "../glob/tree.ts";

/** Lanes that a refusal to pick one gives its reasons for. */
const SHOWN_REASONS = 3;

/** What a decision is made on besides the request. */
export interface Scene {
  readonly leases: LeaseIndex;
  readonly taxonomy: Taxonomy;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Whose clock that is; silence that no stamp shows is counted on one machine alone. */
  readonly host?: string;
  /** Whether a holder's process runs, by fence; only where that is known for sure. */
  readonly pidAlive?: ReadonlyMap<number, boolean>;
}

/** A dead lease in the way. */
interface Eviction {
  readonly lease: Lease;
  readonly evidence: LaneDeathEvidence;
}

/** A live lease in the way. */
export interface LaneConflict {
  /** What it is. */
  readonly kind: "lane";
  /** Its lane. */
  readonly lane: string;
  /** Who holds it. */
  readonly holder: string;
  /** The run that it belongs to. */
  readonly run_id: string;
  /** Its fencing token. */
  readonly fence: number;
  /** Until when its holder may be silent, by its own clock, ISO 8601 UTC; null when nothing shows it. */
  readonly expires_at: string | null;
  /** What it holds. */
  readonly their_tree: readonly string[];
  /** What was asked for. */
  readonly our_tree: readonly string[];
  /** A path that both trees match; `null` when there is none or none is known. */
  readonly witness: string | null;
}

/** Why a request is refused. */
export type LaneRefusalClass =
  /** An agent holds the lane. */
  | "held"
  /** An agent holds a tree that meets the one asked for. */
  | "overlapping"
  /** An exclusive lane is held, or was asked for while others are. */
  | "exclusive"
  /** Another run reserved exclusively what overlaps the tree. */
  | "reserved"
  /** Another run waits for what overlaps, and came first. */
  | "queued"
  /** As many leases of its kind are held as there may be. */
  | "over_budget"
  /** What the lane is to hold is unknown. */
  | "unknown_lane"
  /** The caller ended the call by its signal. */
  | "aborted"
  /** None of the lanes to pick from is free. */
  | "none_free";

/** Yes: with what ACQUIRE needs, or with the lease that is there already. */
export interface Granted {
  readonly outcome: "acquire";
  readonly hold: WantedLane;
  /** The lease that a repeat gets; then there is nothing to write. */
  readonly existing: Lease | undefined;
  /** The dead leases to evict first. */
  readonly evictions: readonly Eviction[];
  readonly reason: string;
  readonly warnings: readonly string[];
}

/** No. */
export interface Denied {
  readonly outcome: "refuse";
  readonly why: LaneRefusalClass;
  /** The lane as it would be held; `undefined` when none was picked or it is unknown. */
  readonly hold: WantedLane | undefined;
  readonly reason: string;
  /** At most {@link MAX_LANE_CONFLICTS}. */
  readonly conflicts: readonly LaneConflict[];
  /** The exclusive reservations in the way, and those that wait and came first. */
  readonly reservations: readonly (ReservationConflict | WaiterConflict)[];
  /** How many conflicts there are; of leases a lower bound from {@link MAX_LANE_CONFLICTS} on. */
  readonly total: number;
  /** The leases of the conflicts. */
  readonly blockers: readonly Lease[];
  readonly warnings: readonly string[];
}

/** Decides on a request. Its globs must be valid. */
export function arbitrate(request: LaneRequest, scene: Scene): Granted | Denied {
  const budget = { left: LANE_STEPS };
  if (request.lane === "" && request.tree.length === 0) return pick(request, scene, budget);
  const hold = namedHold(request, scene.taxonomy);
  if (hold !== undefined) return new Judgement(request, hold, scene, budget).verdict();
  const reason = `Cannot acquire lane ${JSON.stringify(request.lane)}: ` +
    `lanes.json does not name it, and the request gives no tree (a name alone begins with "@")`;
  return denied("unknown_lane", undefined, reason);
}

function pick(request: LaneRequest, scene: Scene, budget: { left: number }): Granted | Denied {
  const holds = autopickHolds(request, scene.taxonomy);
  const judgements = holds.map((hold) => new Judgement(request, hold, scene, budget));
  const repeated = judgements.find((judgement) => judgement.repeat() !== undefined);
  if (repeated !== undefined) return repeated.verdict();
  const refusals: Denied[] = [];
  for (const judgement of judgements) {
    const verdict = judgement.verdict();
    if (verdict.outcome === "acquire") return verdict;
    refusals.push(verdict);
  }
  const reasons = judgements.map(({ hold, why }) => `${JSON.stringify(hold.lane)} (${why})`);
  const more = reasons.length - SHOWN_REASONS;
  const named = reasons.slice(0, SHOWN_REASONS).join(", ") + (more > 0 ? ` and ${more} more` : "");
  const reason = named === ""
    ? "Cannot acquire a lane: the request names none, and lanes.json has no autopick"
    : `Cannot acquire a lane: none is free of ${named}`;
  return {
    ...denied("none_free", undefined, reason),
    conflicts: refusals.flatMap(({ conflicts }) => conflicts).slice(0, MAX_LANE_CONFLICTS),
    total: refusals.reduce((sum, { total }) => sum + total, 0),
    blockers: refusals.flatMap(({ blockers }) => blockers).slice(0, MAX_LANE_CONFLICTS),
    warnings: refusals.flatMap(({ warnings }) => warnings),
  };
}

/** A no, with nothing in the way yet. */
export function denied(
  why: LaneRefusalClass,
  hold: WantedLane | undefined,
  reason: string,
): Denied {
  const nothing = { conflicts: [], reservations: [], total: 0, blockers: [], warnings: [] };
  return { outcome: "refuse", why, hold, reason, ...nothing };
}

/** A live lease in the way, and why it is. */
interface Obstacle {
  readonly kind: LaneRefusalClass;
  readonly text: () => string;
  readonly lease: Lease;
  readonly conflict: LaneConflict;
}

/** The judgement on one lane. */
class Judgement {
  /** The live leases in the way. */
  readonly #found: Obstacle[] = [];
  readonly #evictions: Eviction[] = [];
  readonly #warnings: string[];
  readonly #known = new Set<Lease>();
  #isCutShort = false;

  constructor(
    readonly request: LaneRequest,
    readonly hold: WantedLane,
    readonly scene: Scene,
    readonly budget: { left: number },
  ) {
    this.#warnings = [...hold.warnings];
  }

  verdict(): Granted | Denied {
    const { hold } = this;
    const existing = this.repeat();
    if (existing !== undefined) {
      return this.#granted(existing, "the same owner asked with the same loop_ts");
    }
    this.#findHeld();
    this.#findExclusive();
    this.#findOverlapping();
    this.#findOverBudget();
    const [first] = this.#found;
    if (first === undefined) return this.#granted(undefined, "free");
    const found = this.#inOrder();
    const others = first.kind === "over_budget" ? 0 : found.length - 1;
    const more = others > 0 ? ` (and ${others} more)` : "";
    const reason = `Cannot acquire lane ${JSON.stringify(hold.lane)}: ${this.why}${more}`;
    return {
      ...denied(first.kind, hold, reason),
      conflicts: found.map(({ conflict }) => conflict),
      total: found.length,
      blockers: found.map(({ lease }) => lease),
      warnings: this.#warnings,
    };
  }

  /** Why the verdict is no, when it is. */
  get why(): string {
    return this.#inOrder().find(({ kind }) => kind === this.#found[0]?.kind)?.text() ?? "";
  }

  /** The first granted first, whatever order they were found in. */
  #inOrder(): Obstacle[] {
    return this.#found.toSorted((a, b) => a.lease.fence - b.lease.fence);
  }

  #granted(existing: Lease | undefined, reason: string): Granted {
    const { hold } = this;
    const evictions = this.#evictions;
    return { outcome: "acquire", hold, existing, evictions, reason, warnings: this.#warnings };
  }

  /** The live lease that this request asked for before. */
  repeat(): Lease | undefined {
    const { request, hold } = this;
    if (request.loopTs === "") return undefined;
    return this.#ofLane().find((lease) =>
      this.#isOurs(lease) && this.#deathOf(lease) === undefined &&
      (request.tree.length === 0 || leaseTree(lease).holds(hold.tree))
    );
  }

  /** The leases of the lane itself. */
  #ofLane(): Lease[] {
    const { scene, hold } = this;
    return scene.leases.ofLane(laneKey(hold.lane, hold.tree.isEmpty));
  }

  #isOurs(lease: Lease): boolean {
    return sameAgent(lease.holder, this.request.owner) && lease.loop_ts === this.request.loopTs;
  }

  #deathOf(lease: Lease): LaneDeathEvidence | undefined {
    const { now, pidAlive, host } = this.scene;
    return deathOf(lease, now, pidAlive?.get(lease.fence), host);
  }

  #findHeld(): void {
    for (const lease of this.#ofLane()) {
      const detail = this.#isOurs(lease)
        ? " with another tree"
        : sameAgent(lease.holder, this.request.owner)
        ? ` with loop_ts ${JSON.stringify(lease.loop_ts)}`
        : "";
      this.#block("held", lease, () => `it is held by ${holderOf(lease)}${detail}`);
    }
  }

  #findExclusive(): void {
    const { leases, taxonomy } = this.scene;
    const { exclusive, tree } = this.hold;
    if (!exclusive && tree.isEmpty) return;
    const byName = [...taxonomy.lanes.values()].filter((lane) => lane.exclusive)
      .flatMap((lane) => leases.ofLane(laneKey(lane.name, lane.tree.isEmpty)));
    const alone = new Set([...leases.exclusive(), ...byName]);
    for (const lease of exclusive ? leases.all() : alone) {
      if (this.#isCutShort) return;
      if (this.#isOfOurRun(lease) || !alone.has(lease) && !mindsExclusive(lease)) continue;
      this.#block(
        "exclusive",
        lease,
        () =>
          exclusive
            ? `it is exclusive, and ${nameOf(lease)} is held`
            : `${nameOf(lease)} is exclusive`,
      );
    }
  }

  #isOfOurRun(lease: Lease): boolean {
    const { run, owner } = this.request;
    return sameRun(runOf(lease), run ?? owner);
  }

  /** Whether one of the two is a subagent of the other; a process of the same name is not. */
  #isOfKin(lease: Lease): boolean {
    const { run, owner } = this.request;
    return this.#isOfOurRun(lease) && !sameAgent(runOf(lease), run ?? owner);
  }

  #findOverlapping(): void {
    for (const meeting of this.scene.leases.meeting(this.hold.tree, this.budget)) {
      if (this.#isCutShort) return;
      const { lease, witness } = meeting;
      if (this.#isOfKin(lease)) continue;
      const at = witness === null ? "" : ` at ${JSON.stringify(witness)}`;
      this.#block(
        "overlapping",
        lease,
        () => `its tree meets that of ${nameOf(lease)}${at}`,
        meeting,
      );
    }
  }

  /** Only asked when nothing alive is in the way, so the budget is never blamed for more. */
  #findOverBudget(): void {
    const { hold, scene } = this;
    const most = hold.maxConcurrent;
    if (most === null || this.#found.length > 0) return;
    const others = scene.leases.ofKind(hold.kind).filter((lease) => !this.#known.has(lease));
    if (others.length < most) return;
    const dead = new Set(others.filter((lease) => this.#deathOf(lease) !== undefined));
    const alive = others.length - dead.size;
    const text = `kind ${JSON.stringify(hold.kind)} has ${alive} of ${most} leases`;
    for (const lease of others) {
      if (dead.has(lease) === alive < most) this.#block("over_budget", lease, () => text);
    }
  }

  /** Takes note of a lease in the way. */
  #block(kind: LaneRefusalClass, lease: Lease, text: () => string, met?: LeaseOverlap): void {
    if (this.#isCutShort || this.#known.has(lease)) return;
    this.#known.add(lease);
    const { hold, scene, budget } = this;
    const meeting = met ?? scene.leases.meets(hold.tree, lease, budget);
    if (meeting?.exhausted === true) {
      this.#warnings.push(
        `It would take too long to know whether the trees of lanes ${JSON.stringify(hold.lane)} ` +
          `and ${JSON.stringify(lease.lane)} meet, so they count as meeting`,
      );
    }
    const evidence = this.#deathOf(lease);
    if (evidence !== undefined) {
      this.#evictions.push({ lease, evidence });
      return;
    }
    const until = restUntil(lease);
    const conflict: LaneConflict = {
      kind: "lane",
      lane: lease.lane,
      holder: lease.holder,
      run_id: runOf(lease),
      fence: lease.fence,
      expires_at: until === undefined ? null : formatTime(until),
      their_tree: lease.tree.length === 0 && lease.name_only !== true ? WHOLE : lease.tree,
      our_tree: hold.tree.globs,
      witness: meeting?.witness ?? null,
    };
    this.#found.push({ kind, text, lease, conflict });
    this.#isCutShort = this.#found.length >= MAX_LANE_CONFLICTS ||
      meeting?.exhausted === true || budget.left < LANE_STEPS - LANE_CONFLICT_STEPS;
  }
}

function nameOf(lease: Lease): string {
  return `lane ${quoted(lease.lane, MAX_IDENTIFIER)}, held by ${holderOf(lease)},`;
}

function holderOf(lease: Lease): string {
  return lease.holder === "" ? "an unknown agent" : quoted(lease.holder, MAX_IDENTIFIER);
}
