/**
 * Processes that race for reservations, and what they must leave behind.
 */
import { readdirSync } from "node:fs";
import { isLive, type ReservationEntry } from "../../../src/domain/reservation/reservation.ts";
import { assert_, assertEquals } from "../../deps.ts";
import { type Child, sleep, start } from "./processes.ts";
import { sized } from "../length.ts";
import { newSeed } from "../random.ts";
import { instant, readRecorded } from "./recorder.ts";
import {
  ADDRESSES,
  type Entry,
  overlap,
  ReservationHistory,
  virtual,
} from "./reservation_history.ts";
import type { Orders } from "./reservation_worker.ts";
import { folderOf, isFiles, newStore, openReservations } from "./stores.ts";
import { makeTempDir, removeTree, setMtime } from "../scene/scratch.ts";

/** How long a race is. */
export const SIZE = sized(
  { workers: 3, rounds: 12, periodMs: 20, startMs: 700, limit: 20 },
  { workers: 8, rounds: 80, periodMs: 40, startMs: 4_000, limit: 300 },
  { workers: 8, rounds: 500, periodMs: 40, startMs: 4_000, limit: 600 },
);

/** The same where each call goes to a server. */
export const ON_SERVER = sized(
  SIZE,
  { workers: 4, rounds: 25, periodMs: 40, startMs: 2_000, limit: 120 },
  { workers: 8, rounds: 200, periodMs: 40, startMs: 4_000, limit: 600 },
);

/** Processes that reserve in one workspace. */
export class ReservationRace {
  readonly random;
  readonly children: Child[] = [];
  readonly clocks = { epoch: Date.now(), speed: 20 };
  readonly #folder = makeTempDir();
  readonly #from: number;
  readonly #store: string;
  readonly #own;
  #started = 0;

  /** @param store Where an empty workspace is; default a new one in files. */
  constructor(readonly what: string, store = newStore(), readonly size = SIZE) {
    this.random = newSeed(what);
    this.#store = store;
    this.#from = instant() + size.startMs;
    this.#own = openReservations(store, () => virtual(this.clocks, Date.now()));
  }

  /** The folder, where the store is one of files. */
  get workspace(): string {
    return folderOf(this.#store);
  }

  start(): Child {
    const runId = `worker-${this.#started++}`;
    const orders: Orders = {
      ...this.clocks,
      ...this.size,
      store: this.#store,
      history: `${this.#folder}/${runId}.ndjson`,
      runId,
      seed: this.random.below(2 ** 31),
      from: this.#from,
    };
    const child = start("race/reservation_worker.ts", orders);
    this.children.push(child);
    return child;
  }

  /** Looks at the records until `until` has come; what cannot be. */
  async watch(until: Promise<unknown>, meanwhile: () => Promise<void>): Promise<string[]> {
    let isOver = false;
    const over = until.then(() => isOver = true);
    const problems: string[] = [];
    let before: ReservationEntry[] = [];
    while (!isOver) {
      await Promise.race([over, sleep(5)]);
      await meanwhile();
      const now = virtual(this.clocks, Date.now());
      const after = await (await this.#own).store.reservations.list(now, false);
      problems.push(...overlapping(before, after, now));
      before = after;
    }
    return problems;
  }

  /** Waits for the processes; what went wrong with them, and what their histories show. */
  async problems(): Promise<string[]> {
    const problems: string[] = [];
    for (const [worker, child] of this.children.entries()) {
      const { code, output } = await child.ended;
      if (code !== 0 && code !== null) problems.push(`worker ${worker} ended with ${code}`);
      if (output !== "") problems.push(`worker ${worker}: ${output}`);
    }
    const paths = readdirSync(this.#folder).map((name) => `${this.#folder}/${name}`);
    const history = new ReservationHistory(
      readRecorded(paths) as Entry[],
      this.clocks,
    );
    const at = instant();
    const now = virtual(this.clocks, Date.now());
    const listed = new Set(
      (await (await this.#own).store.reservations.list(now, false)).map((entry) =>
        entry.reservation.reservation_id
      ),
    );
    const lost = history.liveAt(instant()).filter((id) => !listed.has(id));
    const verdict = history.verdict();
    const [counted, late] = verdict.beats;
    console.log(
      `${this.what}: ${history.entries.length} calls, ${verdict.granted} granted, ` +
        `${verdict.refused} refused, ${counted} heartbeats and ${late} late ones, ` +
        `until ${((at - this.#from) / 1000).toFixed(1)} s`,
    );
    if (verdict.granted < this.size.rounds / 3 || verdict.refused === 0) {
      problems.push("there was no race");
    }
    return [...problems, ...verdict.problems, ...lost.map((id) => `${id} is lost`)];
  }

  /** What a killed process may leave for a day, since no process can see that it was killed. */
  #leftovers(): string[] {
    return ["tmp", "reservations/addresses", "reservations/order"].flatMap((folder) =>
      readdirSync(`${this.workspace}/${folder}`, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile()).map(({ parentPath, name }) => `${parentPath}/${name}`)
    );
  }

  /** When all have expired everything can be reserved at once, and `gc` leaves nothing behind. */
  async afterwards(): Promise<void> {
    const later = virtual(this.clocks, Date.now()) + 3_600_000;
    const { reservations, warnings } = await openReservations(this.#store, () => later);
    const began = performance.now();
    for (const address of ADDRESSES) {
      const answer = await reservations.reserve({
        addresses: [address],
        runId: "later",
        exclusive: true,
        ttl: 60,
      });
      assertEquals(answer.status, "reserved", address);
    }
    const each = (performance.now() - began) / ADDRESSES.length;
    assert_(each < 500, `a reservation took ${each} ms`);
    if (isFiles(this.#store)) {
      for (const path of this.#leftovers()) setMtime(path, Date.now() - 2 * 86_400_000);
    }
    const { store } = await openReservations(this.#store, () => later + 60_000);
    await store.gc.sweep({ graceMs: 0, execute: true });
    assertEquals(await store.reservations.list(later, true), []);
    assertEquals(warnings, []);
    if (isFiles(this.#store)) this.#assertNoFiles();
  }

  #assertNoFiles(): void {
    const names = (folder: string) =>
      readdirSync(`${this.workspace}/${folder}`).filter((name) => name !== "complete").sort();
    const order = names("reservations/order");
    for (const folder of ["reservations/addresses", "heartbeats", "releases", "tmp"]) {
      assertEquals(names(folder), [], folder);
    }
    assertEquals(names("reservations"), ["addresses", "order"]);
    assertEquals([order.length, order.at(-1)], [2, "floor"], "the newest place and the floor");
    assertEquals(names("reservations/order/floor").length, 1);
  }
}

/** Exclusive ones of different agents that were in force from one look to the next, and overlap. */
function overlapping(
  before: readonly ReservationEntry[],
  after: readonly ReservationEntry[],
  now: number,
): string[] {
  const there = new Set(after.map(({ reservation }) => reservation.reservation_id));
  // Who was live before the second look began, and still there at its end, was live in between.
  const held = before.filter((entry) => isLive(entry, now)).map(({ reservation }) => reservation)
    .filter(({ exclusive, reservation_id }) => exclusive === true && there.has(reservation_id));
  return held.flatMap((a, n) =>
    held.slice(n + 1).filter((b) => a.run_id !== b.run_id && overlap(a.addresses, b.addresses))
      .map((b) => `both are in force: ${JSON.stringify([a, b])}`)
  );
}

/** Removes a folder as far as others do not fill it meanwhile. */
export function removeFolder(path: string): void {
  try {
    removeTree(path);
  } catch {
    // Workers fill it while it is being removed; what is left goes the next time.
  }
}
