/** Moving records to a space, and from it: each is a row, as it was. */
import { effectiveExpiry, type ReservationEntry } from "../../../domain/reservation/reservation.ts";
import type { TaskEntry } from "../../../domain/task/listing.ts";
import { stemOfId } from "../../../domain/ids.ts";
import { anchorsOf } from "../anchors.ts";
import type { Relocation, Store } from "../../../ports/store.ts";
import type { Space } from "../space.ts";
import { PostgresTaskStore } from "../task/store.ts";
import { entryOf } from "../task/row.ts";

/** Tasks that are read at once. */
const PAGE = 500;

export class PostgresRelocation implements Relocation {
  readonly #tasks: PostgresTaskStore;

  constructor(readonly space: Space, readonly store: Store) {
    this.#tasks = new PostgresTaskStore(space);
  }

  async *tasks(): AsyncGenerator<readonly TaskEntry[], void> {
    let last = "";
    while (true) {
      const rows = await this.space.connection.read(
        `SELECT id, body, claim FROM coord.task WHERE ns = $1 AND id > $2 ORDER BY id LIMIT ${PAGE}`,
        [await this.space.ns(), last],
      );
      if (rows.length === 0) return;
      last = String(rows.at(-1)?.["id"]);
      yield rows.map(entryOf);
    }
  }

  async addTasks(entries: readonly TaskEntry[]): Promise<void> {
    await this.#tasks.keep(entries);
  }

  async lastFence(): Promise<number> {
    const [row] = await this.space.connection.read("SELECT fence FROM coord.space WHERE ns = $1", [
      await this.space.ns(),
    ]);
    return Number(row?.["fence"] ?? 0);
  }

  async raiseFence(fence: number): Promise<void> {
    await this.space.connection.write(
      "UPDATE coord.space SET fence = greatest(fence, $2) WHERE ns = $1",
      [await this.space.ns(), fence],
    );
  }

  async addReservations(entries: readonly ReservationEntry[]): Promise<void> {
    const rows = entries.map((entry) => {
      const { reservation, heartbeat, release, fence = null } = entry;
      const { reservation_id: id, exclusive = false, addresses } = reservation;
      return {
        id,
        stem: stemOfId(id).toLowerCase(),
        body: JSON.stringify(reservation),
        heartbeat: heartbeat === undefined ? null : JSON.stringify(heartbeat),
        release: release === undefined ? null : JSON.stringify(release),
        is_exclusive: exclusive,
        ends_ms: effectiveExpiry(entry),
        fence,
        anchors: release === undefined ? anchorsOf(addresses) : [],
      };
    });
    await this.space.connection.write(
      `WITH given AS (
         SELECT * FROM json_to_recordset($2::json) AS r(id text, stem text, body text, heartbeat text,
           release text, is_exclusive boolean, ends_ms float8, fence bigint, anchors json)
       ), added AS (
         INSERT INTO coord.reservation (ns, id, stem, body, heartbeat, release, version, is_exclusive,
           is_unsettled, ends_ms, fence)
         SELECT $1, id, stem, body, heartbeat, release, 0, is_exclusive, false, ends_ms, fence
         FROM given ON CONFLICT (ns, id) DO NOTHING RETURNING id)
       INSERT INTO coord.anchor (ns, id, anchor, symbol)
       SELECT $1, g.id, a.anchor, a.symbol FROM added JOIN given g USING (id),
         json_to_recordset(g.anchors) AS a(anchor text, symbol text)`,
      [await this.space.ns(), JSON.stringify(rows)],
    );
  }
}
