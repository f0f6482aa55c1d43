/**
 * Tasks that are no files of their own: segments of those that ended, and batches of those that came at once.
 *
 * A log with a damaged line is kept under a second name, and sealed: sealing leaves such lines out. Of a
 * sealed segment the next version is created exclusively with the lines that are whole, as `gc` does, and
 * the version before is moved. A line of a batch that is no task is kept when the batch is settled.
 */
import { idOfStem } from "../../../domain/ids.ts";
import { canonicalJson } from "../../../domain/json.ts";
import {
  END_STATUSES,
  parseSegmentHead,
  parseSegmentLine,
  recordsOf,
  segmentBytes,
  segmentEntry,
  type SegmentHead,
  type SegmentLine,
} from "../../../domain/task/segment.ts";
import { isUnchanged, markFolder } from "../disk/folder_mark.ts";
import { OTHER_KINDS, readNote } from "../disk/record_file.ts";
import { StagedFile, stageFile } from "../disk/staging.ts";
import { HEADS, isFile, noteOf, parseHeadLine, readHead } from "../segment/heads.ts";
import {
  isSealedName,
  listSegments,
  logName,
  newestOf,
  sealedName,
  type SegmentNames,
} from "../segment/names.ts";
import { TaskMover } from "../segment/mover.ts";
import { seal } from "../segment/sealing.ts";
import { BatchCollector } from "../task/batch_settling.ts";
import { BatchTurns } from "../task/batch_turns.ts";
import { formatBatch } from "../task/batch_name.ts";
import type { Mended } from "./damages.ts";
import { namesIn, type Parts } from "./parts.ts";
import type { Displaced } from "./quarantine.ts";

const FOLDER = "tasks/segments";

/** The lines of a segment or a log: those that are whole, and how many are not. */
interface Lines {
  readonly good: readonly SegmentLine[];
  readonly bad: number;
}

export async function checkSegments(parts: Parts): Promise<void> {
  const { fs, layout, damages, quarantine } = parts;
  for (const { name, isFile } of namesIn(parts, FOLDER)) {
    if (isFile || !/^\d{8}\.(log|seal|\d{1,9}\.ndjson)$/.test(name)) continue;
    damages.reading(`${FOLDER}/${name}`, () => {
      const stat = fs.lstat(`${layout.segments}/${name}`);
      if (stat === undefined || stat.kind === "file") return;
      const reason = `is ${OTHER_KINDS[stat.kind]}, not a file`;
      const found = { class: "misplaced", file: `${FOLDER}/${name}`, reason, stat } as const;
      damages.add(found, () => quarantine.move(found));
    });
  }
  let segments: SegmentNames[] = [];
  damages.reading(FOLDER, () => segments = listSegments(fs, layout.segments));
  for (const names of segments) {
    const version = newestOf(names);
    if (version === 0 && !names.hasLog) continue;
    const name = version === 0 ? logName(names.n) : sealedName(names.n, version);
    await checkSegment(
      parts,
      name,
      (of, lines) => version === 0 ? sealLog(parts, of, names.n) : renew(parts, of, names, lines),
    );
  }
  checkHeads(parts);
  await damages.settle();
}

/** What listings count segments by: each line says what the head of its segment says. */
function checkHeads({ fs, layout, damages, quarantine }: Parts): void {
  const file = `index/${HEADS}`;
  damages.reading(file, () => {
    const stat = fs.lstat(`${layout.root}/${file}`);
    const note = noteOf(readNote(fs, `${layout.root}/${file}`));
    const isOfFolder = isUnchanged(note.folder, markFolder(fs, layout.segments));
    for (const [name, line] of note.lines) {
      const said = isSealedName(name) ? parseHeadLine(line) : undefined;
      const path = `${layout.segments}/${name}`;
      const now = said && fs.lstat(path);
      if (stat === undefined || now === undefined || said === undefined) continue;
      if (!isOfFolder && !isFile(now, said.file)) continue;
      const read = readHead(fs, path);
      if (read === undefined || read === "broken") continue;
      if (read.start === said.start && canonicalJson(read.head) === canonicalJson(said.head)) {
        continue;
      }
      const reason = "says something else of a segment than its head";
      const found = { class: "index", file, reason, stat } as const;
      damages.add(found, () => quarantine.move(found));
      return;
    }
  });
}

async function checkSegment(
  { fs, layout, damages, asked }: Parts,
  name: string,
  mend: (of: Displaced, lines: Lines) => Mended,
): Promise<void> {
  const path = `${layout.segments}/${name}`;
  const file = `${FOLDER}/${name}`;
  const isLog = name.endsWith(".log");
  let lines: Lines | undefined;
  damages.reading(file, () => {
    const stat = fs.lstat(path);
    const bytes = stat?.kind === "file" ? fs.read(path) : undefined;
    // It was replaced or removed meanwhile.
    if (stat === undefined || bytes === undefined) return;
    damages.look("segments");
    const { found, problem } = isLog ? logged(bytes) : sealed(bytes);
    lines = found;
    const { good, bad } = found;
    damages.look("ended_tasks", good.length);
    if (bad === 0 && problem === undefined) return;
    const lost = bad === 1 ? "1 line is" : `${bad} lines are`;
    const reason = bad === 0 ? problem ?? "" : `${lost} no task`;
    const of = { class: "segment", file, reason, stat } as const;
    damages.add(of, () => mend(of, found));
  });
  for (const line of lines?.good ?? []) {
    const task = recordsOf(line)?.task;
    if (typeof task?.["nonce"] !== "string") continue;
    const { task_id: _, ...said } = task;
    if (await asked.idOf(said) === idOfStem(line.stem)) continue;
    const reason = `has task ${line.stem.slice(0, 12)}, which is not what was written under its id`;
    damages.add({ class: "altered", file, reason });
  }
}

/** A line without its end may be growing. */
function logged(bytes: Uint8Array): { found: Lines; problem?: string } {
  const whole = bytes.lastIndexOf(0x0a) + 1;
  return { found: linesIn(new TextDecoder().decode(bytes.subarray(0, whole)).split("\n")) };
}

/** A sealed one is made again of its lines, and compared. */
function sealed(bytes: Uint8Array): { found: Lines; problem: string | undefined } {
  const [first = "", ...rest] = new TextDecoder().decode(bytes).split("\n");
  const head = parseSegmentHead(first);
  // After the lines come the table, in older ones nothing more, and the keys of runs.
  const isTable = (line: string) => /^"[^"\[\]{}]*"?$/.test(line);
  const after = rest.findIndex(isTable);
  const found = linesIn(after < 0 ? rest : rest.slice(0, after));
  if (head === undefined) return { found, problem: "its head cannot be read" };
  if (head.runs === undefined) {
    const isWhole = head.tasks === found.good.length;
    return { found, problem: isWhole ? undefined : "its head counts other tasks than it has" };
  }
  const made = segmentBytes(found.good);
  const isSame = restOf(bytes) === restOf(made) && isHeadOf(head, made);
  return { found, problem: isSame ? undefined : "its head or its table does not match its lines" };
}

function restOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes.subarray(bytes.indexOf(0x0a)));
}

/** Older heads do not count those that expired. */
function isHeadOf(head: SegmentHead, bytes: Uint8Array): boolean {
  const [first = ""] = new TextDecoder().decode(bytes).split("\n", 1);
  const { queues = [], ...others } = parseSegmentHead(first) ?? {};
  const size = head.queues[0]?.[1]?.length === 3 ? 3 : END_STATUSES.length;
  const counted = queues.map(([queue, counts]) => [queue, counts.slice(0, size)]);
  return canonicalJson({ ...others, queues: counted }) === canonicalJson(head);
}

function linesIn(texts: readonly string[]): Lines {
  const good: SegmentLine[] = [];
  let bad = 0;
  for (const text of texts) {
    if (text === "") continue;
    const line = parseSegmentLine(text);
    if (line !== undefined && segmentEntry(line) !== undefined) good.push(line);
    else bad++;
  }
  return { good, bad };
}

function sealLog({ host, fs, layout, quarantine }: Parts, of: Displaced, n: number): Mended {
  const kept = quarantine.keep(of);
  if (kept === undefined) return undefined;
  seal(fs, layout, n, new TaskMover(host, layout, () => {}));
  return { repaired: "rebuilt", kept };
}

function renew(
  { fs, layout, quarantine }: Parts,
  of: Displaced,
  { n }: SegmentNames,
  lines: Lines,
) {
  const { segments, tmp } = layout;
  const now = listSegments(fs, segments).find((each) => each.n === n);
  const version = now === undefined ? 0 : newestOf(now);
  if (version === 0 || now?.isSealing || !of.file.endsWith(`/${sealedName(n, version)}`)) return;
  const bytes = segmentBytes(lines.good);
  const staged = new StagedFile(fs, segments, () => stageFile(fs, tmp, bytes, true));
  const isCreated = staged.create(sealedName(n, version + 1));
  staged.discard();
  if (!isCreated) return;
  fs.syncDir(segments);
  const kept = quarantine.move(of)?.kept;
  return { repaired: "rebuilt", kept } as const;
}

/** The batches that are no process's at this moment. */
export async function checkBatches(parts: Parts): Promise<void> {
  const { host, fs, layout, damages, quarantine, asked } = parts;
  const turns = new BatchTurns(host, layout, () => {});
  const list = () => turns.files.list().filter(({ state }) => state !== "new" && state !== "void");
  let batches: ReturnType<typeof list> = [];
  damages.reading("tasks/batches", () => batches = list());
  const collector = new BatchCollector(host, layout, () => {});
  for (const batch of batches) {
    const file = `tasks/batches/${formatBatch(batch)}/tasks.ndjson`;
    let bad = 0;
    try {
      const stat = fs.lstat(`${layout.root}/${file}`);
      if (stat === undefined) continue;
      damages.look("batches");
      if (stat.kind !== "file") {
        const reason = `is ${OTHER_KINDS[stat.kind]}, not a file`;
        const found = { class: "misplaced", file, reason, stat } as const;
        damages.add(found, () => quarantine.move(found));
        continue;
      }
      for await (const { task, bytes } of turns.lines(batch)) {
        if (task === undefined) bad++;
        const { task_id: id, nonce, ...rest } = (task ?? {}) as Record<string, unknown>;
        if (typeof nonce !== "string" || bytes.length === 0) continue;
        if (await asked.idOf({ ...rest, nonce }) === id) continue;
        const reason = `has task ${String(id).slice(0, 19)}, which is not what was written`;
        damages.add({ class: "altered", file, reason });
      }
      if (bad === 0) continue;
      const reason = `${bad === 1 ? "1 line is" : `${bad} lines are`} no task`;
      damages.add({ class: "broken", file, reason, stat }, async () => {
        const kept = quarantine.keep({ class: "broken", file, reason, stat });
        await collector.settleAll();
        const isLeft = turns.files.list().some(({ id }) => id === batch.id);
        return isLeft ? undefined : { repaired: "moved", kept };
      });
    } catch (error) {
      // Its folder may have got another name in the meantime.
      if (fs.lstat(`${layout.root}/${file}`) !== undefined) damages.unreadable(file, error);
    }
  }
  await damages.settle();
}
