/** Puts a workspace together: the machine, the files, the clock, the engine. */
import {
  examinerOf,
  exposureOf,
  initWorkspace as initFiles,
  openAround,
  openCheckout,
  openCursorFile,
  openFsJournal,
  openFsStore,
  openSightings,
} from "../adapters/fs/open.ts";
import { CoordError } from "../domain/errors.ts";
import { identify, type Identity } from "../domain/input/run_id.ts";
import { sha256Hex } from "../engine/content_id.ts";
import { Coord } from "../engine/coord.ts";
import { quoted } from "../domain/text.ts";
import { LaneJournal } from "../engine/lane/journal.ts";
import { detectHost } from "../host/detect.ts";
import type { Host } from "../ports/host.ts";
import type { Opening, OpenOptions } from "./store/options.ts";
import { FILES, locate, type Located, overriding } from "./store/locate.ts";
import { onceEach } from "./once_each.ts";
import { processesOf } from "./processes.ts";

/**
 * Opens a workspace.
 *
 * @param options Which, and with what clock.
 * @returns Everything that coord offers there.
 * @throws {CoordError} `no_workspace` when there is none; `bad_args` for a store that is not to be used;
 * `io_error` when it cannot be reached.
 *
 * @example
 * ```ts
 * import { initWorkspace, openWorkspace } from "@coord/coord";
 *
 * const project = await Deno.makeTempDir();
 * await initWorkspace(project);
 * const coord = await openWorkspace({ dir: project, onWarning: console.warn });
 * console.assert((await coord.tasks.list()).total === 0);
 * ```
 */
export async function openWorkspace(options: OpenOptions = {}): Promise<Coord> {
  return openOn(await detectHost(), options);
}

/** Opens a workspace on a given machine. */
export async function openOn(host: Host, options: Opening): Promise<Coord> {
  const at = locate(host, options, onceEach(options));
  if (at.store === undefined) return openFiles(host, at, options);
  const { openElsewhere } = await import("./store/elsewhere.ts");
  return openElsewhere(host, at, at.store, options);
}

/** Opens a workspace that is kept in files. */
export function openFilesOn(host: Host, options: Opening): Coord {
  const at = locate(host, { ...options, store: FILES }, onceEach(options));
  // No caller has asked for them by name.
  return openFiles(host, { ...at, forcedBy: undefined }, options);
}

function openFiles(host: Host, { found, agreement, forcedBy }: Located, options: Opening): Coord {
  const { clock = Date.now } = options;
  const warn = onceEach(options);
  const { path, foundBy } = found;
  options.onFound?.(path);
  return new Coord({
    store: openFsStore(host, path, clock, warn, agreement),
    checkout: openCheckout(host, path, warn),
    processes: processesOf(host),
    cursorFile: (file) => openCursorFile(host, path, file),
    sightings: () => openSightings(host, path, (bytes) => sha256Hex(bytes, host.sha256), warn),
    warn,
    foundBy,
    ...(forcedBy !== undefined && { namedStore: overriding({ by: forcedBy }, FILES) }),
    environment: { COORD_DIR: path, ...(forcedBy !== undefined && { COORD_STORE: FILES }) },
    exposure: () => exposureOf(host, path),
    examine: examinerOf(host, path, options.again),
    around: () => openAround(host, path),
    agreement,
    sha256: host.sha256,
  });
}

/**
 * Opens a journal of lanes by its path, such as one that `dos lease-lane` wrote. No workspace is
 * needed.
 *
 * @param path The file.
 * @param options The clock, and who hears of broken lines.
 * @returns What may be asked of it.
 * @throws {CoordError} `not_found` when there is no such file.
 *
 * @example
 * ```ts
 * import { openJournal } from "@coord/coord";
 *
 * const path = `${await Deno.makeTempDir()}/lane-journal.jsonl`;
 * const entry = { op: "ACQUIRE", lane: "api", loop_ts: "1", holder: "agent-1" };
 * await Deno.writeTextFile(path, `${JSON.stringify(entry)}\n`);
 * const journal = await openJournal(path);
 * const { leases } = await journal.replay();
 * console.assert(leases[0]?.holder === "agent-1");
 * ```
 */
export async function openJournal(
  path: string,
  options: Omit<OpenOptions, "dir"> = {},
): Promise<LaneJournal> {
  return openJournalOn(await detectHost(), path, options);
}

/** Opens a journal on a given machine. */
export async function openJournalOn(
  host: Host,
  path: string,
  options: Omit<OpenOptions, "dir">,
): Promise<LaneJournal> {
  const { clock = Date.now } = options;
  const warn = onceEach(options);
  const lanes = openFsJournal(host, path, clock, warn);
  const { journal } = lanes;
  if (!await journal.exists()) {
    const message = `Cannot read journal ${quoted(journal.location, 200)}: there is no such file`;
    throw new CoordError("not_found", message, { path: journal.location });
  }
  return new LaneJournal({ lanes, clock, warn });
}

/**
 * Finds out who the caller is, by the one rule that the commands use: the run id that it gives, else
 * `$COORD_RUN_ID`, else the session that the agent's host names.
 *
 * @param input The run id, if the caller has one.
 * @returns The run id, where it comes from, and whether it is sure.
 *
 * @example
 * ```ts
 * import { whoami } from "@coord/coord";
 *
 * const { run_id, source } = await whoami({ runId: "agent-1" });
 * console.assert(run_id === "agent-1" && source === "flag");
 * ```
 */
export async function whoami(input: { readonly runId?: string } = {}): Promise<Identity> {
  const { namingSession } = await import("./noted/session.ts");
  const host = await namingSession(await detectHost());
  return identify(input.runId, (name) => host.env(name));
}

/** What {@link initWorkspace} made or found. */
export interface InitResult {
  /** Where the workspace lies. */
  readonly path: string;
  /** Whether it is new. */
  readonly created: boolean;
  /** The main checkout, or the git folder, all of whose worktrees use it. */
  readonly shared?: string;
}

/**
 * Makes a workspace, `.coord/`, in a project folder. In a linked worktree of a git repository it makes
 * or finds the one of the main checkout. Doing it again changes nothing.
 *
 * @param project The folder; it is made when missing.
 * @param options With `here` the folder gets a workspace of its own, also in a linked worktree.
 * @returns Where the workspace lies, whether it is new, and which checkout it is shared with.
 * @throws {CoordError} `io_error` when it cannot be made.
 *
 * @example
 * ```ts
 * import { initWorkspace } from "@coord/coord";
 *
 * const project = await Deno.makeTempDir();
 * console.assert((await initWorkspace(project)).created);
 * console.assert(!(await initWorkspace(project)).created);
 * ```
 */
export async function initWorkspace(
  project: string,
  options: { readonly here?: boolean } = {},
): Promise<InitResult> {
  return initOn(await detectHost(), project, options);
}

/** Makes a workspace on a given machine. */
export function initOn(
  host: Host,
  project: string,
  options: { readonly here?: boolean | undefined; readonly warn?: (message: string) => void },
): InitResult {
  return initFiles(host, project, options);
}
