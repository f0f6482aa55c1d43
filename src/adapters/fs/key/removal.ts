/** What goes of keys: before the files of tasks that have ended, and by `gc`. */
import { idOfStem } from "../../../domain/ids.ts";
import type { JsonObject } from "../../../domain/json.ts";
import { isKeyed } from "../../../domain/task/key.ts";
import { parseTask, type TaskRecord } from "../../../domain/task/task.ts";
import { parseTime } from "../../../domain/time.ts";
import type { HostFs } from "../../../ports/host.ts";
import { readRecord } from "../disk/record_file.ts";
import type { Layout } from "../layout.ts";
import { readHead } from "../task/claim_chain.ts";
import { endOf, slotName } from "../task/claim/names.ts";
import type { ClaimFiles } from "../task/claim_files.ts";
import { collectKey, forgetKey } from "./chain.ts";
import { FsKeyFiles, type Holder, keyPlace, NOTHING_TO_MAKE, parseKeyName } from "./files.ts";

/** No process sleeps longer in the middle of a call and then goes on, milliseconds. */
const ASLEEP_MS = 86_400_000;

/** Whether the process that adds a task may still be in the middle of that. */
export function mayBeComing({ key, created_at }: JsonObject | TaskRecord, now: number): boolean {
  return key !== undefined && Math.abs(now - (parseTime(created_at) ?? 0)) < ASLEEP_MS;
}

/**
 * Takes the names of tasks away that have ended and are about to lose their files, durably. In a workspace
 * without keys it costs one look.
 */
export function forgetKeys(claims: ClaimFiles, tasks: readonly { readonly stem: string }[]): void {
  const { fs, layout } = claims;
  if (fs.lstat(layout.keys) === undefined) return;
  const folders = new Set<string>();
  for (const { stem } of tasks) {
    const file = readRecord(fs, layout.record("task", stem));
    const task = file.kind === "record" ? parseTask(file.value, idOfStem(stem)) : "";
    if (typeof task === "string" || !isKeyed(task)) continue;
    const names = new FsKeyFiles(fs, layout, keyPlace(task), NOTHING_TO_MAKE);
    if (names.numbers().length === 0) continue;
    // Without its end, which a power cut might take, it would be unfinished and have no name.
    const head = readHead(claims, stem);
    if (head !== undefined) claims.sync(endOf(head));
    claims.sync(slotName(stem, 1));
    forgetKey<Holder>(names, (holder) => holder.stem === stem);
    folders.add(names.folder);
  }
  for (const folder of folders) fs.syncDir(folder);
}

/** Removes what is left of keys that were not used for a day, and of pledges of no batch. */
export function collectKeys(
  fs: HostFs,
  layout: Layout,
  isGone: (holder: Holder) => boolean,
): void {
  const isOld = (path: string) => {
    const changed = fs.lstat(path)?.mtimeMs ?? Infinity;
    return Date.now() - changed > ASLEEP_MS;
  };
  for (const { name: folder, isDirectory } of fs.list(layout.keys) ?? []) {
    if (!isDirectory) continue;
    const found = fs.list(`${layout.keys}/${folder}`) ?? [];
    const queues = new Set(found.flatMap(({ name }) => parseKeyName(name)?.queue ?? []));
    for (const queue of queues) {
      const names = new FsKeyFiles(fs, layout, { folder, queue }, NOTHING_TO_MAKE);
      collectKey(names, (number) => isOld(names.path(number)), isGone);
    }
    fs.removeDir(`${layout.keys}/${folder}`);
  }
}
