/**
 * The journal of lanes with its archives, as `journal verify` reports on it.
 *
 * It is mended in a turn of its own: the log gets a second name in quarantine, a checkpoint of all that can
 * be read takes its place, and the archives are moved beside that second name. So the whole history can
 * still be read there. The numbers of lines that were lost are not given again.
 */
import { basename, dirname } from "../../../deps/path.ts";
import { CoordError } from "../../../domain/errors.ts";
import { LOCK_TIMEOUT_S } from "../../../domain/limits.ts";
import { HostError } from "../../../ports/host.ts";
import type { JournalReport } from "../../../ports/journal.ts";
import { OTHER_KINDS } from "../disk/record_file.ts";
import { FsJournal } from "../lane/journal.ts";
import { archivesBefore } from "../lane/journal_archive.ts";
import { settledReport } from "../lane/journal_history.ts";
import { journalPath } from "../lane/journal_path.ts";
import type { Mended } from "./damages.ts";
import type { Parts } from "./parts.ts";

export async function checkJournal(parts: Parts): Promise<void> {
  const { host, fs, layout, clock, damages, quarantine } = parts;
  const path = journalPath(host, layout);
  const isInside = path.startsWith(`${layout.root}/`);
  const file = isInside ? path.slice(layout.root.length + 1) : path;
  const journal = new FsJournal(host, path, clock, () => {});
  damages.reading(dirname(file), () => {
    for (const archive of [path, ...archivesBefore(fs, path)]) {
      const stat = fs.lstat(archive);
      if (stat === undefined || stat.kind === "file") continue;
      const reason = `is ${OTHER_KINDS[stat.kind]}, not a file`;
      const about = `${dirname(file)}/${basename(archive)}`;
      const found = { class: "misplaced", file: about, reason, stat } as const;
      const isLog = archive === path;
      // Where a link leads, leases may be that are held.
      damages.add(found, isInside && !isLog ? () => quarantine.move(found) : undefined);
    }
  });
  await damages.settle();
  let report: JournalReport;
  try {
    if ((fs.lstat(path)?.kind ?? "file") !== "file") return;
    report = await settledReport(journal, parts.pause);
  } catch (error) {
    return damages.unreadable(file, error);
  }
  damages.look("journal_entries", report.entries);
  let mending: Promise<Mended> | undefined;
  for (const { place: { text, inFile }, reason } of report.problems) {
    const isOther = inFile?.file !== undefined;
    const about = isOther ? `${dirname(file)}/${inFile.file}` : file;
    const said = isOther && inFile.line === 0 ? reason : `${text} ${reason}`;
    damages.add(
      { class: "journal", file: about, reason: said },
      isInside ? () => mending ??= restart(parts, journal, file) : undefined,
    );
  }
  await damages.settle();
}

async function restart({ fs, quarantine }: Parts, journal: FsJournal, file: string) {
  const path = journal.location;
  const keep = (name: string, doing: "keep" | "move") => {
    const stat = fs.lstat(`${dirname(path)}/${name}`);
    if (stat === undefined) return undefined;
    const broken = { class: "journal", file: `${dirname(file)}/${name}`, stat } as const;
    const reason = "the journal or an archive of it has damaged lines";
    return doing === "keep"
      ? quarantine.keep({ ...broken, reason })
      : quarantine.move({ ...broken, reason })?.kept;
  };
  const opened = await journal.open(LOCK_TIMEOUT_S.default * 1000);
  if (opened.status !== "open") return undefined;
  using session = opened.session;
  try {
    let kept: string | undefined;
    const isDone = session.restart(() => (kept = keep(basename(path), "keep")) !== undefined);
    if (!isDone) return undefined;
    for (const archive of archivesBefore(fs, path)) {
      keep(basename(archive), "move");
    }
    return { repaired: "rebuilt", kept } as const;
  } catch (error) {
    if (!(error instanceof CoordError) || error instanceof HostError) throw error;
    return undefined;
  }
}
