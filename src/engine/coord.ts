/** A workspace that was opened: everything that coord offers, in one object. */
import type { CheckAnswer, CheckInput } from "./holds/check.ts";
import type { GuardAnswer, GuardInput } from "./holds/guard.ts";
import type { Context, Opening } from "./context.ts";
import type { Forecast, ForecastInput } from "./forecast/forecast.ts";
import type { PrimeAnswer, PrimeInput } from "./holds/prime.ts";
import type { Reconciliation } from "./forecast/reconcile.ts";
import { type AnyHeartbeat, type AnyHeartbeatInput, beatAny } from "./holds/heartbeat.ts";
import type {
  MineHeartbeat,
  MineHeartbeatInput,
  MineReleased,
  MineReleaseInput,
} from "./holds/mine.ts";
import { SeenFiles } from "./holds/seen.ts";
import { TicketQueue } from "./hold/queue.ts";
import { LaneHolders } from "./lane/holders.ts";
import { LaneJournal } from "./lane/journal.ts";
import { Lanes } from "./lane/lanes.ts";
import { ReservationHolders } from "./reservation/holders.ts";
import { Reservations } from "./reservation/reservations.ts";
import { Queues } from "./task/queues.ts";
import { Tasks } from "./task/tasks.ts";
import { Upkeep } from "./upkeep/upkeep.ts";
import type { WithDone, WithHeld, WithInput, WithRefused } from "./holds/with.ts";
import type { WaitAnswer, WaitInput } from "./wait/types.ts";
import type { AgentList } from "./watch/agents.ts";
import { Exchange } from "./watch/exchange.ts";
import { type FollowFleet, followFleet } from "./watch/fleet/follow.ts";
import type { Log, LogInput } from "./watch/log.ts";
import type { Shown } from "./watch/show.ts";
import { type WorkspaceStatus, workspaceStatus } from "./watch/status.ts";
import { type WatchOptions, watchRecords, type WatchStream } from "./watch/watch.ts";

/** An open workspace. */
export class Coord extends Upkeep implements AsyncDisposable {
  /** The task queue. */
  readonly tasks: Tasks;
  /** Its queues as a whole. */
  readonly queues: Queues;
  /** Reservations and intents. */
  readonly reservations: Reservations;
  /** Leases of lanes. */
  readonly lanes: Lanes;
  /** The journal that all leases come from. */
  readonly journal: LaneJournal;
  /** What runs saw of files. */
  readonly files: SeenFiles;
  /** What other programs take from it. */
  readonly exchange: Exchange;
  /** Follows the state of the fleet. */
  readonly fleet: FollowFleet;
  readonly #context: Context;
  readonly #queue: TicketQueue;

  /** Made by `openWorkspace()`. */
  constructor(opening: Opening) {
    const { store } = opening;
    const context = { ...opening, clock: () => store.clock() };
    super(context);
    this.#context = context;
    this.tasks = new Tasks(context);
    this.queues = new Queues(context);
    const { store: { lanes, reservations }, checkout } = context;
    const laneContext = { ...context, lanes };
    const leases = new LaneHolders(laneContext);
    const reserved = new ReservationHolders(reservations);
    this.#queue = new TicketQueue(store.tickets, [leases, reserved]);
    this.reservations = new Reservations(context, leases, this.#queue);
    this.lanes = new Lanes(laneContext, checkout, reserved, this.#queue);
    this.journal = new LaneJournal(laneContext);
    this.files = new SeenFiles(context);
    this.exchange = new Exchange(context);
    this.fleet = (options = {}) => followFleet(context, options);
  }

  /** Where the workspace lies. */
  get location(): string {
    return this.#context.store.location;
  }

  /** What a program that is to work in the same workspace needs in its environment. */
  get environment(): Readonly<Record<string, string>> {
    return this.#context.environment ?? { COORD_DIR: this.location };
  }

  /**
   * Ends what the workspace keeps open between two calls. A program need not do it: an idle workspace
   * keeps no process alive.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#context.store.close();
  }

  /**
   * Streams what changes; see {@link WatchOptions}. The stream ends with the loop over it.
   *
   * @example
   * ```ts
   * import { initWorkspace, openWorkspace } from "@coord/coord";
   *
   * const project = await Deno.makeTempDir();
   * await initWorkspace(project);
   * const coord = await openWorkspace({ dir: project });
   * await coord.tasks.enqueue({ title: "Refactor billing" });
   *
   * for await (const event of coord.watch({ once: true })) {
   *   if (event.kind === "task") console.assert(event.data.title === "Refactor billing");
   * }
   * ```
   */
  watch(options: WatchOptions = {}): WatchStream {
    return watchRecords(this.#context, options);
  }

  /**
   * Predicts conflicts between different agents, from what live reservations, intents and lanes say and
   * from the imports of the files that they name. It only reads.
   *
   * @param input Which conflicts; all when it is left out.
   * @returns The conflicts, the most certain first.
   *
   * @example
   * ```ts
   * import { initWorkspace, openWorkspace } from "@coord/coord";
   *
   * const project = await Deno.makeTempDir();
   * await initWorkspace(project);
   * const coord = await openWorkspace({ dir: project });
   * const addresses = ["src/tax.py"];
   * await coord.reservations.reserve({ addresses, runId: "agent-1", operation: "delete" });
   * await coord.reservations.intent({ addresses, runId: "agent-2", operation: "modify" });
   * const { conflicts } = await coord.forecast();
   * console.assert(conflicts.some(({ type }) => type === "operation_conflict"));
   * ```
   */
  async forecast(input: ForecastInput = {}): Promise<Forecast> {
    // The rules and the grammars are many times what other operations need.
    const { forecast } = await import("./forecast/forecast.ts");
    const source = {
      leases: async () => (await this.lanes.live()).leases,
      records: () => this.reservations.list(),
    };
    return forecast(this.#context, source, input);
  }

  /**
   * Suggests an order to merge the branches of live reservations and intents in. It only reads.
   *
   * @returns The order, a strategy for each branch, and what most agents touch.
   */
  async reconcile(): Promise<Reconciliation> {
    const { reconcile } = await import("./forecast/reconcile.ts");
    return reconcile(this.#context, await this.reservations.list());
  }

  /**
   * Says who holds what the caller is about to touch: reservations of all agents, and lanes. It writes
   * nothing, and grants nothing: the answer is old as soon as it is there.
   *
   * @param input The addresses, and who asks.
   * @returns `held` when another run's exclusive reservation or lane overlaps, `mine`, or `free`.
   *
   * @example
   * ```ts
   * import { initWorkspace, openWorkspace } from "@coord/coord";
   *
   * const project = await Deno.makeTempDir();
   * await initWorkspace(project);
   * const coord = await openWorkspace({ dir: project });
   * const addresses = ["src/tax.py"];
   * await coord.reservations.reserve({ addresses, runId: "agent-1", exclusive: true });
   * console.assert((await coord.check({ addresses, runId: "agent-1" })).status === "mine");
   * const { status, holds } = await coord.check({ addresses, runId: "agent-2" });
   * console.assert(status === "held" && holds[0]?.run_id === "agent-1");
   * ```
   */
  async check(input: CheckInput): Promise<CheckAnswer> {
    const { checkAddresses, checkContext } = await import("./holds/check.ts");
    return checkAddresses(checkContext(this.#context), input);
  }

  /**
   * Waits until all that is named is there at one moment: addresses or a lane that no other run holds,
   * tasks that have completed, a queue without a task that has not ended. It sleeps until something
   * changes, and grants nothing: another agent may be faster to take what is free.
   *
   * @param input What to wait for, and for how many seconds.
   * @returns `done`; `timeout` when the time has run out; `terminal` when a task has ended otherwise.
   * @throws {CoordError} `not_found` for an id that names no task.
   *
   * @example
   * ```ts
   * import { initWorkspace, openWorkspace } from "@coord/coord";
   *
   * const project = await Deno.makeTempDir();
   * await initWorkspace(project);
   * const coord = await openWorkspace({ dir: project });
   * const { task_id } = await coord.tasks.enqueue({ title: "Refactor billing", runId: "planner" });
   * const waiting = coord.wait({ tasks: [task_id], timeout: 60 });
   * {
   *   await using hold = await coord.tasks.hold({ runId: "agent-1" });
   *   if (hold.status === "held") await hold.complete({ files: 3 });
   * }
   * const { status, tasks } = await waiting;
   * console.assert(status === "done" && tasks[0]?.result?.files === 3);
   * ```
   */
  async wait(input: WaitInput): Promise<WaitAnswer> {
    return (await import("./wait/wait.ts")).wait(this.#context, this.#queue, input);
  }

  /**
   * Runs a function while addresses, a lane, or both are held; heartbeats go out meanwhile, and all is
   * given back at its end, whatever that is.
   *
   * @param input What to hold, as whom, and how long to wait for it.
   * @param body Its signal fires when a hold is lost: what it does from then on, others may do as well.
   * @returns `done` with what the function returned, if all was held to its end; else why not.
   *
   * @example
   * ```ts
   * import { initWorkspace, openWorkspace } from "@coord/coord";
   *
   * const project = await Deno.makeTempDir();
   * await initWorkspace(project);
   * const coord = await openWorkspace({ dir: project });
   * const input = { addresses: ["src/tax.py"], lane: "@git/index", runId: "agent-1", wait: 60 };
   * const answer = await coord.with(input, async ({ lease }, signal) => {
   *   signal.throwIfAborted();
   *   return await Promise.resolve(`committed under ${lease?.fence}`);
   * });
   * console.assert(answer.status === "done" && answer.result === "committed under 1");
   * ```
   */
  async with<T>(
    input: WithInput,
    body: (held: WithHeld, signal: AbortSignal) => Promise<T>,
  ): Promise<WithDone<T> | WithRefused> {
    const { runWith } = await import("./holds/with.ts");
    return runWith(this.#context, this, input, body);
  }

  /**
   * Says which files of a commit other runs hold, and under which lane to commit. It grants nothing.
   *
   * @example
   * ```ts
   * import { initWorkspace, openWorkspace } from "@coord/coord";
   *
   * const project = await Deno.makeTempDir();
   * await initWorkspace(project);
   * const coord = await openWorkspace({ dir: project });
   * const { status, index_lane } = await coord.guard({ files: ["src/tax.py"], runId: "agent-2" });
   * console.assert(status === "free" && index_lane === "@git/index");
   * ```
   */
  async guard(input: GuardInput): Promise<GuardAnswer> {
    const { guardCommit } = await import("./holds/guard.ts");
    return guardCommit(this.#context, input);
  }

  /**
   * Keeps a reservation or a claim for `extension` seconds from now; it never ends sooner for that.
   *
   * @param input Which reservation or task, by whom, how long.
   * @returns The new end, or why the rules do not allow it.
   */
  heartbeat(input: AnyHeartbeatInput): Promise<AnyHeartbeat> {
    return beatAny(this.#context, this, input);
  }

  /**
   * Keeps all that a run holds: reservations, claims and lanes that bear its own id.
   *
   * @returns The answer for each; the status is that of the first that was lost meanwhile.
   */
  async heartbeatMine(input: MineHeartbeatInput): Promise<MineHeartbeat> {
    return (await import("./holds/mine.ts")).beatMine(this.#context, this, input);
  }

  /**
   * Ends the reservations that bear a run's own id, or those of them that name an address.
   *
   * @returns The answer for each; the status is that of the first that had ended meanwhile.
   * @throws {CoordError} `not_found` when none names any of the addresses.
   */
  async releaseMine(input: MineReleaseInput): Promise<MineReleased> {
    return (await import("./holds/mine.ts")).releaseMine(this.#context, this.reservations, input);
  }

  /**
   * Shows one record with its history: of a task the attempts at it, of a lane what the journal says.
   *
   * @param id The id of a task, a reservation or an intent, or a unique prefix of at least 6 hex
   * digits; or the name of a lane, `lane:NAME` where that looks like an id.
   * @returns The record, by its kind.
   * @throws {CoordError} `not_found` when there is none; `bad_id` when several are meant.
   *
   * @example
   * ```ts
   * import { initWorkspace, openWorkspace } from "@coord/coord";
   *
   * const project = await Deno.makeTempDir();
   * await initWorkspace(project);
   * const coord = await openWorkspace({ dir: project });
   * const { task_id } = await coord.tasks.enqueue({ title: "Refactor billing", runId: "planner" });
   * await coord.tasks.claim({ runId: "agent-1" });
   * const shown = await coord.show(task_id);
   * console.assert(shown.kind === "task" && shown.claim?.claimer_run_id === "agent-1");
   * ```
   */
  async show(id: string): Promise<Shown> {
    return (await import("./watch/show.ts")).showRecord(this.#context, id);
  }

  /**
   * Lists every run that holds a task, a reservation or a lane: what it holds, its last sign of life and
   * its last note, and whether it is `working`, `silent`, `stuck` or `lost`.
   *
   * @returns A line for each run, by run id.
   *
   * @example
   * ```ts
   * import { initWorkspace, openWorkspace } from "@coord/coord";
   *
   * const project = await Deno.makeTempDir();
   * await initWorkspace(project);
   * const coord = await openWorkspace({ dir: project });
   * await coord.tasks.enqueue({ title: "Refactor billing", runId: "planner" });
   * await coord.tasks.claim({ runId: "agent-1" });
   * const { agents } = await coord.agents();
   * console.assert(agents[0]?.status === "working" && agents[0].task?.title === "Refactor billing");
   * ```
   */
  async agents(): Promise<AgentList> {
    return (await import("./watch/agents.ts")).listAgents(this.#context);
  }

  /**
   * Lists what happened, oldest first, as the records have it.
   *
   * @param input Since when, by whom, to what, and how much; default the last 200 events.
   * @returns The events.
   *
   * @example
   * ```ts
   * import { initWorkspace, openWorkspace } from "@coord/coord";
   *
   * const project = await Deno.makeTempDir();
   * await initWorkspace(project);
   * const coord = await openWorkspace({ dir: project });
   * await coord.tasks.enqueue({ title: "Refactor billing", runId: "planner" });
   * await coord.tasks.claim({ runId: "agent-1" });
   * const { events } = await coord.log({ since: 3600, runId: "agent-1" });
   * console.assert(events[0]?.event === "claimed");
   * ```
   */
  async log(input: LogInput = {}): Promise<Log> {
    return (await import("./watch/log.ts")).readLog(this.#context, input);
  }

  /** Says what an agent is to know when it begins, in a few lines: its holds, its task, others' holds. */
  async prime(input: PrimeInput): Promise<PrimeAnswer> {
    return (await import("./holds/prime.ts")).prime(this, input);
  }

  /** Counts, the oldest pending task, the claims that timed out, and how much is held. */
  status(): Promise<WorkspaceStatus> {
    return workspaceStatus(this.#context);
  }
}
