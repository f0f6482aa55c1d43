/** Puts a workspace together: the machine, the files, the clock, the engine. */
import { findWorkspace, initWorkspace as initFiles, openFsStore } from "./adapters/fs/open.ts";
import { CoordError } from "./domain/errors.ts";
import { Coord } from "./engine/coord.ts";
import { detectHost } from "./host/detect.ts";
import { HostError } from "./ports/host.ts";
import type { Host } from "./ports/host.ts";

/** How to open a workspace. */
export interface OpenOptions {
  /** A project folder or the workspace itself; default `$COORD_DIR`, else the nearest one above. */
  readonly dir?: string | undefined;
  /** Milliseconds since 1970; default the machine's clock. */
  readonly clock?: () => number;
  /** Called with what was passed over, such as a record that cannot be read; default silent. */
  readonly onWarning?: (message: string) => void;
}

/**
 * Opens a workspace.
 *
 * @param options Which, and with what clock.
 * @returns Everything that coord offers there.
 * @throws {CoordError} `no_workspace` when there is none.
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
export function openOn(host: Host, options: OpenOptions): Coord {
  const told = new Set<string>();
  const warn = (message: string) => {
    if (told.has(message)) return;
    told.add(message);
    options.onWarning?.(message);
  };
  const location = failing(() => findWorkspace(host, options.dir));
  const { tasks, records } = openFsStore(host, location, warn);
  const store = { location, tasks: guarded(tasks), records: guarded(records) };
  return new Coord({ store, clock: options.clock ?? Date.now, warn });
}

/**
 * Makes a workspace, `.coord/`, in a project folder. Doing it again changes nothing.
 *
 * @param project The folder; it is made when missing.
 * @returns Where the workspace lies, and whether it is new.
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
export async function initWorkspace(project: string): Promise<{ path: string; created: boolean }> {
  return initOn(await detectHost(), project);
}

/** Makes a workspace on a given machine. */
export function initOn(host: Host, project: string): { path: string; created: boolean } {
  return failing(() => initFiles(host, project));
}

/** The machine's failures become the library's. */
function failing<T>(body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw asCoordError(error);
  }
}

/** A port whose methods throw what the library promises. */
function guarded<T extends object>(port: T): T {
  return new Proxy(port, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key);
      if (typeof member !== "function") return member;
      return (...args: unknown[]) =>
        failing(() => {
          const answer: unknown = member.apply(target, args);
          if (!(answer instanceof Promise)) return answer;
          return answer.catch((error) => {
            throw asCoordError(error);
          });
        });
    },
  });
}

/** What the library throws for an error: the machine's refusals get the code `io_error`. */
export function asCoordError(error: unknown): unknown {
  if (!(error instanceof HostError)) return error;
  const details = { reason: error.code, path: error.path };
  return new CoordError("io_error", error.message, details, { cause: error });
}
