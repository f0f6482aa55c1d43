/**
 * Removal of the indexes of tags for which no claim has asked for a while: all who add tasks keep them up.
 *
 * An index gets another name first, so that a claim finds all of it or nothing. What a crash leaves
 * under that name, the next sweep removes. A claim that asks for the tag builds its index again.
 */
import type { HostFs } from "../../../../ports/host.ts";
import type { Layout } from "../../layout.ts";
import { NOTE } from "./check.ts";
import { ReadyIndex } from "./ready_index.ts";

/** How long an index stays after its last comparison with the records, milliseconds. */
const UNUSED_MS = 86_400_000;

/** The end of the name of one that goes. */
const GOING = ".old";

export function sweepTags(fs: HostFs, { index }: Layout): void {
  const root = `${index}/tagged`;
  for (const { name, isDirectory } of fs.list(root) ?? []) {
    if (!isDirectory || !/^[0-9a-z]+(\.old)?$/.test(name)) continue;
    const path = `${root}/${name}`;
    const going = name.endsWith(GOING) ? path : path + GOING;
    const comparedAt = (fs.lstat(`${path}/${NOTE}`) ?? fs.lstat(path))?.mtimeMs ?? 0;
    if (going !== path) {
      if (Math.abs(Date.now() - comparedAt) < UNUSED_MS) continue;
      clear(fs, going);
      if (!fs.rename(path, going)) continue;
    }
    clear(fs, going);
  }
  fs.removeDir(root);
}

function clear(fs: HostFs, path: string): void {
  fs.remove(`${path}/${NOTE}`);
  new ReadyIndex(fs, path).clear();
}
