import type { WorkspaceStatus } from "../../engine/watch/status.ts";
import type { AnswerCommand, Block } from "../command.ts";
import { agentText, column, duration, shortId } from "../text.ts";
import { leaseTable } from "../lane/text.ts";
import { countsLine } from "../task/tasks.ts";

/** Timed-out claims, and leases, that the text lists; `--json` gives all. */
const SHOWN = 20;

export const status: AnswerCommand<WorkspaceStatus> = {
  operands: [],
  flags: {},
  examples: ["status", "status --json"],
  async run(context) {
    const opened = await context.status();
    return opened.status();
  },
  text(value) {
    const { oldest_pending: oldest, timed_out_claims: late } = value;
    const records = Object.entries(value.records).filter(([, count]) => count > 0)
      .map(([folder, count]) => `${folder} ${count}`);
    const blocks: Block[] = [{
      fields: {
        workspace: value.workspace,
        found_by: value.found_by,
        queue: countsLine(value.tasks),
        oldest_pending: oldest === null
          ? null
          : `${shortId(oldest.task_id)}, for ${duration(oldest.age_seconds)}`,
        timed_out_claims: late.length,
        live_reservations: value.live_reservations,
        live_leases: value.live_leases,
        records: records.length === 0 ? null : records.join(", "),
      },
    }];
    const { paused_queues: paused } = value;
    if (paused.length > 0) {
      blocks.push("", {
        columns: [
          "PAUSED QUEUE",
          column("SINCE", "time"),
          column("BY", "agent"),
          column("REASON", "main"),
        ],
        rows: paused.slice(0, SHOWN).map(({ queue, paused_at, paused_by, reason }) => [
          queue,
          paused_at,
          agentText(paused_by),
          reason,
        ]),
      });
    }
    if (paused.length > SHOWN) blocks.push(`and ${paused.length - SHOWN} more`);
    if (late.length > 0) {
      blocks.push("", {
        columns: [column("TASK", "id"), column("CLAIMER", "agent"), column("TIMED OUT AT", "time")],
        rows: late.slice(0, SHOWN).map((claim) => [
          shortId(claim.task_id),
          claim.claimer_run_id && agentText(claim.claimer_run_id),
          claim.expires_at,
        ]),
      });
    }
    if (late.length > SHOWN) blocks.push(`and ${late.length - SHOWN} more`);
    const { leases } = value;
    if (leases.length > 0) blocks.push("", leaseTable(leases.slice(0, SHOWN)));
    if (leases.length > SHOWN) blocks.push(`and ${leases.length - SHOWN} more`);
    return blocks;
  },
};
