import { FOLDERS, RECORD_KINDS } from "../../domain/watch/event.ts";
import { GRACE_S } from "../../domain/limits.ts";
import { GC_FIELDS, type GcInput, type GcReport } from "../../engine/upkeep/gc.ts";
import type { AnswerCommand, Block } from "../command.ts";
import { column, counted, shortId } from "../text.ts";

/** Records that the text lists; `--json` gives all. */
const SHOWN = 50;

/** `2 records: 1 reservation, 1 task` */
function countsLine({ total, counts }: GcReport): string {
  const parts = RECORD_KINDS.filter((kind) => (counts[kind] ?? 0) > 0).map((kind) => {
    const count = counts[kind] ?? 0;
    return `${count} ${count === 1 ? kind : FOLDERS[kind]}`;
  });
  return `${counted(total, "record")}: ${parts.join(", ")}`;
}

export const gc: AnswerCommand<GcReport, GcInput> = {
  details:
    "Delete reservations that were released or expired, with their heartbeats and releases, and " +
    "intents whose reservation is gone. Delete tasks that ended or expired, with their claims. " +
    "Each only when it ended longer ago than the grace. Failed and cancelled tasks are kept for 90 days " +
    "where neither --grace nor coord.json's retention says otherwise. A task with a key stays for a " +
    "day after it was added. Without --execute, only list " +
    "what would be deleted. Commands that add tasks and reservations start `gc --auto` once a day, " +
    "beside themselves.",
  examples: ["gc", "gc --grace 1d --json"],
  operands: [],
  flags: {
    execute: { type: "boolean", summary: "delete it" },
    auto: { type: "boolean", summary: "delete it if that was last done a day ago or longer" },
    grace: {
      type: "duration",
      summary: "keep what ended less than this ago",
      placeholder: "DURATION",
      default: GRACE_S.default,
      field: GC_FIELDS.grace,
    },
  },
  async run(context, values) {
    const coord = await context.open();
    return coord.gc(values);
  },
  text(report) {
    const { executed, items, total, put_off, due_at } = report;
    if (put_off) return `Nothing to do before ${due_at}`;
    if (total === 0) return "Nothing to delete";
    const blocks: Block[] = [{
      columns: ["KIND", column("ID", "id"), column("REASON", "main")],
      rows: items.slice(0, SHOWN).map(({ kind, id, reason }) => [kind, shortId(id), reason]),
    }];
    if (total > SHOWN) blocks.push(`and ${total - SHOWN} more`);
    blocks.push(
      "",
      executed
        ? `Removed ${countsLine(report)}`
        : `Dry run, would be deleted: ${countsLine(report)}`,
    );
    return blocks;
  },
};
