/**
 * The other way round: whether each entry of the indexes over tasks is one of a task, lies where that task
 * belongs, and says what it says.
 *
 * An entry is there before its task, and what a claim or an end leaves behind goes when it is met. So an
 * entry is right where its definition puts it at any time, and a young one is left alone. What seems
 * wrong is looked at once more after a moment. A wrong one is moved, and made again where there is to be one.
 */
import { idOfStem, isStem } from "../../../domain/ids.ts";
import { canonicalJson } from "../../../domain/json.ts";
import { isGated } from "../../../domain/task/after.ts";
import { parseClaim } from "../../../domain/task/parse_claim.ts";
import { orderOf, parseTask, type TaskRecord } from "../../../domain/task/task.ts";
import { type FileStat, HostError, type HostFs } from "../../../ports/host.ts";
import { OTHER_KINDS, readRecord } from "../disk/record_file.ts";
import { Segments } from "../segment/segments.ts";
import { readHead } from "../task/claim_chain.ts";
import { ClaimFiles } from "../task/claim_files.ts";
import { FirstEntry, isOfDelayed, isOfUnclaimed } from "../task/index/first_entry.ts";
import type { ReadyIndex } from "../task/index/ready_index.ts";
import { namesIn, type Parts } from "./parts.ts";

/** An entry that is younger may be of a task on its way, milliseconds. */
const ON_ITS_WAY_MS = 60_000;

/** After which time what seems wrong is looked at again, milliseconds. */
const LOOK_MS = 400;

/** An entry of an index over tasks, by its place. */
interface TaskPlace {
  readonly path: string;
  readonly stem: string;
  /** Whether the definition of its task puts it there; absent for the entry of a claim. */
  readonly isRight?: (task: TaskRecord) => boolean;
}

/** What is wrong with an entry. */
interface Wrong {
  readonly reason: string;
  readonly stat: FileStat;
  /** Makes it again once it was moved. */
  readonly again?: () => void;
}

/** The tasks that there are. */
export interface KnownTasks {
  /** The stems of those that coord wrote, and that say what they said then. */
  readonly own: ReadonlySet<string>;
  /** The stems of those that a batch has. */
  readonly batched: ReadonlySet<string>;
}

/** @returns The stems of tasks that got their records back. */
export async function checkEntries(parts: Parts, known: KnownTasks): Promise<readonly string[]> {
  const { fs, layout, damages, quarantine, asked } = parts;
  const check = new EntryCheck(parts, known);
  const moved = movedTasks(parts);
  const fileOf = ({ path }: TaskPlace) => path.slice(layout.root.length + 1);
  const suspects: TaskPlace[] = [];
  for (const entry of check.all()) {
    damages.reading(fileOf(entry), () => {
      if (moved.has(entry.stem) && taskIn(fs, entry) !== undefined) addLost(entry);
      else if (check.wrong(entry) !== undefined) suspects.push(entry);
    });
  }
  if (suspects.length > 0) await parts.pause(LOOK_MS);
  for (const entry of suspects) {
    damages.reading(fileOf(entry), () => {
      const wrong = check.wrong(entry);
      if (wrong === undefined) return;
      const { reason, stat, again } = wrong;
      const kind = stat.kind === "file" ? "index" : "misplaced";
      const found = { class: kind, file: fileOf(entry), reason, stat } as const;
      damages.add(found, () => {
        const mended = quarantine.move(found);
        if (mended === undefined || again === undefined) return mended;
        again();
        return { ...mended, repaired: "rebuilt" };
      });
    });
  }
  await damages.settle();
  return [...moved].filter((stem) => fs.lstat(layout.record("task", stem)) !== undefined);

  /** One whose task was broken may be what that was, unless it is damaged as well. */
  function addLost(entry: TaskPlace): void {
    const stat = fs.lstat(entry.path);
    const reason = "has a task whose record was broken";
    const found = { class: "index", file: fileOf(entry), reason } as const;
    damages.add(found, async () => {
      const { task_id: id, ...content } = taskIn(fs, entry) ?? {};
      const isOther = typeof content["nonce"] === "string" && idOfStem(entry.stem) !== entry.stem &&
        await asked.idOf(content) !== id;
      const record = layout.record("task", entry.stem);
      if (!isOther && (fs.link(entry.path, record) || fs.lstat(record)?.ino === stat?.ino)) {
        return { repaired: "rebuilt" };
      }
      return stat && quarantine.move({ ...found, stat });
    });
  }
}

/** The stems of tasks whose broken definitions this repair has moved. */
function movedTasks({ damages }: Parts): ReadonlySet<string> {
  return new Set(
    damages.all.flatMap(({ file, repaired }) =>
      repaired === "moved" ? /^tasks\/([^/]+)\.json$/.exec(file)?.[1] ?? [] : []
    ),
  );
}

/** The task in an entry. */
function taskIn(fs: HostFs, { path, stem, isRight }: TaskPlace) {
  const read = isRight === undefined ? undefined : readRecord(fs, path);
  if (read?.kind !== "record" || typeof parseTask(read.value, idOfStem(stem)) === "string") return;
  return { ...read.value, task_id: idOfStem(stem) } as Record<string, unknown>;
}

/** A path without the folders of an instant: 0.1.0 had others. */
function placeOf(path: string): string {
  return path.replace(/(\/\d{16}){3}\//, "/");
}

function reasonOf({ kind }: FileStat, reason: string): string {
  return kind === "file" ? reason : `is ${OTHER_KINDS[kind]}, not a file`;
}

class EntryCheck {
  readonly #claims: ClaimFiles;
  readonly #first: FirstEntry;
  readonly #segments: Segments;

  constructor(readonly parts: Parts, readonly known: KnownTasks) {
    const { fs, layout } = parts;
    this.#claims = new ClaimFiles(fs, layout, () => {});
    this.#first = new FirstEntry(fs, layout);
    this.#segments = new Segments(fs, layout, () => {});
  }

  *all(): Generator<TaskPlace> {
    const { ready, tagged } = this.#first;
    yield* this.#ready("index/ready", ready, () => true);
    for (const mark of this.#folders("index/tagged")) {
      const root = `${this.parts.layout.index}/tagged/${mark}`;
      const tagOf = ({ tags }: TaskRecord) => tags.find((tag) => tagged.rootOf(tag) === root);
      yield* this.#ready(`index/tagged/${mark}`, ready, (task) => tagOf(task) !== undefined);
    }
    yield* this.#due();
    for (const before of this.#folders("index/after").filter(isStem)) {
      for (const { name } of namesIn(this.parts, `index/after/${before}`)) {
        const stem = /^(.*)_[1-9]\d*$/.exec(name)?.[1] ?? "";
        if (!isStem(stem)) continue;
        const path = `${this.parts.layout.index}/after/${before}/${name}`;
        const isRight = (task: TaskRecord) => this.#first.after.paths(task).includes(path);
        yield { path, stem, isRight };
      }
    }
  }

  /** What is wrong with an entry that is old enough; `undefined` when nothing is. */
  wrong(entry: TaskPlace): Wrong | undefined {
    const { fs, layout, damages } = this.parts;
    const { path, stem, isRight } = entry;
    const record = layout.record("task", stem);
    const stat = fs.lstat(path);
    const isYoung = Math.abs(damages.now() - (stat?.mtimeMs ?? 0)) < ON_ITS_WAY_MS;
    if (stat === undefined || isYoung) return undefined;
    const there = fs.lstat(record);
    if (there === undefined) {
      const isTask = this.known.batched.has(stem) || this.#segments.find(stem) !== undefined ||
        fs.lstat(record) !== undefined;
      return isTask ? undefined : { reason: "leads to no task", stat };
    }
    if (isRight === undefined) return this.#wrongClaim(entry, stat);
    const file = this.#record(record);
    const task = file?.kind === "record" ? parseTask(file.value, idOfStem(stem)) : "";
    if (file?.kind !== "record" || typeof task === "string") return undefined; // a finding of its own
    if (!isRight(task)) return { reason: "lies where its task does not belong", stat };
    if (stat.ino === there.ino || !this.known.own.has(stem)) return undefined;
    const other = readRecord(fs, path);
    if (other.kind === "gone") return undefined;
    if (other.kind === "record" && canonicalJson(other.value) === canonicalJson(file.value)) {
      return undefined;
    }
    const again = () => void fs.link(record, path);
    return { reason: reasonOf(stat, "says something else than its task"), stat, again };
  }

  /** A record; `undefined` where this process may not read it. */
  #record(path: string) {
    try {
      return readRecord(this.parts.fs, path);
    } catch (error) {
      if (error instanceof HostError) return undefined;
      throw error;
    }
  }

  /** The entry of a claim is that claim, whether or not it came to be. */
  #wrongClaim({ path, stem }: TaskPlace, stat: FileStat): Wrong | undefined {
    const file = readRecord(this.parts.fs, path);
    if (file.kind === "gone") return undefined;
    const claim = file.kind === "record" ? parseClaim(file.value, idOfStem(stem)) : "";
    if (typeof claim !== "string") {
      const place = placeOf(this.#claims.duePath(claim));
      // Of two claims alike at one instant, one has more in its name.
      if (placeOf(path) === place || placeOf(path).startsWith(`${place}_`)) return undefined;
    }
    const again = () => {
      const head = readHead(this.#claims, stem);
      if (head !== undefined && this.#claims.duePath(head) === path) this.#claims.ensureDue(head);
    };
    return { reason: reasonOf(stat, "says something else than its name"), stat, again };
  }

  /** @param holds Whether a task belongs into this index. */
  *#ready(
    root: string,
    ready: ReadyIndex,
    holds: (task: TaskRecord) => boolean,
  ): Generator<TaskPlace> {
    const { layout } = this.parts;
    const isAt = (path: string, other: string) =>
      placeOf(path.slice(layout.root.length + root.length + 1)) ===
        placeOf(other.slice(ready.root.length));
    for (const queue of this.#folders(root)) {
      for (const priority of this.#folders(`${root}/${queue}`)) {
        for (const { rest, path } of this.#listed(`${root}/${queue}/${priority}`)) {
          const stem = rest.split("_", 1)[0] ?? "";
          if (!isStem(stem)) continue;
          // A task that has a state may have got another priority.
          const place = (task: TaskRecord) =>
            rest === stem
              ? ready.path(task)
              : ready.againPath({ ...task, priority: Number(priority) });
          yield { path, stem, isRight: (task) => holds(task) && isAt(path, place(task)) };
        }
      }
    }
  }

  *#due(): Generator<TaskPlace> {
    for (const { rest, path } of this.#listed("index/due")) {
      const stem = rest.split("_", 1)[0] ?? "";
      if (!isStem(stem)) continue;
      if (!isOfUnclaimed(rest)) yield { path, stem };
      else if (isOfDelayed(rest)) {
        const isRight = (task: TaskRecord) =>
          !isGated(task) && placeOf(this.#first.path(task)) === placeOf(path);
        yield { path, stem, isRight };
      } else {
        const isRight = (task: TaskRecord) =>
          isGated(task) && Number(rest.split("_")[2]) === orderOf(task).createdMs;
        yield { path, stem, isRight };
      }
    }
  }

  #folders(folder: string): string[] {
    return namesIn(this.parts, folder).filter(({ isDirectory }) => isDirectory)
      .map(({ name }) => name).filter((name) => !name.endsWith(".old"));
  }

  /** All that has the name of an entry below a folder that is ordered by instants. */
  *#listed(folder: string, depth = 0): Generator<{ readonly rest: string; readonly path: string }> {
    for (const { name, isDirectory } of namesIn(this.parts, folder)) {
      const path = `${folder}/${name}`;
      if (depth < 3) {
        if (isDirectory && /^\d{16}$/.test(name)) yield* this.#listed(path, depth + 1);
      } else if (/^\d{16}-/.test(name)) {
        yield { rest: name.slice(17), path: `${this.parts.layout.root}/${path}` };
      }
    }
  }
}
