/** Reservations with what happened to them, the small tables, and the numbers that are counted up. */
import { parseTicket } from "../../../domain/glob/holds/ticket.ts";
import { type JsonObject, parseObject } from "../../../domain/json.ts";
import { parseTaxonomy } from "../../../domain/lane/taxonomy_json.ts";
import { UNKNOWN_RUN } from "../../../domain/limits.ts";
import {
  effectiveExpiry,
  type HeartbeatRecord,
  parseHeartbeat,
  parseIntent,
  parseRelease,
  parseReservation,
} from "../../../domain/reservation/reservation.ts";
import { stemOfId } from "../../../domain/ids.ts";
import { parsePause } from "../../../domain/task/keeping/pause.ts";
import { formatTime, writable } from "../../../domain/time.ts";
import { RECORD_KINDS } from "../../../domain/watch/event.ts";
import { anchorsOf } from "../anchors.ts";
import type { Row } from "../record.ts";
import { type Findings, placeOf, sameTexts, type Spot } from "./findings.ts";

const NO_OBJECT = "is not a JSON object";

const COLUMNS = `id, stem, body, heartbeat, release, is_exclusive, is_unsettled, ends_ms,
  ARRAY(SELECT json_build_array(anchor, symbol)::text FROM coord.anchor a
    WHERE a.ns = t.ns AND a.id = t.id) AS anchors`;

export async function checkHolds(findings: Findings): Promise<void> {
  for await (const row of findings.rows("reservation", "id", COLUMNS)) {
    findings.look("reservations");
    await checkReservation(findings, row);
  }
  for await (const row of findings.rows("intent", "id", "id, body")) {
    findings.look("intents");
    await checkText(findings, { table: "intent", key: "id", row }, parseIntent);
  }
}

/** Tickets, paused queues, and what claimers asked for. */
export async function checkOthers(findings: Findings): Promise<void> {
  for await (const row of findings.rows("ticket", "number", "number, body")) {
    findings.look("tickets");
    const spot = { table: "ticket", key: "number", row };
    await checkText(findings, spot, (value) => parseTicket(value) ?? "is no ticket");
  }
  for await (const row of findings.rows("pause", "queue", "queue, body")) {
    findings.look("paused_queues");
    const spot = { table: "pause", key: "queue", row };
    await checkText(findings, spot, parsePause, (queue) => ({
      queue,
      paused_at: formatTime(writable(Number(row["now"]))),
      paused_by: UNKNOWN_RUN,
    }));
  }
  for await (const row of findings.rows("claimer", "wanted", "wanted, wanted AS body")) {
    findings.look("claimers");
    const spot = { table: "claimer", key: "wanted", row };
    const parse = (value: JsonObject) =>
      Array.isArray(value["has"]) ? value : "names nothing that a claimer has";
    await checkText(findings, spot, parse);
  }
  for await (const row of findings.rows("taxonomy", "ns", "ns, body")) {
    findings.look("taxonomies");
    const problem = problemOf(row["body"], "", parseTaxonomy);
    if (problem === undefined) continue;
    const file = placeOf({ table: "taxonomy", key: "ns", row });
    const reason = `${problem}: set the lanes down again by "coord lane taxonomy FILE"`;
    // Without it a lane could be taken that the team keeps exclusive.
    await findings.add({ class: "settings", file, reason }, "hand");
  }
  for await (const row of findings.rows("gone", "ctid", "ctid, kind, body", WAS_SOUND)) {
    findings.look("removed_records");
    const isKind = RECORD_KINDS.some((kind) => kind === row["kind"]);
    const parse = (value: object) => isKind ? value : "is of no kind of record";
    await checkText(findings, { table: "gone", key: "ctid", row }, parse);
  }
}

/** A repair that moves a broken row leaves what every removal leaves. */
const WAS_SOUND = `AND NOT EXISTS (SELECT FROM coord.quarantine q
  WHERE q.ns = t.ns AND right(q.place, length(t.id) + 1) = '/' || t.id)`;

/** A record whose row has nothing else. One that has to stay there is replaced. */
async function checkText(
  findings: Findings,
  spot: Spot,
  parse: (value: JsonObject, id: string) => object | string,
  replacement?: (id: string) => object,
): Promise<void> {
  const id = String(spot.row[spot.key]);
  const reason = problemOf(spot.row["body"], id, parse);
  if (reason === undefined) return;
  const mend = () =>
    replacement === undefined
      ? findings.move(spot, reason)
      : findings.replace(spot, reason, { body: JSON.stringify(replacement(id)) });
  await findings.add({ class: "broken", file: placeOf(spot), reason }, mend);
}

/** What is wrong with a text that is to be a record; `undefined` when nothing is, and where there is none. */
function problemOf(
  text: unknown,
  id: string,
  parse: (value: JsonObject, id: string) => object | string,
): string | undefined {
  if (typeof text !== "string") return undefined;
  const value = parseObject(text);
  const parsed = value === undefined ? NO_OBJECT : parse(value, id);
  return typeof parsed === "string" ? parsed : undefined;
}

async function checkReservation(findings: Findings, row: Row): Promise<void> {
  const spot = { table: "reservation", key: "id", row };
  const file = placeOf(spot);
  const id = String(row["id"]);
  const endsMs = Number(row["ends_ms"]);
  const value = parseObject(String(row["body"]));
  const reservation = value === undefined ? NO_OBJECT : parseReservation(value, id);
  if (typeof reservation === "string") {
    const isHeld = row["release"] === null && endsMs > Number(row["now"]);
    const mend = isHeld ? "later" : () => findings.move(spot, reservation);
    await findings.add({ class: "broken", file, reason: reservation }, mend);
    return;
  }
  const { reservation_id: _, ...said } = value ?? {};
  const isOwn = typeof said["nonce"] === "string" && id.startsWith("sha256:");
  if (isOwn && await findings.asked.idOf(said) !== id) {
    const altered = "is not what was written under its id";
    await findings.add({ class: "altered", file, reason: altered }, "hand");
  }
  const heartbeat = problemOf(row["heartbeat"], id, parseHeartbeat);
  const release = problemOf(row["release"], id, parseRelease);
  const run = { reservation_id: id, run_id: UNKNOWN_RUN };
  const now = formatTime(writable(Number(row["now"])));
  const ends = formatTime(writable(endsMs));
  const stand: Record<string, object> = {
    // What others went by was when it ends, and whether it is released.
    ...(heartbeat && {
      heartbeat: {
        ...run,
        run_id: reservation.run_id,
        last_beat_at: now,
        extended_expires_at: ends,
      },
    }),
    ...(release && { release: { ...run, released_at: now, reason: "unknown" } }),
  };
  for (const [part, problem] of [["heartbeat", heartbeat], ["release", release]] as const) {
    if (problem === undefined) continue;
    const said = `has a ${part} that ${problem}`;
    const texts = Object.entries(stand).map(([name, value]) => [name, JSON.stringify(value)]);
    const mend = () => findings.replace(spot, said, Object.fromEntries(texts));
    await findings.add({ class: "broken", file, reason: said }, mend);
  }
  if (heartbeat !== undefined || release !== undefined) return;
  const beat = parseObject(String(row["heartbeat"])) as HeartbeatRecord | undefined;
  const derived: Row = {
    stem: stemOfId(id).toLowerCase(),
    is_exclusive: reservation.exclusive === true,
    ends_ms: effectiveExpiry({ reservation, heartbeat: beat, release: undefined }),
  };
  const wrong = Object.keys(derived).filter((name) => derived[name] !== row[name]);
  const anchors = row["release"] === null ? anchorsOf(reservation.addresses) : [];
  const wanted = anchors.map(({ anchor, symbol }) => [anchor, symbol]);
  if (
    sameTexts(wanted) !== sameTexts((row["anchors"] as string[]).map((text) => JSON.parse(text)))
  ) {
    wrong.push("anchors");
  }
  if (wrong.length === 0) return;
  const misfit = `does not fit its record: ${wrong.join(", ")}`;
  await findings.add({ class: "index", file, reason: misfit }, async () => {
    const { connection } = findings.space;
    const { rowCount } = await connection.write(
      `WITH changed AS (
         UPDATE coord.reservation t SET stem = $4, is_exclusive = $5, ends_ms = $6
         WHERE ns = $1 AND id = $2 AND md5(t::text) = $3 RETURNING ns, id
       ), gone AS (
         DELETE FROM coord.anchor a USING changed c WHERE a.ns = c.ns AND a.id = c.id
       ), added AS (
         INSERT INTO coord.anchor (ns, id, anchor, symbol) SELECT ns, id, anchor, symbol
         FROM changed, json_to_recordset($7::json) AS r(anchor text, symbol text)
       ) SELECT FROM changed`,
      [
        await findings.space.ns(),
        id,
        row["mark"],
        ...Object.values(derived),
        JSON.stringify(anchors),
      ],
    );
    return rowCount === 1 ? { repaired: "rebuilt" } : undefined;
  });
}

/** What a counter of the space must have reached: else a number would come again. */
const COUNTERS: Readonly<Record<string, string>> = {
  fence: "SELECT max(fence) FROM coord.reservation WHERE ns = s.ns",
  ticket: "SELECT max(number) FROM coord.ticket WHERE ns = s.ns",
  journal_end: "SELECT max(number) FROM coord.journal WHERE ns = s.ns",
};

export async function checkCounters(findings: Findings): Promise<void> {
  const { connection } = findings.space;
  const ns = await findings.space.ns();
  for (const [name, reached] of Object.entries(COUNTERS)) {
    findings.look("counters");
    const [low] = await connection.read(
      `SELECT ${name} AS count, (${reached}) AS reached FROM coord.space s
       WHERE ns = $1 AND ${name} < (${reached})`,
      [ns],
    );
    if (low === undefined) continue;
    const file = `coord.space/${findings.space.place.space}`;
    const reason = `counts ${name} to ${low["count"]}, and ${low["reached"]} was given out`;
    await findings.add({ class: "counter", file, reason }, async () => {
      await connection.write(
        `UPDATE coord.space s SET ${name} = greatest(${name}, (${reached})) WHERE ns = $1`,
        [ns],
      );
      return { repaired: "rebuilt" };
    });
  }
}
