/**
 * What is derived: whether the index over tasks and that over addresses have all that they are to have.
 *
 * Only records that coord wrote have to have entries: those of other tools get theirs when coord meets
 * them. An entry is there before what it is about, and goes after it. So what seems to lack one is looked
 * at once more: the record, then its entry, then whether it still needs that; and again in the two seconds
 * that follow. A lack is mended as a claim
 * does that finds nothing, or as the next addition of a reservation does where the notes are gone.
 */
import { isClaimAhead, isTerminal, taskStatus } from "../../../domain/task/claim.ts";
import { idOfStem, isStem } from "../../../domain/ids.ts";
import { CLAIM_TTL_S } from "../../../domain/limits.ts";
import { presentTask } from "../../../domain/task/pending.ts";
import { parseTask, taskExpired, type TaskRecord } from "../../../domain/task/task.ts";
import type { HostFs } from "../../../ports/host.ts";
import { inOneGo } from "../../../domain/glob/steps.ts";
import { readNote, readRecord } from "../disk/record_file.ts";
import { uniqueName } from "../disk/staging.ts";
import { allEntries } from "../disk/time_index.ts";
import {
  definitionLine,
  definitionOf,
  DEFINITIONS,
  parseDefinition,
} from "../listing/definitions.ts";
import { indexed } from "../reservation/address_index.ts";
import { ReservationCheck } from "../reservation/check.ts";
import { recordName, releaseName } from "../reservation/chain.ts";
import { ReservationFiles } from "../reservation/files.ts";
import { BatchTurns } from "../task/batch_turns.ts";
import { readHead } from "../task/claim_chain.ts";
import { ClaimFiles } from "../task/claim_files.ts";
import { readClaim } from "../task/claim/read_claim.ts";
import { slotName } from "../task/claim/names.ts";
import { NOTE } from "../task/index/check.ts";
import { FirstEntry } from "../task/index/first_entry.ts";
import { FsTaskStore } from "../task/store.ts";
import type { Mended } from "./damages.ts";
import { namesIn, type Parts } from "./parts.ts";

/** An entry that is younger may be of a task on its way, milliseconds. */
const ON_ITS_WAY_MS = 60_000;

/** After which times what lacks an entry is looked at again, milliseconds; most that is on its way is there then. */
const LOOKS_MS = [100, 400, 1_500];

/** How often batches are read again that get other names meanwhile. */
const MAX_TRIES = 20;

/**
 * @param own The stems of tasks that coord wrote, and of reservations.
 * @param broken The stems of tasks of which a claim is broken.
 */
export async function checkIndex(
  parts: Parts,
  own: { readonly tasks: ReadonlySet<string>; readonly reservations: ReadonlySet<string> },
  broken: ReadonlySet<string>,
): Promise<void> {
  const { layout, damages } = parts;
  const before = await batchedTasks(parts);
  const first = new FirstEntry(parts.fs, layout);
  const lacking: string[] = [];
  for (const stem of own.tasks) {
    // A repair has mended its claim by now.
    if (broken.has(stem) && !parts.asked.repair || before.making.has(stem)) continue;
    damages.reading(`tasks/${stem}.json`, () => {
      damages.look("index_entries");
      if (lacksEntry(parts, first, stem)) lacking.push(stem);
    });
  }
  // A claimer that meets a hint out of date takes it away, and makes the right one a moment later.
  for (const ms of LOOKS_MS) {
    if (lacking.length === 0) break;
    await parts.pause(ms);
    const still = lacking.splice(0);
    for (const stem of still) {
      damages.reading(`tasks/${stem}.json`, () => {
        if (lacksEntry(parts, first, stem)) lacking.push(stem);
      });
    }
  }
  const after = await batchedTasks(parts);
  let mending: Promise<Mended> | undefined;
  const rebuild = () => mending ??= rebuildTasks(parts);
  for (const stem of lacking.filter((stem) => !after.making.has(stem))) {
    const file = `tasks/${stem}.json`;
    damages.add({ class: "index", file, reason: "has no entry in the index" }, async () => {
      await rebuild();
      return lacksEntry(parts, first, stem) ? undefined : { repaired: "rebuilt" };
    });
  }
  const moved = movedTasks(parts);
  for (const entry of readyEntries(parts)) {
    checkEntry(parts, { ...entry, isLost: moved.has(entry.stem) }, after.all);
  }
  checkNote(parts);
  damages.reading("reservations/addresses", () => checkAddresses(parts, own.reservations));
  await damages.settle();
}

/** The tasks of batches: all that may lack files, and those that are given files, and then entries. */
async function batchedTasks({ host, fs, layout, damages }: Parts) {
  const turns = new BatchTurns(host, layout, () => {});
  const [all, making] = [new Set<string>(), new Set<string>()];
  const isOut = ({ state }: { state: string }) => state === "new" || state === "void";
  try {
    for (let tries = 0, again = true; again && tries < MAX_TRIES; tries++) {
      again = false;
      for (const batch of turns.files.list().filter((batch) => !isOut(batch))) {
        for await (const { stem } of turns.lines(batch)) {
          if (stem === undefined) continue;
          all.add(stem);
          if (batch.state === "links" || batch.state === "repair") making.add(stem);
        }
        // Its folder may have got another name in the meantime.
        again ||= fs.lstat(turns.files.path(batch)) === undefined;
      }
    }
  } catch (error) {
    damages.unreadable("tasks/batches", error);
  }
  return { all, making };
}

/** Whether a task is to be in the index and is not. */
function lacksEntry(parts: Parts, first: FirstEntry, stem: string): boolean {
  const { fs, layout } = parts;
  const claims = new ClaimFiles(fs, layout, () => {});
  const read = () => {
    const file = readRecord(fs, layout.record("task", stem));
    const task = file.kind === "record" ? parseTask(file.value, idOfStem(stem)) : "";
    return typeof task === "string" ? undefined : task;
  };
  const look = () => {
    const task = read();
    const head = task && readHead(claims, stem);
    return task === undefined || !isIndexed(parts, task, head, stem) ? undefined : { task, head };
  };
  const has = (path: string) => fs.lstat(path) !== undefined;
  const there = ({ task, head }: NonNullable<ReturnType<typeof look>>) => {
    if (head !== undefined) {
      const due = claims.duePath(head);
      const above = due.slice(0, due.lastIndexOf("/"));
      const name = due.slice(above.length + 1);
      return has(due) || has(first.ready.againPath(presentTask(task, head))) ||
        (fs.list(above) ?? []).some((entry) => entry.name.startsWith(name));
    }
    return first.paths(task).every(has) || has(first.ready.path(task));
  };
  const said = (seen: ReturnType<typeof look>) => JSON.stringify(seen?.head ?? null);
  for (let seen = look(); seen !== undefined;) {
    if (there(seen)) return false;
    const again = look();
    if (again === undefined) return false;
    if (said(again) === said(seen)) return !there(again);
    seen = again;
  }
  return false;
}

/** Whether a task that stands so has an entry. */
function isIndexed(
  { fs, layout, clock }: Parts,
  task: TaskRecord,
  head: ReturnType<typeof readHead>,
  stem: string,
): boolean {
  const now = clock();
  if (head === undefined) return !taskExpired(task, now);
  if (isTerminal(head) || isClaimAhead(head, now)) return false;
  if (taskStatus(task, head, now) === "expired") return false;
  // Another tool's has none.
  const slot = readClaim(fs, layout.folder("claim"), slotName(stem, head.transition));
  return slot?.problem === undefined && slot?.claim.transition === head.transition;
}

/** The entries of tasks that may be claimed; looking at them removes no folder. */
function* readyEntries(parts: Parts): Generator<Ready> {
  const { layout } = parts;
  const fs: HostFs = { ...parts.fs, removeDir: () => false };
  const root = `${layout.index}/ready`;
  for (const queue of namesIn(parts, "index/ready").filter(({ isDirectory }) => isDirectory)) {
    for (const { name, isDirectory } of namesIn(parts, `index/ready/${queue.name}`)) {
      if (!isDirectory) continue;
      try {
        for (const { rest, path } of allEntries(fs, `${root}/${queue.name}/${name}`)) {
          const stem = rest.split("_", 1)[0] ?? "";
          if (isStem(stem)) yield { path, stem };
        }
      } catch (error) {
        parts.damages.unreadable(`index/ready/${queue.name}/${name}`, error);
      }
    }
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

/** An entry among those of tasks that may be claimed. */
interface Ready {
  readonly path: string;
  readonly stem: string;
  /** Whether this repair has moved what was in the place of its task. */
  readonly isLost?: boolean;
}

/**
 * An entry of no task is left by a process that died, and costs each claimer that meets it. Where the task was
 * broken, the entry may be what it was.
 */
function checkEntry(
  { fs, layout, damages, quarantine, asked }: Parts,
  { path, stem, isLost = false }: Ready,
  batched: ReadonlySet<string>,
): void {
  const file = path.slice(layout.root.length + 1);
  damages.reading(file, () => {
    const record = layout.record("task", stem);
    const isTask = fs.lstat(record) !== undefined || batched.has(stem);
    const stat = isTask ? undefined : fs.lstat(path);
    if (stat === undefined) return;
    const said = isLost ? readRecord(fs, path) : undefined;
    if (said?.kind === "record" && typeof parseTask(said.value, idOfStem(stem)) !== "string") {
      const reason = "has a task whose record was broken";
      const { task_id: _, ...content } = said.value;
      const found = { class: "index", file, reason } as const;
      damages.add(found, async () => {
        // It may be damaged as well.
        const isOther = typeof content["nonce"] === "string" && idOfStem(stem) !== stem &&
          await asked.idOf(content) !== idOfStem(stem);
        if (isOther) return quarantine.move({ ...found, stat });
        return fs.link(path, record) ? { repaired: "rebuilt" } : undefined;
      });
      return;
    }
    if (Math.abs(Date.now() - stat.mtimeMs) < ON_ITS_WAY_MS) return;
    const found = { class: "index", file, reason: "leads to no task", stat } as const;
    damages.add(found, () => quarantine.move(found));
  });
}

/** What listings count tasks by: each line says what its task says. */
function checkNote({ fs, layout, damages, quarantine }: Parts): void {
  const file = `index/${DEFINITIONS}`;
  damages.reading(file, () => {
    const stat = fs.lstat(`${layout.root}/${file}`);
    for (const line of readNote(fs, `${layout.root}/${file}`)?.split("\n") ?? []) {
      const definition = parseDefinition(line);
      if (stat === undefined || definition === undefined || !isStem(definition.stem)) continue;
      const { stem } = definition;
      const record = readRecord(fs, layout.record("task", stem));
      const task = record.kind === "record" ? parseTask(record.value, idOfStem(stem)) : "";
      if (typeof task === "string" || definitionLine(definitionOf(stem, task)) === line) continue;
      const reason = "says something else of a task than its record";
      const found = { class: "index", file, reason, stat } as const;
      damages.add(found, () => quarantine.move(found));
      return;
    }
  });
}

function checkAddresses(parts: Parts, own: ReadonlySet<string>): void {
  const { fs, layout, damages } = parts;
  const files = new ReservationFiles(fs, layout, () => {});
  const isComplete = fs.lstat(`${files.index.root}/complete`) !== undefined;
  if (!isComplete) return; // entries are made from the records before anything is decided
  const lacks = (stem: string) => {
    const record = files.reservation(recordName(stem));
    if (record === undefined || files.exists(releaseName(stem))) return false;
    // 0.1.0 entered decomposed names elsewhere.
    if (record.addresses.some((address) => address.normalize("NFC") !== address)) return false;
    return !files.index.has(...indexed(stem, record)) && files.exists(recordName(stem)) &&
      !files.exists(releaseName(stem));
  };
  let isDone = false;
  const rebuild = () => {
    if (isDone) return;
    isDone = true;
    for (const note of ["known", "checked"]) fs.remove(`${layout.index}/reservations/${note}`);
    inOneGo(new ReservationCheck(files, layout, () => {}).run());
  };
  for (const stem of own) {
    const file = recordName(stem);
    damages.reading(file, () => {
      damages.look("index_entries");
      if (!lacks(stem)) return;
      const reason = "has no entry in the address index";
      damages.add({ class: "index", file, reason }, () => {
        rebuild();
        return lacks(stem) ? undefined : { repaired: "rebuilt" };
      });
    });
  }
}

/** A claim from a queue that no task is in compares all records with the index. */
async function rebuildTasks({ host, fs, layout, clock }: Parts): Promise<Mended> {
  fs.remove(`${layout.index}/${NOTE}`);
  const store = new FsTaskStore(host, layout, clock, () => {});
  const nonce = uniqueName();
  await store.claimNext({
    queues: [`fsck-${nonce}`],
    effort: "thorough",
    grant: { runId: "fsck", ttlSeconds: CLAIM_TTL_S.default, nonce },
  });
  return { repaired: "rebuilt" };
}
