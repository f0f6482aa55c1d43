import type { TaskAttempt } from "../../domain/task/attempts.ts";
import { SHOW_INPUT, type Shown } from "../../engine/watch/show.ts";
import type { AnswerCommand, Block, Cell } from "../command.ts";
import { entriesTable } from "../journal/tail.ts";
import { leaseTable } from "../lane/text.ts";
import { taskFields } from "../task/text.ts";
import { agentText, clipped, column, remarksCells, remarksColumn, shortId } from "../text.ts";

/** Other tasks that the text names; `--json` gives all. */
const NAMED = 20;

export const show: AnswerCommand<Shown, { readonly id: string }> = {
  details:
    "Show one record with its history. A task has the first and the last 10 attempts at it. Of " +
    "each it says who had the task, since when, how that ended and why, and the last note. It " +
    "also has what it waits for, and what waits for it. A " +
    "reservation has its last heartbeat and its release. A lane has what the journal last says of " +
    "it. Intents are shown as they are. A key means its unfinished task, or else the newest. Where " +
    "the name of a lane or a key looks like an id, write lane:NAME or key:KEY.",
  examples: [
    "show 3f9a2c",
    "show 3f9a2c --json",
    "show api",
    "show key:nightly",
    "show 3f9a2c --print attempts.0.error",
  ],
  operands: [{
    name: "ID",
    summary:
      "the record: its id, or at least 6 of its first hex digits; a task's key; or the name of a lane",
    required: true,
    field: SHOW_INPUT.id,
    as: "id",
  }],
  flags: {},
  async run(context, { id }) {
    const coord = await context.open();
    return coord.show(id);
  },
  // Its `status` is the record's: nothing was refused.
  exitCode: () => 0,
  text(value) {
    if (value.kind === "task") return taskBlocks(value);
    if (value.kind === "lane") return laneBlocks(value);
    if (value.kind === "intent") return { fields: { ...heading(value), ...cells(value.intent) } };
    return { fields: { ...heading(value), ...cells(value.reservation) } };
  },
};

function heading({ kind, status }: Shown) {
  return { kind, status };
}

/** The fields of a record that a line has room for. */
function cells(record: object): Record<string, Cell> {
  const { status: _status, nonce: _nonce, ...others } = record as Record<string, unknown>;
  return Object.fromEntries(Object.entries(others).map(([key, value]) => [key, cellOf(value)]));
}

function cellOf(value: unknown): Cell {
  if (value === "") return undefined;
  if (typeof value === "number" || typeof value === "string") return value;
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (value === null || value === undefined) return undefined;
  if (Array.isArray(value) && value.every((each) => typeof each === "string")) {
    return value.length === 0 ? undefined : value.join(", ");
  }
  return JSON.stringify(value);
}

function taskBlocks(value: Extract<Shown, { kind: "task" }>): Block[] {
  const { task, claim, attempts, blocked_by: by, status } = value;
  const held = status === "claimed" || status === "timed_out" ? claim : null;
  const blocks: Block[] = [{
    fields: {
      ...heading(value),
      ...taskFields(task),
      expires_at: held?.expires_at,
      heartbeat_at: held?.heartbeat_at,
      retry_at: status === "delayed" ? claim?.retry_at : undefined,
      requeued_by: claim?.requeued_by,
      requeue_reason: claim?.requeue_reason,
      ended_at: claim?.ended_at,
      cancelled_by: claim?.cancelled_by,
      result: claim === null || claim.result === null ? undefined : JSON.stringify(claim.result),
      error: claim?.error ?? undefined,
      blocked_by: listed(by.map((each) => `${shortId(each.task_id)} (${each.status})`)),
      blocks: listed(value.blocks.map(shortId)),
    },
  }];
  if (attempts.length === 0) return blocks;
  const said = remarksColumn(attempts);
  const skipped = skippedText(attempts);
  return [...blocks, "", {
    columns: [
      "ATTEMPT",
      "FENCE",
      column("RUN ID", "agent"),
      column("CLAIMED", "time"),
      column("ENDED", "time"),
      column("END", "state"),
      column("ERROR", "main"),
      ...said,
    ],
    rows: attempts.map((each) => [
      each.attempt,
      each.fence,
      agentText(each.run_id),
      each.claimed_at,
      each.ended_at,
      each.end,
      each.error === null ? null : clipped(each.error),
      ...remarksCells(said, each),
    ]),
  }, ...(skipped === undefined ? [] : [skipped])];
}

/** As many as a line has room for. */
function listed(names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  const more = names.length > NAMED ? `, and ${names.length - NAMED} more` : "";
  return names.slice(0, NAMED).join(", ") + more;
}

/** What is said of the attempts between the first and the last, which are not kept. */
function skippedText(attempts: readonly TaskAttempt[]): string | undefined {
  const all = (attempts.at(-1)?.attempt ?? 0) - (attempts[0]?.attempt ?? 1) + 1;
  const count = all - attempts.length;
  return count > 0 ? `${count} attempts between are not kept` : undefined;
}

function laneBlocks(value: Extract<Shown, { kind: "lane" }>): Block[] {
  const { lane, entries } = value;
  return [
    lane === null ? { fields: heading(value) } : leaseTable([lane]),
    ...(entries.length === 0 ? [] : ["", entriesTable(entries)]),
  ];
}
