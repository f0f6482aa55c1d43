/**
 * Which store a call means, in one place: `--store`, else `$COORD_STORE`, else `store` in `coord.json`, else
 * the files of the workspace. `files` forces those.
 */
import { resolve } from "../../deps/path.ts";
import {
  findWorkspace,
  type FoundWorkspace,
  FsAgreement,
} from "../../adapters/fs/checkout/team_config.ts";
import type { Overriding } from "../../domain/input/configuration.ts";
import { CoordError } from "../../domain/errors.ts";
import type { Host } from "../../ports/host.ts";
import type { Warn } from "../../ports/warnings.ts";

/** The word for the files of the workspace. */
export const FILES = "files";

/** What named a store: the caller, the environment or `coord.json`. */
export type StoreSource = "store" | "env" | "config";

/** A store that is no workspace's files. */
export interface ChosenStore {
  /** As it was given. It may hold a secret. */
  readonly url: string;
  readonly by: StoreSource;
}

/** What a call works with. */
export interface Located {
  /** The workspace; where there is none, the place where `coord init` would make it. */
  readonly found: FoundWorkspace;
  /** Whether it is there. */
  readonly isThere: boolean;
  readonly agreement: FsAgreement;
  /** `undefined` for the files of the workspace, which is there then. */
  readonly store: ChosenStore | undefined;
  /** What asked for the files by name, if anything did. */
  readonly forcedBy: StoreSource | undefined;
}

/** What says where to work. */
export interface Where {
  readonly dir?: string | undefined;
  readonly store?: string | undefined;
}

/** @throws {CoordError} `no_workspace` where files are meant and there are none. */
export function locate(host: Host, where: Where, warn: Warn): Located {
  const search = searched(host, where.dir, warn);
  const { found } = search;
  const agreement = new FsAgreement(host, found);
  const said = named(host, where) ?? agreed(agreement);
  if (said === undefined || said.url === FILES) {
    if (search.missing !== undefined) throw search.missing;
    return { found, isThere: true, agreement, store: undefined, forcedBy: said?.by };
  }
  const isThere = search.missing === undefined;
  return { found, isThere, agreement, store: said, forcedBy: undefined };
}

/** What is to be shown of a store that the caller or its environment named. */
export function overriding({ by }: Pick<ChosenStore, "by">, shown: string): Overriding | undefined {
  return by === "config" ? undefined : { value: shown, source: by === "env" ? "env" : "flag" };
}

/** What the caller or its environment names. */
export function named(host: Host, { store }: Where): ChosenStore | undefined {
  if (store !== undefined) return { url: store, by: "store" };
  const url = host.env("COORD_STORE") || undefined;
  return url === undefined ? undefined : { url, by: "env" };
}

function agreed(agreement: FsAgreement): ChosenStore | undefined {
  const url = agreement.store();
  return url === undefined ? undefined : { url, by: "config" };
}

/** The workspace, or why there is none, with the place for one. */
function searched(host: Host, dir: string | undefined, warn: Warn) {
  try {
    return { found: findWorkspace(host, dir, warn) };
  } catch (missing) {
    if (!(missing instanceof CoordError) || missing.code !== "no_workspace") throw missing;
    const folder = folderOf(host, dir, missing);
    const found: FoundWorkspace = {
      path: resolve(folder, ".coord"),
      foundBy: "search",
      from: folder,
    };
    return { found, missing };
  }
}

/** @throws {CoordError} `missing` where the folder is not there. */
function folderOf(host: Host, dir: string | undefined, missing: CoordError): string {
  const named = dir ?? (host.env("COORD_DIR") || ".");
  let folder: string | undefined;
  try {
    folder = host.fs.realPath(resolve(host.cwd(), named));
  } catch {
    // The current folder was removed.
  }
  if (folder === undefined || host.fs.stat(folder)?.kind !== "directory") throw missing;
  return folder;
}
