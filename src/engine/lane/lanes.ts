/** Lanes: the operations that are the same on every store. */
import { LIVENESS_S } from "../../domain/limits.ts";
import { evidenceOf, judgeLiveness, type LaneLiveness } from "../../domain/lane/liveness.ts";
import { CoordError } from "../../domain/errors.ts";
import { deadAt } from "../../domain/lane/lease.ts";
import { quoted } from "../../domain/text.ts";
import { formatTime, parseTime } from "../../domain/time.ts";
import { haltEntry, releaseEntry, spawnEntry } from "../../domain/journal/entries.ts";
import type { ReservationConflict } from "../../domain/glob/holds/comparison.ts";
import type { Checkout, Named } from "../../ports/checkout.ts";
import { treeProblems } from "../../domain/glob/tree.ts";
import { nameProblems } from "../../domain/lane/request.ts";
import type { AwaitedHolders } from "../hold/exclusion.ts";
import { NO_QUEUE, type Queue } from "../hold/queue.ts";
import { checkInput, type FieldTable } from "../input.ts";
import { checkedNames, type NamesField } from "../names.ts";
import { Acquisition } from "./acquisition.ts";
import { Adoption } from "./adoption.ts";
import * as answers from "./answers.ts";
import { LaneChanges } from "./changes.ts";
import { Keeping } from "./keeping.ts";
import { LaneHold } from "./hold.ts";
import { liveLeases } from "./live.ts";
import { LANE_INPUTS } from "./inputs.ts";
import { inTurn, type LaneContext, readJournal, type Turn } from "./turn.ts";
import type * as types from "./types.ts";
import { acquireLane, giveUpLane } from "./acquire.ts";

/** The tree of an input. */
function treeField({ lane = "" }: types.LaneArbitrateInput): NamesField {
  return {
    field: "tree",
    kind: "glob",
    together: (globs) => [...nameProblems(lane, globs), ...treeProblems(globs)],
  };
}

/** An input with its tree as a lease has it. */
function withTree<I extends types.LaneAcquireInput>(input: I, { entries, files }: Named) {
  return input.tree === undefined ? input : { ...input, tree: entries, files };
}

/** A refusal or an answer that can stand in an `await using`: there is nothing to end. */
export type LaneNotHeld<T> = T & AsyncDisposable;

/**
 * The operations on lanes. Each throws a `CoordError`: `bad_args` for bad input, with all problems at
 * once, and for a `lanes.json` that is wrong; `io_error` when the machine fails. Those that write
 * answer `lock_busy` when other writers do not let go of the journal in time, and have done nothing
 * then; the others wait for no other process.
 */
export class Lanes {
  readonly #context: LaneContext;
  readonly #checkout: Checkout;
  readonly #changes: LaneChanges;
  readonly #others: AwaitedHolders<ReservationConflict>;
  readonly #queue: Queue;

  /** Made by opening a workspace. */
  constructor(
    context: LaneContext,
    checkout: Checkout,
    others: AwaitedHolders<ReservationConflict>,
    queue: Queue = NO_QUEUE,
  ) {
    this.#context = context;
    this.#queue = queue;
    this.#others = others;
    this.#checkout = checkout;
    this.#changes = new LaneChanges(context);
  }

  /**
   * Acquires a lane and keeps it while it is held, by heartbeats in the background; at the end of the
   * block it is released. No two live leases ever overlap.
   *
   * The heartbeats are a matter of timers, three in a TTL. Work that blocks the event loop for longer
   * than the TTL (50 minutes by default) and 5 minutes more loses the lane.
   *
   * @param input Which lane, by whom, for how long, and how long to wait for it.
   * @returns The hold; or who is in the way, or that the journal was busy.
   *
   * @example
   * ```ts
   * import { initWorkspace, openWorkspace } from "@coord/coord";
   *
   * const project = await Deno.makeTempDir();
   * await initWorkspace(project);
   * const coord = await openWorkspace({ dir: project });
   * await using lease = await coord.lanes.hold({ tree: ["src/api/**"], owner: "agent-1" });
   * if (lease.status === "held") {
   *   // … work; stop when lease.lost fires; pass lease.fence to whatever you write to …
   * }
   * ```
   */
  async hold(
    { pid = this.#context.processes.ownPid, ...input }: types.LaneHoldInput,
  ): Promise<LaneHold | LaneNotHeld<types.LaneDenied> | LaneNotHeld<types.LaneBusy>> {
    const process = pid === null ? {} : { pid };
    const acquisition = await this.#acquisition({ ...input, ...process });
    let answer = await acquireLane(this.#context, this.#changes, acquisition);
    const end = answer.status === "acquired" ? await this.#endOf(answer, input) : 0;
    // The signal may have fired between the grant and now.
    if (input.signal?.aborted && answer.status === "acquired") {
      answer = await giveUpLane(this.#context, acquisition);
    }
    if (answer.status !== "acquired") return { ...answer, async [Symbol.asyncDispose]() {} };
    return new LaneHold(this.#context, this, this.#changes, answer, end);
  }

  /** When a grant ends unless it is kept. */
  async #endOf(grant: types.LaneAcquired, input: types.LaneAcquireInput): Promise<number> {
    const { acquired_at, ttl_seconds } = grant;
    const lease = input.loopTs === undefined
      ? undefined
      : (await readJournal(this.#context)).fold.leases.get(grant);
    // A repeat gets the lease that it has, which was kept since, or was silent and is in its grace.
    if (lease?.fence === grant.fence) return deadAt(lease) ?? this.#context.clock();
    return (parseTime(acquired_at) ?? 0) + ttl_seconds * 1000;
  }

  /**
   * Acquires a lane and leaves it to the caller to keep it. A repeat with the same `owner` and the
   * same `loopTs` gets the lease that it has.
   *
   * @param input Which lane, by whom, for how long, and how long to wait for it.
   * @returns The grant, durable; or who is in the way, or that the journal was busy.
   */
  async acquire(
    input: types.LaneAcquireInput,
  ): Promise<types.LaneAcquired | types.LaneDenied | types.LaneBusy> {
    const acquisition = await this.#acquisition(input);
    const answer = await acquireLane(this.#context, this.#changes, acquisition);
    const isLate = input.signal?.aborted && answer.status === "acquired";
    return isLate ? await giveUpLane(this.#context, acquisition) : answer;
  }

  /**
   * Says what an acquisition would come to now, and writes nothing.
   *
   * @param input Which lane, and by whom.
   */
  async arbitrate(input: types.LaneArbitrateInput): Promise<types.LaneVerdict> {
    const acquisition = await this.#acquisition(input, LANE_INPUTS.arbitrate);
    return await acquisition.verdict(await readJournal(this.#context));
  }

  /**
   * Ends a lease.
   *
   * @param input Which, and by whom.
   * @returns What was released, durable, or why the rules do not allow it.
   */
  async release(
    input: types.LaneHolderInput,
  ): Promise<types.LaneReleased | types.LaneRefused | types.LaneBusy> {
    checkInput(input, LANE_INPUTS.release, ["lane", "owner"]);
    const action = `release lane ${quoted(input.lane)}`;
    const body = async (
      turn: Turn,
    ): Promise<types.LaneReleased | types.LaneRefused | undefined> => {
      const kept = turn.kept("released");
      if (kept !== undefined) return answers.released(kept);
      const { fold } = turn.view;
      const lease = answers.heldBy(fold, input, action);
      if ("status" in lease) {
        // A repeat takes it for done that no agent holds the lane any more.
        const isOver = answers.newest(fold, input.lane, input.loopTs) === undefined;
        return !isOver || await turn.persist() ? lease : undefined;
      }
      const entry = releaseEntry(turn.stamp(), lease, "released by its holder");
      // Unless it is released, another agent adopted it in between.
      return answers.released((await turn.append([entry]))?.[0]);
    };
    return await inTurn(this.#context, input, action, body);
  }

  /**
   * Records that the holder of a lane is alive. Only the holder can. The first one of a grant ends
   * it where an exclusive reservation was there before, and answers `refused`: the process that took
   * the lane has died before it could see that.
   *
   * @param input Which lease, and by whom.
   * @returns The heartbeat, durable, or why the rules do not allow it.
   */
  async heartbeat(
    input: types.LaneHeartbeatInput,
  ): Promise<types.LaneHeartbeat | types.LaneRefused | types.LaneBusy> {
    checkInput(input, LANE_INPUTS.heartbeat, ["lane", "owner"]);
    const keeping = new Keeping(input, this.#others);
    return await keeping.known(await readJournal(this.#context), this.#context.clock) ??
      await inTurn(this.#context, input, keeping.action, (turn) => keeping.take(turn));
  }

  /**
   * Hands a lease over to another holder, from any holder: the caller knows why. The old fence
   * is stale from then on.
   *
   * @param input Which lease, and to whom.
   * @returns The new grant, durable, or why there is none.
   */
  async adopt(
    input: types.LaneAdoptInput,
  ): Promise<types.LaneAdopted | types.LaneRefused | types.LaneBusy> {
    checkInput(input, LANE_INPUTS.adopt, ["lane", "owner"]);
    const adoption = new Adoption(this.#context, input, this.#others);
    return await inTurn(this.#context, input, adoption.action, (turn) => adoption.take(turn));
  }

  /**
   * Says that a run is coming to a lane, for others to see. It holds nothing.
   *
   * @param input Which lane, and who is coming.
   * @returns The intent, durable.
   */
  async spawn(input: types.LaneSpawnInput): Promise<types.LaneSpawned | types.LaneBusy> {
    checkInput(input, LANE_INPUTS.spawn, ["lane", "owner"]);
    const { lane, owner, runId: run_id, reason = "" } = input;
    const loop_ts = input.loopTs ?? formatTime(this.#context.clock());
    const action = `announce a run on lane ${quoted(lane)}`;
    const body = async (turn: Turn): Promise<types.LaneSpawned | undefined> => {
      const { processes } = this.#context;
      const intent = {
        host_id: processes.origin(undefined).host_id,
        pid: processes.ownPid,
        lane,
        loop_ts,
        holder: owner,
        run_id,
        reason,
      };
      const kept = turn.kept("none") ?? await turn.append([spawnEntry(turn.stamp(), intent)]);
      return kept && { status: "recorded", recorded: true, lane, owner, loop_ts };
    };
    return await inTurn(this.#context, input, action, body);
  }

  /**
   * Records the decision that a run should stop, and how, for those who can stop it. It stops nothing
   * and ends no lease. The lane is looked up when the handle is the process number of a holder.
   *
   * @param input What should stop.
   * @returns The decision, durable.
   */
  async halt(input: types.LaneHaltInput): Promise<types.LaneHalted | types.LaneBusy> {
    checkInput(input, LANE_INPUTS.halt, ["handle"]);
    const { handle, runId: run_id, command, reason = "" } = input;
    const body = async (turn: Turn): Promise<types.LaneHalted | undefined> => {
      const target = answers.targetOf(turn.view.fold, input);
      const { host_id } = target ?? this.#context.processes.origin(undefined);
      const lane = target?.lane ?? input.lane ?? "";
      const loop_ts = target?.loop_ts ?? input.loopTs ?? "";
      const decision = { handle, lane, loop_ts, host_id, run_id, command, reason };
      const kept = turn.kept("none") ?? await turn.append([haltEntry(turn.stamp(), decision)]);
      return kept &&
        { status: "recorded", recorded: true, handle, lane, loop_ts, command: command ?? null };
    };
    return await inTurn(this.#context, input, `record a halt of ${quoted(handle)}`, body);
  }

  /**
   * Lists the live leases, the first granted first.
   *
   * @param input What to list; `all` also those that are dead and not evicted yet.
   */
  live(input: types.LaneListInput = {}): Promise<types.LaneList> {
    return liveLeases(this.#context, input);
  }

  /**
   * Says whether a grant is still the current one, as a store that a holder writes to may ask.
   *
   * @param input The lane and the fence.
   */
  async check(input: types.LaneCheckInput): Promise<types.LaneFenceCheck> {
    checkInput(input, LANE_INPUTS.check, ["lane", "fence"]);
    const { lane, fence } = input;
    const { fold } = await readJournal(this.#context);
    const leases = fold.leases.named(lane);
    const current = leases.find((lease) => lease.fence === fence);
    if (current !== undefined) return { status: "current", lane, fence, owner: current.holder };
    const now = leases.at(-1);
    const why = now === undefined ? "no agent holds the lane" : `the current one is ${now.fence}`;
    return answers.no(
      "stale_fence",
      lane,
      `Fence ${fence} of lane ${quoted(lane)} is stale: ${why}`,
    );
  }

  /**
   * Judges whether a lane's holder makes progress, only sends heartbeats or is gone, by commits,
   * the journal and heartbeats.
   *
   * @param input Which lane, the commit to count from, and how long counts as silent.
   * @throws {CoordError} `not_found` when no agent holds the lane.
   */
  async liveness(
    input: types.LaneLivenessInput,
  ): Promise<LaneLiveness & { readonly lane: string }> {
    checkInput(input, LANE_INPUTS.liveness, ["lane"]);
    const { lane, loopTs, since } = input;
    const { processes, clock, warn } = this.#context;
    const { fold } = await readJournal(this.#context);
    const lease = answers.newest(fold, lane, loopTs);
    if (lease === undefined) {
      throw new CoordError("not_found", `Cannot judge lane ${quoted(lane)}: no agent holds it`, {
        lane,
      });
    }
    const commits = since === undefined ? undefined : this.#checkout.commitsSince(since);
    if (since !== undefined && commits === undefined) {
      warn(`Commit ${since} is not in the checkout's log of HEAD: commits are not counted`);
    }
    const now = clock();
    const newestMs = commits?.newestMs;
    const evidence = evidenceOf(lease, now, {
      commits: commits?.count ?? null,
      commit_age_s: newestMs === undefined
        ? null
        : Math.max(0, Math.floor((now - newestMs) / 1000)),
      pid_alive: processes.isAlive(lease) ?? null,
    });
    const { spin = LIVENESS_S.spin, grace = LIVENESS_S.grace } = input;
    return { lane, ...judgeLiveness(evidence, { spin, grace }) };
  }

  /**
   * The lanes that the team has set down, as they are now.
   *
   * @returns Them, in the order in which they were named; none where none were set down.
   */
  async taxonomy(): Promise<types.LaneTaxonomy> {
    const { taxonomyAnswer } = await import("./taxonomy.ts");
    return taxonomyAnswer(await this.#context.lanes.taxonomy());
  }

  /**
   * Sets down the lanes of the workspace, for all who use it, in the place of those before. In a
   * workspace of files that is `lanes.json`. Leases stay as they are.
   *
   * @param value What `lanes.json` says: `lanes` by their names, `autopick` and `kinds`. Globs mean
   * what lies in the caller's checkout.
   * @returns What was set down, durable.
   * @throws {CoordError} `bad_args` with all that is wrong; nothing was written then.
   *
   * @example
   * ```ts
   * import { initWorkspace, openWorkspace } from "@coord/coord";
   *
   * const project = await Deno.makeTempDir();
   * await initWorkspace(project);
   * const coord = await openWorkspace({ dir: project });
   * await coord.lanes.setTaxonomy({ lanes: { api: { tree: ["src/api/**"] } }, autopick: ["api"] });
   * console.log((await coord.lanes.taxonomy()).autopick); // [ "api" ]
   * ```
   */
  async setTaxonomy(value: object): Promise<types.LaneTaxonomy> {
    const { setTaxonomy } = await import("./taxonomy.ts");
    return await setTaxonomy(this.#context.lanes, this.#checkout, value);
  }

  async #acquisition(
    input: types.LaneAcquireInput,
    rules: FieldTable = LANE_INPUTS.acquire,
  ): Promise<Acquisition> {
    const named = checkedNames(input, rules, ["owner"], this.#checkout, treeField(input));
    const taxonomy = await this.#context.lanes.taxonomy();
    return new Acquisition(
      this.#context,
      withTree(input, named),
      taxonomy,
      this.#others,
      this.#queue,
    );
  }
}
