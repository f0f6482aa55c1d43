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
import { inOneGo } from "../../../domain/glob/steps.ts";
import { foundAgain } from "../../../async/found_again.ts";
import { readNote, readRecord } from "../disk/record_file.ts";
import { uniqueName } from "../disk/staging.ts";
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
import { checkEntries } from "./entries.ts";
import type { Parts } from "./parts.ts";

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
  const restored = await checkEntries(parts, { own: own.tasks, batched: before.all });
  const first = new FirstEntry(parts.fs, layout);
  const isLacking = (stem: string) => {
    let isSo = false;
    damages.reading(`tasks/${stem}.json`, () => isSo = lacksEntry(parts, first, stem));
    return isSo;
  };
  // A repair has mended a broken claim by now.
  const stems = [...own.tasks, ...restored].filter((stem) =>
    !(broken.has(stem) && !parts.asked.repair || before.making.has(stem))
  );
  // A claimer that meets a hint out of date takes it away, and makes the right one a moment later.
  const lacking = await foundAgain(
    stems.filter((stem) => {
      damages.look("index_entries");
      return isLacking(stem);
    }),
    (before) => before.filter(isLacking),
    parts.pause,
  );
  const after = await batchedTasks(parts);
  let mending: Promise<Mended> | undefined;
  const rebuild = () => mending ??= rebuildTasks(parts);
  for (const stem of lacking.filter((stem) => !after.making.has(stem))) {
    const file = `tasks/${stem}.json`;
    damages.add({ class: "index", file, reason: "has no entry in the index" }, async () => {
      await rebuild();
      // A claim compares the records with the index of a tag only where it asks for that tag.
      enterUnderTags(parts, first, stem);
      return lacksEntry(parts, first, stem) ? undefined : { repaired: "rebuilt" };
    });
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
  const look = () => {
    const { task, head } = standing(parts, stem);
    return task === undefined || !isIndexed(parts, task, head, stem) ? undefined : { task, head };
  };
  const has = (path: string) => fs.lstat(path) !== undefined;
  const there = ({ task, head }: NonNullable<ReturnType<typeof look>>) => {
    if (head !== undefined) {
      const due = claims.duePath(head);
      const above = due.slice(0, due.lastIndexOf("/"));
      const name = due.slice(above.length + 1);
      if (has(due) || (fs.list(above) ?? []).some((entry) => entry.name.startsWith(name))) {
        return true;
      }
      const present = presentTask(task, head);
      return has(first.ready.againPath(present)) && hasTags(present, true);
    }
    const place = first.ready.path(task);
    // While a delayed task still has the entry of its instant, the others are on their way.
    if (first.path(task) !== place && first.paths(task).every(has)) return true;
    return has(place) && hasTags(task, false);
  };
  /** Whether one that may be claimed has its entry in each index of a tag that was built. */
  const hasTags = (task: TaskRecord, again: boolean) =>
    task.tags.every((tag) => {
      const index = first.tagged.of(tag);
      return !has(`${index.root}/${NOTE}`) ||
        has(again ? index.againPath(task) : index.path(task));
    });
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

/** A task with its newest state. */
function standing({ fs, layout }: Parts, stem: string) {
  const file = readRecord(fs, layout.record("task", stem));
  const task = file.kind === "record" ? parseTask(file.value, idOfStem(stem)) : "";
  return typeof task === "string"
    ? { task: undefined, head: undefined }
    : { task, head: readHead(new ClaimFiles(fs, layout, () => {}), stem) };
}

/** Gives a task that may be claimed its entries under its tags. */
function enterUnderTags(parts: Parts, { ready, tagged }: FirstEntry, stem: string): void {
  const { task, head } = standing(parts, stem);
  if (task === undefined) return;
  const present = presentTask(task, head);
  const again = head !== undefined;
  const path = again ? ready.againPath(present) : ready.path(present);
  if (parts.fs.lstat(path) !== undefined) tagged.add(present, again);
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
