/** A workspace that was opened: everything that coord offers, in one object. */
import { FILED_KINDS, FOLDERS } from "../domain/watch/event.ts";
import { type Configuration, configurationOf } from "../domain/input/configuration.ts";
import { isLive } from "../domain/reservation/reservation.ts";
import { orderOf, type TaskStatus } from "../domain/task/task.ts";
import type { CheckAnswer, CheckInput } from "./holds/check.ts";
import type { Context, Opening } from "./context.ts";
import type { Forecast, ForecastInput } from "./forecast/forecast.ts";
import type { Reconciliation } from "./forecast/reconcile.ts";
import { collectGarbage, type GcInput, type GcReport } from "./gc.ts";
import { type AnyHeartbeat, type AnyHeartbeatInput, beatAny } from "./holds/heartbeat.ts";
import type {
  MineHeartbeat,
  MineHeartbeatInput,
  MineReleased,
  MineReleaseInput,
} from "./holds/mine.ts";
import { LaneHolders } from "./lane/holders.ts";
import { LaneJournal } from "./lane/journal.ts";
import { Lanes } from "./lane/lanes.ts";
import type { LaneItem } from "./lane/types.ts";
import { ReservationHolders } from "./reservation/holders.ts";
import { Reservations } from "./reservation/reservations.ts";
import { Tasks } from "./task/tasks.ts";
import { type WatchOptions, watchRecords, type WatchStream } from "./watch/watch.ts";

/** What `coord status` reports. */
export interface WorkspaceStatus {
  /** Where the workspace lies. */
  readonly workspace: string;
  /**
   * How it was found: named as `dir` or in the environment, by a search upward, or, for a linked
   * worktree, in the main checkout.
   */
  readonly found_by: "dir" | "env" | "search" | "worktree";
  /** Tasks by status, and `total`. */
  readonly tasks: Readonly<Record<TaskStatus | "total", number>>;
  /** The task that has been pending longest, null when none is. */
  readonly oldest_pending: { readonly task_id: string; readonly age_seconds: number } | null;
  /** Claims whose visibility timeout has passed; their tasks may be claimed again. */
  readonly timed_out_claims: readonly {
    readonly task_id: string;
    readonly claimer_run_id: string;
    readonly expires_at: string;
  }[];
  /** How many reservations are live. */
  readonly live_reservations: number;
  /** How many leases of lanes are live. */
  readonly live_leases: number;
  /** These leases, the first granted first. */
  readonly leases: readonly LaneItem[];
  /** How many records of each kind there are. */
  readonly records: Readonly<Record<string, number>>;
}

/** An open workspace. */
export class Coord implements AsyncDisposable {
  /** The task queue. */
  readonly tasks: Tasks;
  /** Reservations and intents. */
  readonly reservations: Reservations;
  /** Leases of lanes. */
  readonly lanes: Lanes;
  /** The journal that all leases come from. */
  readonly journal: LaneJournal;
  readonly #context: Context;

  /** Made by `openWorkspace()`. */
  constructor(opening: Opening) {
    const { store } = opening;
    const context = { ...opening, clock: () => store.clock() };
    this.#context = context;
    this.tasks = new Tasks(context);
    const { store: { lanes, reservations }, checkout } = context;
    const laneContext = { ...context, lanes };
    this.reservations = new Reservations(context, new LaneHolders(laneContext));
    this.lanes = new Lanes(laneContext, checkout, new ReservationHolders(reservations));
    this.journal = new LaneJournal(laneContext);
  }

  /** Where the workspace lies. */
  get location(): string {
    return this.#context.store.location;
  }

  /**
   * Ends what the workspace keeps open between two calls. A program need not do it: an idle workspace
   * keeps no process alive.
   *
   * @example
   * ```ts
   * import { initWorkspace, openWorkspace } from "@coord/coord";
   *
   * const project = await Deno.makeTempDir();
   * await initWorkspace(project);
   * await using coord = await openWorkspace({ dir: project });
   * console.assert((await coord.tasks.list()).total === 0);
   * ```
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
    const { checkAddresses } = await import("./holds/check.ts");
    const context = this.#context;
    const { reservations, lanes } = context.store;
    const looked = { ...context, reservations, lanes: async () => ({ ...context, lanes }) };
    return checkAddresses(looked, input);
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
   * @param input Who holds them, for how long, and what to say of them.
   * @returns The answer for each; the status is that of the first that was lost meanwhile.
   */
  async heartbeatMine(input: MineHeartbeatInput): Promise<MineHeartbeat> {
    const { beatMine } = await import("./holds/mine.ts");
    return beatMine(this.#context, this, input);
  }

  /**
   * Ends the reservations that bear a run's own id, or those of them that name an address.
   *
   * @param input Who holds them, and which of them.
   * @returns The answer for each; the status is that of the first that had ended meanwhile.
   * @throws {CoordError} `not_found` when none names any of the addresses.
   */
  async releaseMine(input: MineReleaseInput): Promise<MineReleased> {
    const { releaseMine } = await import("./holds/mine.ts");
    return releaseMine(this.#context, this.reservations, input);
  }

  /**
   * Removes what has been over for its grace: released and expired reservations, intents whose
   * reservation is gone, tasks that ended or expired, each with all that belongs to it.
   *
   * @param input The grace; without `execute` it only reports what would go.
   */
  gc(input: GcInput = {}): Promise<GcReport> {
    return collectGarbage(this.#context, input);
  }

  /**
   * Reports what is configured: by the workspace, by the team in `coord.json` at the top of the
   * checkout, else by default. A value that a call is given goes before it.
   *
   * @returns Every value with its source.
   * @throws {CoordError} `bad_args` when `coord.json` is wrong.
   *
   * @example
   * ```ts
   * import { initWorkspace, openWorkspace } from "@coord/coord";
   *
   * const project = await Deno.makeTempDir();
   * await initWorkspace(project);
   * const coord = await openWorkspace({ dir: project });
   * const { values } = await coord.config();
   * console.assert(values.some(({ key, value }) => key === "ttl" && value === 3600));
   * ```
   */
  async config(): Promise<Configuration> {
    const { agreement } = this.#context;
    return configurationOf(await agreement?.checked(), agreement?.worktrees());
  }

  /** Counts, the oldest pending task, the claims that timed out, and how much is held. */
  async status(): Promise<WorkspaceStatus> {
    const { store, clock } = this.#context;
    const now = clock();
    const { counts, oldestPending, items } = await store.tasks.list({ status: "timed_out" });
    const { leases } = await this.lanes.live();
    const exposure = this.#context.exposure?.();
    if (exposure !== undefined) this.#context.warn(exposure);
    return {
      workspace: this.location,
      found_by: this.#context.foundBy ?? "dir",
      tasks: counts,
      oldest_pending: oldestPending === undefined ? null : {
        task_id: oldestPending.task_id,
        age_seconds: Math.max(0, (now - orderOf(oldestPending).createdMs) / 1000),
      },
      live_reservations: (await store.reservations.list(now, false))
        .filter((entry) => isLive(entry, now)).length,
      live_leases: leases.length,
      leases,
      timed_out_claims: items.flatMap(({ claim }) =>
        claim === undefined ? [] : {
          task_id: claim.task_id,
          claimer_run_id: claim.claimer_run_id,
          expires_at: claim.expires_at,
        }
      ).sort((a, b) => a.expires_at < b.expires_at ? -1 : 1),
      records: Object.fromEntries(
        await Promise.all(
          FILED_KINDS.map(async (kind) => [FOLDERS[kind], await store.feed.count(kind)]),
        ),
      ),
    };
  }
}
