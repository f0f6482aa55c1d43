/**
 * Reservations in PostgreSQL: a row each, with its heartbeat and its release.
 *
 * Whatever is added, confirmed, refused or ended in the way of another one holds the row of the space to
 * the end of its transaction. So all that is in one order, each reads what the one before has written, and
 * rules of the domain decide in this process, whatever isolation the data base has by default. Addresses
 * are compared before that as far as they are known, so that the row is not held for long.
 *
 * A heartbeat and a release hold nothing: each is written if the row is as it was read. One that comes
 * between a decision and its write has that decision made again.
 */
import { paced } from "../../async/paced.ts";
import type { NamedAddresses } from "../../domain/glob/holds/holds.ts";
import type { Stepwise } from "../../domain/glob/steps.ts";
import { stemOfId } from "../../domain/ids.ts";
import {
  comparing,
  expiredRelease,
  keptBeat,
  mattersTo,
  outOfItsWay,
} from "../../domain/reservation/placing.ts";
import {
  effectiveExpiry,
  type HeartbeatRecord,
  type IntentRecord,
  isLive,
  type ReleaseRecord,
  type ReservationEntry,
  type ReservationRecord,
  wasConfirmed,
} from "../../domain/reservation/reservation.ts";
import type {
  NoticePlacement,
  Placement,
  ReservationStore,
  Rival,
} from "../../ports/reservations.ts";
import { anchorsOf, nearby, placesOf } from "./anchors.ts";
import type { Ask } from "./session.ts";
import { isUnsure } from "./failures.ts";
import { readable, recordIn, recordOf, type Row } from "./record.ts";
import type { Space } from "./space.ts";

/** How often the rows of entries were written when they were read. */
const versions = new WeakMap<ReservationEntry, number>();

type Overlaps = (other: ReservationRecord) => Stepwise<boolean>;

/** Another process has written a row between a decision on it and the write. */
class Moved extends Error {}

/** What an entry is made of. */
export const COLUMNS = "body, heartbeat, release, version, is_unsettled, fence";

export class PostgresReservationStore implements ReservationStore {
  constructor(readonly space: Space) {}

  async add(placement: Placement): Promise<boolean> {
    const { reservation, overlaps } = placement;
    const meets = new Map<string, boolean>();
    await paced(comparing(await this.#near(this.#ask, reservation), overlaps, meets));
    return await this.#inOrder(async (ask) => {
      const near = await this.#near(ask, reservation);
      await paced(comparing(near, overlaps, meets));
      const now = await this.space.now(ask);
      const met = near.filter((entry) =>
        meets.get(entry.reservation.reservation_id) && mattersTo(reservation, entry, now)
      );
      const ended = outOfItsWay(met, placement, now);
      if (ended === undefined) return false;
      for (const entry of ended) await this.#seal(ask, entry, reservation.run_id, now);
      await this.#insert(ask, reservation);
      return true;
    });
  }

  async addNotice({ reservation, overlaps }: NoticePlacement): Promise<ReservationEntry[]> {
    await this.#insert(this.#ask, reservation);
    this.space.hint("record");
    const near = await this.near(reservation, await this.space.now(), overlaps);
    const { reservation_id: id } = reservation;
    return near.filter((other) => other.reservation.reservation_id !== id);
  }

  async near(
    near: NamedAddresses,
    now: number,
    overlaps: Overlaps,
  ): Promise<ReservationEntry[]> {
    const live = (await this.#nearby(this.#ask, near, "ends_ms > $3", now))
      .filter((entry) => isLive(entry, now));
    const meets = new Map<string, boolean>();
    await paced(comparing(live, overlaps, meets));
    return live.filter(({ reservation }) => meets.get(reservation.reservation_id));
  }

  async confirm(id: string): Promise<number | undefined> {
    return await this.#inOrder(async (ask) => {
      const ns = await this.space.ns();
      const { rows: [row] } = await ask(
        `UPDATE coord.reservation r SET is_unsettled = false, version = version + 1,
           fence = (SELECT fence + 1 FROM coord.space WHERE ns = $1)
         WHERE ns = $1 AND id = $2 AND is_unsettled RETURNING fence`,
        [ns, id],
      );
      if (row === undefined) return undefined;
      await ask("UPDATE coord.space SET fence = $2 WHERE ns = $1", [ns, row["fence"]]);
      return Number(row["fence"]);
    });
  }

  async refuse(id: string, _runId: string): Promise<void> {
    await this.#inOrder((ask) => this.#forget(ask, id));
    this.space.hint("reservation", id);
  }

  async makeWay({ named, runId, overlaps, excludes }: Rival): Promise<ReservationEntry[]> {
    const meets = new Map<string, boolean>();
    const near = async (ask: Ask) =>
      (await this.#nearby(ask, named, "is_exclusive"))
        .filter(({ reservation }) => excludes(reservation));
    await paced(comparing(await near(this.#ask), overlaps, meets));
    return await this.#inOrder(async (ask) => {
      const all = await near(ask);
      await paced(comparing(all, overlaps, meets));
      const now = await this.space.now(ask);
      const met = all.filter(({ reservation }) => meets.get(reservation.reservation_id));
      for (const entry of met) {
        if (!isLive(entry, now)) await this.#seal(ask, entry, runId, now);
      }
      return met.filter((entry) => isLive(entry, now));
    });
  }

  async get(id: string): Promise<ReservationEntry | undefined> {
    const [entry] = await this.#select(this.#ask, "id = $2", [id]);
    return entry;
  }

  async find(prefix: string, limit: number): Promise<string[]> {
    const rows = await this.space.connection.read(
      `SELECT id FROM coord.reservation WHERE ns = $1 AND stem >= $2 AND stem < $3
         AND NOT is_unsettled ORDER BY id LIMIT $4`,
      [await this.space.ns(), prefix, `${prefix}\u{10FFFF}`, limit],
    );
    return rows.map((row) => String(row["id"]));
  }

  async list(now: number, all: boolean): Promise<ReservationEntry[]> {
    const rows = all
      ? await this.#rows(this.#ask, "NOT is_unsettled", [])
      : await this.#rows(this.#ask, "release IS NULL AND ends_ms > $2", [now]);
    return readable(rows, entryOf, this.space.warn).filter((entry) =>
      wasConfirmed(entry) && (all || isLive(entry, now))
    );
  }

  async beat(
    id: string,
    beatAt: (now: number) => HeartbeatRecord,
  ): Promise<HeartbeatRecord | "expired" | "released"> {
    while (true) {
      const [entry] = await this.#select(this.#ask, "id = $2", [id]);
      const now = await this.space.now();
      const heartbeat = keptBeat(entry, beatAt(now), now);
      if (typeof heartbeat === "string" || entry === undefined) return heartbeat;
      const { rowCount } = await this.#ask(
        `UPDATE coord.reservation SET heartbeat = $4, ends_ms = $5, version = version + 1
         WHERE ns = $1 AND id = $2 AND version = $3`,
        [
          await this.space.ns(),
          id,
          versions.get(entry),
          JSON.stringify(heartbeat),
          effectiveExpiry({ ...entry, heartbeat }),
        ],
      );
      if (rowCount === 0) continue;
      this.space.hint("record");
      return heartbeat;
    }
  }

  async release(release: ReleaseRecord): Promise<boolean> {
    const { reservation_id: id } = release;
    const values = [await this.space.ns(), id, JSON.stringify(release)];
    const { connection } = this.space;
    const statement = ending(
      `UPDATE coord.reservation SET release = $3, version = version + 1, is_unsettled = false
       WHERE ns = $1 AND id = $2 AND release IS NULL`,
    );
    let isOurs: boolean;
    try {
      isOurs = (await connection.write(statement, values)).rowCount === 1;
    } catch (error) {
      if (!isUnsure(error)) throw error;
      await connection.repeat(statement, values);
      const ours = "SELECT FROM coord.reservation WHERE ns = $1 AND id = $2 AND release = $3";
      isOurs = (await connection.read(ours, values)).length === 1;
    }
    if (isOurs) this.space.hint("reservation", id);
    return isOurs;
  }

  /** What can be read has been synced. */
  async persistRelease(): Promise<void> {}

  watch(id: string, onChange: () => void): { close(): void } {
    return this.space.listen("reservation", (changed) => {
      if (changed === undefined || changed === id) onChange();
    });
  }

  async addIntent(intent: IntentRecord): Promise<void> {
    await this.#ask(
      "INSERT INTO coord.intent (ns, id, body) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
      [await this.space.ns(), intent.intent_id, JSON.stringify(intent)],
    );
    this.space.hint("record");
  }

  async listIntents(): Promise<IntentRecord[]> {
    const rows = await this.space.connection.read(
      "SELECT body FROM coord.intent WHERE ns = $1 ORDER BY id",
      [await this.space.ns()],
    );
    return readable(rows, (row) => recordOf<IntentRecord>(row["body"]), this.space.warn);
  }

  readonly #ask: Ask = (text, values) => this.space.connection.repeat(text, values);

  /** Does something after all else of that kind that came before, and before all that comes after. */
  async #inOrder<T>(body: (ask: Ask) => Promise<T>): Promise<T> {
    const ns = await this.space.ns();
    while (true) {
      try {
        const result = await this.space.connection.transaction("READ COMMITTED", async (ask) => {
          await ask("SELECT FROM coord.space WHERE ns = $1 FOR NO KEY UPDATE", [ns]);
          return await body(ask);
        });
        this.space.hint("record");
        return result;
      } catch (error) {
        if (!(error instanceof Moved)) throw error;
      }
    }
  }

  /** What may matter to one that is to be added. */
  async #near(ask: Ask, reservation: ReservationRecord) {
    const now = await this.space.now(ask);
    const where = reservation.exclusive === true
      ? "(ends_ms > $3 OR is_exclusive)"
      : "ends_ms > $3";
    return await this.#nearby(ask, reservation, where, now);
  }

  /** What may overlap, and was not released. */
  async #nearby(
    ask: Ask,
    { addresses }: NamedAddresses,
    where: string,
    ...values: readonly unknown[]
  ): Promise<ReservationEntry[]> {
    const all = `release IS NULL AND ${where} AND id IN (${nearby("$2")})`;
    return await this.#select(ask, all, [placesOf(addresses), ...values]);
  }

  async #select(ask: Ask, where: string, values: readonly unknown[]): Promise<ReservationEntry[]> {
    return (await this.#rows(ask, where, values)).map(entryOf);
  }

  async #rows(ask: Ask, where: string, values: readonly unknown[]): Promise<readonly Row[]> {
    const { rows } = await ask(
      `SELECT id, ${COLUMNS} FROM coord.reservation WHERE ns = $1 AND ${where} ORDER BY id`,
      [await this.space.ns(), ...values],
    );
    return rows;
  }

  async #insert(ask: Ask, reservation: ReservationRecord): Promise<void> {
    const { reservation_id: id, exclusive, confirmation } = reservation;
    const entry = { reservation, heartbeat: undefined, release: undefined };
    await ask(
      `WITH added AS (
         INSERT INTO coord.reservation
           (ns, id, stem, body, version, is_exclusive, is_unsettled, ends_ms)
         VALUES ($1, $2, $3, $4, 0, $5, $6, $7) ON CONFLICT (ns, id) DO NOTHING RETURNING ns, id)
       INSERT INTO coord.anchor (ns, id, anchor, symbol)
       SELECT ns, id, anchor, symbol
       FROM added, json_to_recordset($8::json) AS r(anchor text, symbol text)`,
      [
        await this.space.ns(),
        id,
        stemOfId(id).toLowerCase(),
        JSON.stringify(reservation),
        exclusive === true,
        confirmation !== undefined,
        effectiveExpiry(entry),
        JSON.stringify(anchorsOf(reservation.addresses)),
      ],
    );
  }

  /** Ends one that has expired; of one that was never confirmed nothing is left. */
  async #seal(ask: Ask, entry: ReservationEntry, runId: string, now: number): Promise<void> {
    const { reservation_id: id } = entry.reservation;
    if (entry.unsettled === true) return await this.#forget(ask, id);
    const release = JSON.stringify(expiredRelease(entry, runId, now));
    const { rowCount } = await ask(
      ending(
        `UPDATE coord.reservation SET release = $4, version = version + 1
         WHERE ns = $1 AND id = $2 AND version = $3`,
      ),
      [await this.space.ns(), id, versions.get(entry), release],
    );
    if (rowCount === 0) throw new Moved();
  }

  async #forget(ask: Ask, id: string): Promise<void> {
    const unsettled = "DELETE FROM coord.reservation WHERE ns = $1 AND id = $2 AND is_unsettled";
    await ask(unsettled, [await this.space.ns(), id]);
  }
}

/** An update that ends a reservation, in SQL: its addresses stand in the way of no other one any more. */
function ending(update: string): string {
  return `WITH ended AS (${update} RETURNING ns, id), free AS (
      DELETE FROM coord.anchor a USING ended e WHERE a.ns = e.ns AND a.id = e.id)
    SELECT FROM ended`;
}

/** The reservation that a row is of. */
export function entryOf(row: Readonly<Record<string, unknown>>): ReservationEntry {
  const fence = row["fence"];
  const entry = {
    reservation: recordOf<ReservationRecord>(row["body"]),
    heartbeat: recordIn<HeartbeatRecord>(row["heartbeat"]),
    release: recordIn<ReleaseRecord>(row["release"]),
    ...(row["is_unsettled"] === true && { unsettled: true as const }),
    ...(typeof fence === "string" && { fence: Number(fence) }),
  };
  versions.set(entry, Number(row["version"]));
  return entry;
}
