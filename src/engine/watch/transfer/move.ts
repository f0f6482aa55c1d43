/**
 * Moves everything of a workspace from one store to another one: both keep all that an answer shows, and
 * numbers that only grow go on from where they were.
 *
 * First all is compared, and nothing is written where the other store has records that are not the same.
 * Then what is missing there is added, and what is derived is made again. A move that dies on the way is
 * made again: what is there by then is the same. The store that it came from stays as it is.
 */
import { canonicalJson } from "../../../domain/json.ts";
import { hash } from "../../../domain/journal/hash.ts";
import { CoordError } from "../../../domain/errors.ts";
import type { ReservationEntry } from "../../../domain/reservation/reservation.ts";
import { isTerminal } from "../../../domain/task/claim.ts";
import type { TaskEntry } from "../../../domain/task/listing.ts";
import { taxonomyValue } from "../../../domain/lane/taxonomy_json.ts";
import type { Relocation } from "../../../ports/store.ts";
import { contentId, type Sha256 } from "../../content_id.ts";
import type { Refusal } from "../../refusal.ts";

/** What was moved. */
export interface Moved {
  /** That all is there now. */
  readonly status: "moved";
  /** The store that it came from, which stays as it is. */
  readonly from: string;
  /** The store that has it now, and that counts from now on. */
  readonly to: string;
  /** Records that were added. */
  readonly added: number;
  /** Records that were there from a move before. */
  readonly unchanged: number;
  /** Tasks among all of them. */
  readonly tasks: number;
  /** Reservations among them. */
  readonly reservations: number;
  /** Intents among them. */
  readonly intents: number;
  /** Paused queues among them. */
  readonly queues: number;
  /** Entries of the lanes' journal among them. */
  readonly entries: number;
}

/** Nothing was moved: the other store has records of its own. */
export interface MoveRefused extends Refusal<"conflict"> {
  /** The store that it was to come from. */
  readonly from: string;
  /** The store that has other records. */
  readonly to: string;
  /** What it has that is not the same, such as `task sha256:…`; some of it. */
  readonly conflicts: readonly string[];
  /** How many there are. */
  readonly conflicts_total: number;
}

/** Conflicts that are named. */
const NAMED = 20;

/** Records that are added at once. */
const STEP = 500;

/** What is moved as a whole: of a task and of a reservation a part may be there. */
const KINDS = [
  "task",
  "claim",
  "reservation",
  "fence",
  "heartbeat",
  "release",
  "intent",
  "queue",
  "entry",
  "lanes",
] as const;

type MovedKind = typeof KINDS[number];

/** What is there by its name, and what it says. */
class Records {
  readonly #all = new Map<string, string>();
  readonly counts = Object.fromEntries(KINDS.map((kind) => [kind, 0])) as Record<MovedKind, number>;

  add(kind: MovedKind, id: string, record: object): void {
    this.#all.set(`${kind} ${id}`, hash(canonicalJson(record)));
    this.counts[kind]++;
  }

  has(kind: MovedKind, id: string): boolean {
    return this.hasNamed(`${kind} ${id}`);
  }

  hasNamed(name: string): boolean {
    return this.#all.has(name);
  }

  get size(): number {
    return this.#all.size;
  }

  /** What these have that others have not, or have otherwise. */
  beside(others: Records): string[] {
    return [...this.#all].filter(([name, said]) => others.#all.get(name) !== said)
      .map(([name]) => name);
  }
}

/**
 * Moves all records.
 *
 * @param progress Is given a line now and then, for people who wait.
 */
export async function moveRecords(
  from: Relocation,
  to: Relocation,
  progress: (text: string) => void,
  sha256?: Sha256,
): Promise<Moved | MoveRefused> {
  const places = { from: from.store.location, to: to.store.location };
  progress(`reading ${places.from}`);
  const wanted = await recordsOf(from);
  const there = await recordsOf(to);
  // One that was to be released, and was not yet, shows its fence.
  const conflicts = there.beside(wanted)
    .filter((name) => !name.startsWith("fence ") || wanted.hasNamed(name));
  if (conflicts.length > 0) {
    const named = conflicts.slice(0, NAMED);
    const more = conflicts.length > NAMED ? `, and ${conflicts.length - NAMED} more` : "";
    const error = `Cannot move to ${JSON.stringify(places.to)}: it has other records: ` +
      named.join(", ") + more;
    const conflicts_total = conflicts.length;
    return { status: "conflict", ...places, conflicts: named, conflicts_total, error };
  }
  await add(from, to, there, (done) => progress(`${done} of ${wanted.size} records`));
  // What is derived is made again, also what a move before has left out that died.
  const idOf = (record: object) => contentId(record, sha256);
  await to.store.checker.check({ repair: true, idOf });
  const missing = wanted.beside(await recordsOf(to));
  if (missing.length > 0) {
    const [first = ""] = missing;
    throw new CoordError(
      "io_error",
      `Cannot move all to ${
        JSON.stringify(places.to)
      }: ${missing.length} records are not as they ` +
        `were read, such as ${first}; agents may be at work in one of the stores`,
    );
  }
  const { task: tasks, reservation: reservations, intent: intents, queue: queues, entry: entries } =
    wanted.counts;
  const unchanged = there.size;
  const added = wanted.size - unchanged;
  return {
    status: "moved",
    ...places,
    added,
    unchanged,
    tasks,
    reservations,
    intents,
    queues,
    entries,
  };
}

async function recordsOf(place: Relocation): Promise<Records> {
  const all = new Records();
  const { tasks, reservations, lanes } = place.store;
  for await (const page of place.tasks()) {
    for (const { task, claim } of page) {
      all.add("task", task.task_id, task);
      if (claim !== undefined) all.add("claim", task.task_id, claim);
    }
  }
  for (const entry of await reservationsOf(place)) {
    for (const [kind, record] of partsOf(entry)) {
      all.add(kind, entry.reservation.reservation_id, record);
    }
  }
  for (const intent of await reservations.listIntents()) {
    all.add("intent", intent.intent_id, intent);
  }
  for (const pause of await tasks.pauses.all()) all.add("queue", pause.queue, pause);
  const entries = await lanes.journal.last(Number.MAX_SAFE_INTEGER);
  for (const [at, entry] of entries.entries()) all.add("entry", String(at), entry);
  const taxonomy = await lanes.taxonomy();
  if (taxonomy.lanes.size > 0) all.add("lanes", "taxonomy", taxonomyValue(taxonomy));
  return all;
}

function partsOf({ reservation, heartbeat, release, fence }: ReservationEntry) {
  const parts: (readonly [MovedKind, object])[] = [["reservation", reservation]];
  // One that has ended has none where stores forget it.
  if (fence !== undefined && release === undefined) parts.push(["fence", { fence }]);
  if (heartbeat !== undefined) {
    // Its number is the store's.
    const { beat: _, ...said } = heartbeat;
    parts.push(["heartbeat", said]);
  }
  if (release !== undefined) parts.push(["release", release]);
  return parts;
}

/** All that were ever held. */
async function reservationsOf({ store: { reservations } }: Relocation) {
  const all: ReservationEntry[] = [];
  for (const listed of await reservations.list(0, true)) {
    const entry = await reservations.get(listed.reservation.reservation_id);
    if (entry !== undefined) all.push(entry);
  }
  return all;
}

/** Adds what is not there. */
async function add(
  from: Relocation,
  to: Relocation,
  there: Records,
  progress: (done: number) => void,
): Promise<void> {
  let done = there.size;
  const inSteps = async <T>(all: readonly T[], body: (some: readonly T[]) => Promise<void>) => {
    for (let at = 0; at < all.length; at += STEP) {
      const some = all.slice(at, at + STEP);
      await body(some);
      progress(done += some.length);
    }
  };
  const { pauses } = from.store.tasks;
  const isNew = ({ task }: TaskEntry) => !there.has("task", task.task_id);
  for (const pause of await pauses.all()) await to.store.tasks.pauses.pause(pause);
  // What has ended comes first: it lets go what waits for it, and by then nothing does.
  const others: TaskEntry[] = [];
  for await (const page of from.tasks()) {
    const tasks = page.filter(isNew);
    others.push(...tasks.filter((entry) => !isOver(entry)));
    await inSteps(tasks.filter(isOver), (some) => to.addTasks(some));
  }
  await inSteps(others, (some) => to.addTasks(some));
  const fresh = (await reservationsOf(from)).filter((entry) =>
    partsOf(entry).some(([kind]) => !there.has(kind, entry.reservation.reservation_id))
  );
  await inSteps(fresh, (some) => to.addReservations(some));
  await to.raiseFence(await from.lastFence());
  for (const intent of await from.store.reservations.listIntents()) {
    if (!there.has("intent", intent.intent_id)) await to.store.reservations.addIntent(intent);
  }
  const entries = await from.store.lanes.journal.last(Number.MAX_SAFE_INTEGER);
  await inSteps(entries.slice(there.counts.entry), (some) => append(to, some));
  const taxonomy = await from.store.lanes.taxonomy();
  if (taxonomy.lanes.size > 0 && there.counts.lanes === 0) {
    await to.store.lanes.setTaxonomy(taxonomy);
  }
}

function isOver({ claim }: TaskEntry): boolean {
  return claim !== undefined && isTerminal(claim);
}

async function append(
  { store: { lanes, location } }: Relocation,
  entries: readonly Awaited<ReturnType<typeof lanes.journal.last>>[number][],
): Promise<void> {
  const opened = await lanes.journal.open(APPEND_MS);
  if (opened.status === "open") {
    await using session = opened.session;
    if (await session.append(entries) === "kept") return;
  }
  throw new CoordError(
    "io_error",
    `Cannot move to ${JSON.stringify(location)}: agents write to its journal of lanes`,
  );
}

/** Milliseconds to wait for other writers. */
const APPEND_MS = 5_000;
