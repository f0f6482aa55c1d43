/**
 * The journal of lanes: each entry can be read, and from where it begins no number is missing.
 *
 * It is mended by a checkpoint of all that can be read, from which it begins then. Rows that cannot be read
 * go to quarantine; the numbers of those that were lost are not given again.
 */
import { checkpointEntry, isCompactable } from "../../../domain/journal/checkpoint.ts";
import { LaneState } from "../../../domain/journal/fold.ts";
import { parseLine } from "../../../domain/journal/line.ts";
import type { Row } from "../record.ts";
import { type Findings, type Mended, placeOf, type Spot } from "./findings.ts";

const COLUMNS = "number, entry";

export async function checkJournal(findings: Findings): Promise<void> {
  const { connection } = findings.space;
  let mending: Promise<Mended | undefined> | undefined;
  const mend = () => mending ??= restart(findings);
  const found = (file: string, reason: string) =>
    findings.add({ class: "journal", file, reason }, mend);
  for await (const row of findings.rows("journal", "number", COLUMNS)) {
    findings.look("journal_entries");
    const reason = problemOf(row);
    if (reason !== undefined) await found(placeOf(spotOf(row)), reason);
  }
  if (mending !== undefined) return;
  const [row] = await connection.read(
    `SELECT journal_start AS start, journal_end AS end, (
       SELECT entry FROM coord.journal j WHERE j.ns = s.ns AND number = journal_start
     ) AS first, ARRAY(
       SELECT n FROM generate_series(journal_start, journal_end) n
       WHERE NOT EXISTS (SELECT FROM coord.journal j WHERE j.ns = s.ns AND j.number = n) LIMIT 9
     ) AS missing FROM coord.space s WHERE ns = $1`,
    [await findings.space.ns()],
  );
  const file = "coord.journal";
  const missing = row?.["missing"] as readonly unknown[] ?? [];
  if (missing.length > 0) return await found(file, `has no entry ${missing.join(", ")}`);
  if (Number(row?.["start"]) === 1) return;
  const line = parseLine(String(row?.["first"]));
  if (line?.kind !== "entry" || line.entry.op === "CHECKPOINT") return;
  await found(file, `begins at ${row?.["start"]}, which is no checkpoint`);
}

function spotOf(row: Row): Spot {
  return { table: "journal", key: "number", row };
}

function problemOf(row: Row): string | undefined {
  const line = parseLine(String(row["entry"]));
  return line === undefined ? "is empty" : line.kind === "corrupt" ? line.reason : undefined;
}

/** Begins again, from what all entries that can be read come to. */
async function restart(findings: Findings): Promise<Mended | undefined> {
  const { space } = findings;
  const ns = await space.ns();
  return await space.connection.transaction("READ COMMITTED", async (ask) => {
    const { rows: [place] } = await ask(
      "SELECT journal_end AS end FROM coord.space WHERE ns = $1 FOR NO KEY UPDATE",
      [ns],
    );
    const all = await ask(
      `SELECT ${COLUMNS} FROM coord.journal WHERE ns = $1 ORDER BY number`,
      [ns],
    );
    const fold = new LaneState();
    const broken: Row[] = [];
    let last = Number(all.rows[0]?.["number"] ?? 1) - 1;
    const lose = (raw: string) => fold.lose({ kind: "corrupt", reason: "is lost", raw });
    for (const row of all.rows) {
      while (++last < Number(row["number"])) lose("");
      const line = parseLine(String(row["entry"]));
      if (line?.kind === "entry") fold.apply(line.entry);
      else lose(String(row["entry"])), broken.push(row);
    }
    const end = Math.max(last, Number(place?.["end"]));
    while (last++ < end) lose("");
    if (!isCompactable(fold)) return undefined;
    const reason = "the entry cannot be read";
    const places: string[] = [];
    for (const row of broken) places.push(await findings.keepIn(ask, spotOf(row), reason));
    await ask("DELETE FROM coord.journal WHERE ns = $1 AND number = ANY($2)", [
      ns,
      broken.map((row) => row["number"]),
    ]);
    const checkpoint = checkpointEntry(fold, await space.now(ask));
    await ask("INSERT INTO coord.journal (ns, number, entry) VALUES ($1, $2, $3)", [
      ns,
      end + 1,
      JSON.stringify(checkpoint),
    ]);
    await ask("UPDATE coord.space SET journal_start = $2, journal_end = $2 WHERE ns = $1", [
      ns,
      end + 1,
    ]);
    const [kept] = places;
    return { repaired: "rebuilt", ...(kept !== undefined && { kept }) };
  });
}
