/**
 * Tasks with their newest states, and what is derived from both.
 *
 * A state that cannot be read is replaced by what an unreadable one counts as, with a fence that no one
 * had: the task is free again after a minute, or counts as failed where it had ended.
 */
import { parseObject } from "../../../domain/json.ts";
import { brokenClaim } from "../../../domain/task/keeping/broken_claim.ts";
import { type ClaimRecord, claimTimedOut, grant, isTerminal } from "../../../domain/task/claim.ts";
import { claimableNext, courseOf } from "../../../domain/task/keeping/course.ts";
import { parseClaim } from "../../../domain/task/parse_claim.ts";
import { parseTask } from "../../../domain/task/task.ts";
import type { TaskEntry } from "../../../domain/task/listing.ts";
import { COLUMNS, rowOf, waitsOf } from "../task/row.ts";
import type { Row } from "../record.ts";
import { type Findings, type Mended, placeOf, sameTexts, type Spot } from "./findings.ts";

/** What is derived; when a row was written is not, and whether it is ready depends on the time. */
const DERIVED = Object.keys(COLUMNS).filter((name) =>
  !["id", "body", "claim", "ready", "due_ms", "written_ms"].includes(name)
);

const WAITS = `ARRAY(SELECT json_build_array(predecessor, is_timed)::text FROM coord.wait w
  WHERE w.ns = t.ns AND w.id = t.id) AS waits`;

export async function checkTasks(findings: Findings): Promise<void> {
  const columns = `${Object.keys(COLUMNS).join(", ")}, ${WAITS}`;
  for await (const row of findings.rows("task", "id", columns)) await checkTask(findings, row);
}

async function checkTask(findings: Findings, row: Row): Promise<void> {
  const spot: Spot = { table: "task", key: "id", row };
  const file = placeOf(spot);
  const id = String(row["id"]);
  findings.look("tasks");
  const value = parseObject(String(row["body"]));
  const task = value === undefined ? "is not a JSON object" : parseTask(value, id);
  const claim = row["claim"] === null ? undefined : claimOf(String(row["claim"]), id);
  if (claim !== undefined) findings.look("claims");
  if (typeof task === "string") {
    await findings.add(
      { class: "broken", file, reason: task },
      isWorkedAt(claim, row) ? "later" : () => findings.move(spot, task),
    );
    return;
  }
  if (typeof claim === "string") {
    const reason = `has a state that ${claim}`;
    await findings.add({ class: "broken", file, reason }, async () => {
      const next = replacement(row, id);
      const mended = await findings.replace(spot, reason, { claim: JSON.stringify(next) });
      if (mended !== undefined) await derive(findings, { task, claim: next }, row);
      return mended;
    });
    return;
  }
  const { task_id: _, ...said } = value ?? {};
  const isOwn = typeof said["nonce"] === "string" && id.startsWith("sha256:");
  if (isOwn && await findings.asked.idOf(said) !== id) {
    const reason = "is not what was written under its id";
    await findings.add({ class: "altered", file, reason }, "hand");
  }
  const reason = wrongOf({ task, claim }, row);
  if (reason === undefined) return;
  const mend = () => derive(findings, { task, claim }, row, row["mark"]);
  await findings.add({ class: "index", file, reason }, mend);
}

function claimOf(text: string, id: string): ClaimRecord | string {
  const value = parseObject(text);
  return value === undefined ? "is not a JSON object" : parseClaim(value, id);
}

/** The definition of a task that an agent works at stays until the agent is done: its calls look for it. */
function isWorkedAt(claim: ClaimRecord | string | undefined, row: Row): boolean {
  return typeof claim === "object" && !isTerminal(claim) &&
    !claimTimedOut(claim, Number(row["now"]));
}

/** What stands in for a state that cannot be read. */
function replacement(row: Row, id: string): ClaimRecord {
  const transition = Math.max(1, Number(row["transition"]));
  const claim = brokenClaim(id, transition, Number(row["written_ms"]));
  const [, legible = 0] = /"fence"\s*:\s*(\d{1,15})/.exec(String(row["claim"])) ?? [];
  const fence = Math.max(transition, Number(legible));
  if (row["is_over"] !== true) return { ...claim, fence };
  return { ...claim, fence, status: "failed", error: "the state cannot be read" };
}

/** What does not fit the record among what is derived from it; `undefined` where all does. */
function wrongOf(entry: TaskEntry, row: Row): string | undefined {
  const now = Number(row["now"]);
  const derived = rowOf(entry, now);
  const wrong = DERIVED.filter((name) => plainText(derived[name]) !== plainText(row[name]));
  if (isMissed(entry, row, now)) wrong.push(row["due_ms"] === null ? "ready" : "due_ms");
  const waits = waitsOf(entry.task).map(({ predecessor, is_timed }) => [predecessor, is_timed]);
  const there = (row["waits"] as string[]).map((text) => JSON.parse(text));
  if (sameTexts(waits) !== sameTexts(there)) wrong.push("waits");
  return wrong.length === 0 ? undefined : `does not fit its record: ${wrong.join(", ")}`;
}

/** Whether no claim finds a task by the index in time. */
function isMissed({ task, claim }: TaskEntry, row: Row, now: number): boolean {
  if (row["ready"] === true) return false;
  const next = claimableNext(courseOf(task, claim), now) ?? Infinity;
  const due = row["due_ms"] === null ? Infinity : Number(row["due_ms"]);
  const asked = { task, now, runId: "", ttlSeconds: 1, nonce: "" };
  const isClaimable = grant(asked)(claim).kind === "write";
  return isClaimable ? due > now : due > next;
}

/** The same text for what a row has and for what is to be in it. */
function plainText(value: unknown): string {
  return Array.isArray(value) ? JSON.stringify(value.map(plainText)) : String(value);
}

/**
 * Makes again what is derived from a record.
 *
 * @param mark Of the row that this follows from; else that of the record is enough.
 */
async function derive(
  { space }: Findings,
  entry: TaskEntry,
  row: Row,
  mark?: unknown,
): Promise<Mended | undefined> {
  const { connection } = space;
  const now = Number(row["now"]);
  const names = [...DERIVED, "ready", "due_ms"];
  const typed = names.map((name) => `${name} ${COLUMNS[name]}`).join(", ");
  const waits = waitsOf(entry.task);
  const { rowCount } = await connection.write(
    `WITH changed AS (
       UPDATE coord.task t SET ${names.map((name) => `${name} = r.${name}`).join(", ")}
       FROM json_to_record($3::json) AS r(${typed})
       WHERE t.ns = $1 AND t.id = $2
         AND CASE WHEN $6::text IS NULL THEN t.claim = $5 ELSE md5(t::text) = $6 END
       RETURNING t.id
     ), gone AS (
       DELETE FROM coord.wait w USING changed WHERE w.ns = $1 AND w.id = changed.id
         AND w.predecessor <> ALL (SELECT r.predecessor FROM json_to_recordset($4::json) AS r(predecessor text))
     ), waits AS (
       INSERT INTO coord.wait (ns, id, predecessor, is_timed)
       SELECT $1, changed.id, r.predecessor, r.is_timed
       FROM changed, json_to_recordset($4::json) AS r(predecessor text, is_timed boolean)
       ON CONFLICT (ns, predecessor, id) DO UPDATE SET is_timed = excluded.is_timed
     ) SELECT FROM changed`,
    [
      await space.ns(),
      row["id"],
      JSON.stringify(rowOf(entry, now)),
      JSON.stringify(waits),
      entry.claim === undefined ? null : JSON.stringify(entry.claim),
      mark ?? null,
    ],
  );
  return rowCount === 1 ? { repaired: "rebuilt" } : undefined;
}
