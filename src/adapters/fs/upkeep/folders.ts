/** The folders that a workspace has, and its small files: whether each is what it is to be. */
import { FILED_KINDS, FOLDERS } from "../../../domain/watch/event.ts";
import { ensureLastingDir } from "../disk/ensure_dir.ts";
import { OTHER_KINDS } from "../disk/record_file.ts";
import { uniqueName } from "../disk/staging.ts";
import type { Parts } from "./parts.ts";

/** Each before those that lie in it. */
const ALL = [
  ...FILED_KINDS.map((kind) => FOLDERS[kind]),
  ...["lanes", "lanes/lane-journal.jsonl.lock", "index", "index/ready", "index/tagged"],
  ...["index/after", "index/due", "index/claimers", "index/reservations", "tmp", "tickets"],
  ...["tasks/batches", "tasks/segments", "reservations/order", "reservations/order/floor"],
  ...["reservations/addresses", "keys", "queues", "seen", "seen/runs", "seen/edits"],
];

const WORDS: readonly unknown[] = ["", "warn", "block"];

export async function checkFolders(parts: Parts): Promise<void> {
  const { fs, layout: { root, quarantine: kept }, damages, quarantine } = parts;
  for (const folder of ["quarantine", ...ALL]) {
    damages.reading(folder, () => {
      const stat = fs.lstat(`${root}/${folder}`);
      if (stat === undefined) return;
      damages.look("folders");
      if (stat.kind === "directory") return;
      const reason = `is ${OTHER_KINDS[stat.kind]}, not a directory`;
      const found = { class: "misplaced", file: folder, reason, stat } as const;
      damages.add(found, () => {
        // It cannot be moved into itself.
        const aside = `${root}/${folder}` === kept
          ? `${folder}-${uniqueName().slice(0, 8)}`
          : folder;
        if (aside !== folder && !fs.rename(kept, `${root}/${aside}`)) return undefined;
        const mended = quarantine.move({ ...found, file: aside });
        ensureLastingDir(fs, `${root}/${folder}`);
        return mended;
      });
    });
    // What lies in a folder that is none cannot be looked at.
    await damages.settle();
  }
  damages.reading("worktrees", () => {
    const stat = fs.lstat(`${root}/worktrees`);
    if (stat === undefined) return;
    const word = stat.kind === "file"
      ? new TextDecoder().decode(fs.readRange(`${root}/worktrees`, 0, 64)?.bytes).trim()
      : stat.kind;
    if (WORDS.includes(word)) return;
    const reason = `says neither "warn" nor "block"`;
    const found = { class: "settings", file: "worktrees", reason, stat } as const;
    damages.add(found, () => quarantine.move(found));
  });
}
