/** Which tasks have a key, for readers. */
import { idOfStem } from "../../../domain/ids.ts";
import type { HostFs } from "../../../ports/host.ts";
import { readRecord } from "../disk/record_file.ts";
import type { Layout } from "../layout.ts";
import { buriedStem, FsKeyFiles, keyFolder, NOTHING_TO_MAKE, parseKeyName } from "./files.ts";

/**
 * The ids of the newest tasks with a key, one for each queue. One of them may never have come to exist,
 * or be gone.
 */
export function newestByKey(fs: HostFs, layout: Layout, key: string): string[] {
  const folder = keyFolder(key);
  const found = (fs.list(`${layout.keys}/${folder}`) ?? [])
    .flatMap(({ name }) => parseKeyName(name) ?? []);
  const queues = new Set(found.map(({ queue }) => queue));
  return [...queues].flatMap((queue) => {
    const names = new FsKeyFiles(fs, layout, { folder, queue }, NOTHING_TO_MAKE);
    const number = Math.max(0, ...names.numbers());
    const name = names.read(number);
    if (name?.kind === "holder") return idOfStem(name.holder.stem);
    const file = readRecord(fs, names.path(number));
    const stem = name?.kind === "tombstone" && file.kind === "record"
      ? buriedStem(file.value)
      : undefined;
    return stem === undefined ? [] : idOfStem(stem);
  });
}
