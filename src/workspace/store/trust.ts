/**
 * The stores that this user trusts: what `coord.json` names comes from any committer, and is used only
 * when the user has said so. All of a URL counts but a password, so that none of its parts can be changed
 * under a trust that was given.
 */
import { join } from "../../deps/path.ts";
import { FsTextFile } from "../../adapters/fs/disk/text_file.ts";
import { CoordError } from "../../domain/errors.ts";
import { isObject } from "../../domain/json.ts";
import type { Host } from "../../ports/host.ts";
import { userFolder } from "./user_folder.ts";

/** Who may read the list. */
const MODE = 0o600;

/** A URL without its password. */
export function withoutPassword(url: string): string {
  const parsed = new URL(url);
  parsed.password = "";
  return parsed.href;
}

export function isTrusted(host: Host, url: string): boolean {
  const folder = userFolder(host);
  return folder !== undefined && listed(fileIn(host, folder)).includes(withoutPassword(url));
}

/**
 * Puts a store on the list of this user, or takes it off.
 *
 * @returns Whether that changed the list.
 */
export function setTrusted(host: Host, url: string, isTrusted: boolean): boolean {
  const folder = userFolder(host);
  if (folder === undefined) {
    throw new CoordError("bad_args", "Cannot keep what you trust: the environment names no HOME");
  }
  for (;;) {
    const file = fileIn(host, folder);
    const before = listed(file);
    const key = withoutPassword(url);
    if (before.includes(key) === isTrusted) return false;
    const stores = isTrusted ? [...before, key] : before.filter((each) => each !== key);
    // Where another process has changed it meanwhile, it is read again.
    if (file.replace(`${JSON.stringify({ stores }, undefined, 2)}\n`, MODE)) return true;
  }
}

function fileIn({ fs }: Host, folder: string): FsTextFile {
  return new FsTextFile(fs, join(folder, "trusted_stores.json"));
}

function listed({ text }: FsTextFile): readonly string[] {
  let value: unknown;
  try {
    value = JSON.parse(text ?? "{}");
  } catch {
    return [];
  }
  const stores = isObject(value) ? value["stores"] : undefined;
  return Array.isArray(stores) ? stores.filter((each) => typeof each === "string") : [];
}
