import type { HostFs } from "../../../../ports/host.ts";

/** Removes a folder of ours with all that is in it. */
export function removeTree(fs: HostFs, folder: string): void {
  const pending = [folder];
  const folders: string[] = [];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    folders.unshift(at);
    for (const { name, isDirectory } of fs.list(at) ?? []) {
      if (isDirectory) pending.push(`${at}/${name}`);
      else fs.remove(`${at}/${name}`);
    }
  }
  for (const each of folders) fs.removeDir(each);
}
