/**
 * What keeps a workspace in order: its configuration, a check of its files and of what they rest on,
 * removal of what has ended.
 */
import { type Configuration, configurationOf } from "../../domain/input/configuration.ts";
import type { Context } from "../context.ts";
import type { DoctorInput, DoctorReport } from "./doctor.ts";
import type { FsckInput, FsckReport } from "./fsck.ts";
import { collectGarbage, type GcInput, type GcReport } from "./gc.ts";

/** The part of an open workspace that is about the workspace as such. */
export class Upkeep {
  readonly #context: Context;

  /** Made by `openWorkspace()`. */
  constructor(context: Context) {
    this.#context = context;
  }

  /**
   * Removes what has been over for its grace: released and expired reservations, intents whose
   * reservation is gone, tasks that ended or expired, each with all that belongs to it. Without
   * `execute` or `auto` it only reports what would go.
   */
  gc(input: GcInput = {}): Promise<GcReport> {
    return collectGarbage(this.#context, input);
  }

  /**
   * Checks every record, chain, segment, index and the journal. With `repair` it mends what can be
   * mended: it makes again what is derived, and moves what is broken to `quarantine/` in the workspace, with a
   * note. It never deletes, and others may work meanwhile.
   *
   * @param input Whether to repair.
   * @returns `sound`; `repaired` when all that was damaged is mended; else `damaged`.
   *
   * @example
   * ```ts
   * import { initWorkspace, openWorkspace } from "@coord/coord";
   *
   * const project = await Deno.makeTempDir();
   * await initWorkspace(project);
   * const coord = await openWorkspace({ dir: project });
   * await Deno.mkdir(`${project}/.coord/worktrees`);
   * const { status, findings } = await coord.fsck();
   * console.assert(status === "damaged" && findings[0]?.file === "worktrees");
   * ```
   */
  async fsck(input: FsckInput = {}): Promise<FsckReport> {
    return (await import("./fsck.ts")).fsck(this.#context, input);
  }

  /**
   * Tries in a folder of its own whether the store keeps what the protocols rest on, such as exclusive
   * creation, and looks at what is around the workspace. It takes up to three seconds, changes no record,
   * and leaves nothing behind. A program races with itself; the command line races with processes.
   *
   * @param input What ends it early.
   * @returns Each promise with its result, what is wrong with what to do next, and what was found.
   *
   * @example
   * ```ts
   * import { initWorkspace, openWorkspace } from "@coord/coord";
   *
   * const project = await Deno.makeTempDir();
   * await initWorkspace(project);
   * const coord = await openWorkspace({ dir: project });
   * const { promises } = await coord.doctor();
   * const links = promises.find(({ promise }) => promise === "hard_links");
   * console.assert(links?.result === "ok");
   * ```
   */
  async doctor(input: DoctorInput = {}): Promise<DoctorReport> {
    return (await import("./doctor.ts")).examineWorkspace(this.#context, input);
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
    const kept = agreement?.worktrees();
    return configurationOf(await agreement?.checked(), {
      worktrees: kept && { value: kept, source: "workspace" },
      store: this.#context.namedStore,
    });
  }
}
