/** What the library offers to make a store and to look at it. */
import { detectHost } from "../../host/detect.ts";
import type {
  StoreAdmin,
  StoreCall,
  StoreInit,
  StoreInitInput,
  StoreMigration,
  StoreMoveInput,
  StoreStatus,
} from "../../engine/upkeep/store.ts";
import type { Moved, MoveRefused } from "../../engine/watch/transfer/move.ts";

/** Few programs do that, so it is loaded when one does. */
async function opened(call: StoreCall): Promise<StoreAdmin> {
  const { openStoreOn } = await import("./admin.ts");
  return openStoreOn(await detectHost(), call, () => {});
}

/**
 * Makes the schema and the space of a store where they are not there yet.
 *
 * @param call Which store, which roles may work with its records, and whether files with live records matter.
 * @returns What was made; `refused` where the files of the workspace have live records.
 * @throws {CoordError} `bad_args` where no store is named; `io_error` when it cannot be reached.
 *
 * @example
 * ```ts
 * import { initStore, openWorkspace } from "@coord/coord";
 *
 * const store = Deno.env.get("COORD_STORE");
 * if (store?.startsWith("postgres:")) {
 *   await initStore({ store });
 *   await using coord = await openWorkspace({ store });
 *   await coord.tasks.enqueue({ title: "Refactor billing" });
 * }
 * ```
 */
export async function initStore(call: StoreCall & StoreInitInput = {}): Promise<StoreInit> {
  return (await opened(call)).init(call);
}

/**
 * Brings the schema of a store to the version of this library, as its owner.
 *
 * @param call Which store.
 * @returns The versions before and after.
 * @throws {CoordError} `bad_args` where no store is named; `io_error` when it cannot be reached.
 */
export async function migrateStore(call: StoreCall = {}): Promise<StoreMigration> {
  return (await opened(call)).migrate();
}

/**
 * Looks at a store: whether it is reached, what is there, and whether the user may write.
 *
 * @param call Which store.
 * @returns What was found, and what to do where it is not `ok`.
 * @throws {CoordError} `bad_args` where no store is named; `io_error` when it cannot be reached.
 */
export async function storeStatus(call: StoreCall = {}): Promise<StoreStatus> {
  return (await opened(call)).status();
}

/**
 * Moves everything of a workspace of files to a store: tasks, holds, the journal of lanes, and all that
 * they went through. Ids stay, and no fence is given again. The files stay as they are. No agent may work
 * meanwhile. What died on the way is made again.
 *
 * @param call Which workspace and which store, and what to call with a line of progress.
 * @returns What was moved; `conflict` where the store has other records, and nothing was written.
 * @throws {CoordError} `bad_args` where no store is named; `no_workspace` where there are no files.
 */
export async function importStore(
  call: StoreCall & Pick<StoreMoveInput, "progress"> = {},
): Promise<Moved | MoveRefused> {
  return (await opened(call)).move({ to: "store", progress: call.progress });
}

/**
 * Moves everything of a store to the files of a workspace, as {@link importStore} does it the other way.
 *
 * @param call Which workspace and which store, and what to call with a line of progress.
 * @returns What was moved; `conflict` where the files have other records, and nothing was written.
 * @throws {CoordError} `bad_args` where no store is named; `no_workspace` where there are no files.
 */
export async function exportStore(
  call: StoreCall & Pick<StoreMoveInput, "progress"> = {},
): Promise<Moved | MoveRefused> {
  return (await opened(call)).move({ to: "files", progress: call.progress });
}
