import type { Status } from "../../engine/coord.ts";
import type { AnswerCommand, Block } from "../command.ts";
import { shortId } from "../task/task_text.ts";
import { countsLine } from "../task/tasks.ts";

/** Timed-out claims that the text lists; `--json` gives all. */
const SHOWN_CLAIMS = 20;

export const status: AnswerCommand<Status> = {
  operands: [],
  flags: {},
  examples: ["status", "status --json"],
  async run(context) {
    const coord = await context.open();
    return coord.status();
  },
  text(value) {
    const { oldest_pending: oldest, timed_out_claims: late } = value;
    const records = Object.entries(value.records).filter(([, count]) => count > 0)
      .map(([folder, count]) => `${folder} ${count}`);
    const blocks: Block[] = [{
      fields: {
        workspace: value.workspace,
        queue: countsLine(value.tasks),
        oldest_pending: oldest === null
          ? null
          : `${shortId(oldest.task_id)}, for ${duration(oldest.age_seconds)}`,
        timed_out_claims: late.length,
        records: records.length === 0 ? null : records.join(", "),
      },
    }];
    if (late.length > 0) {
      blocks.push("", {
        columns: ["TASK", "CLAIMER", "TIMED OUT AT"],
        rows: late.slice(0, SHOWN_CLAIMS).map((claim) => [
          shortId(claim.task_id),
          claim.claimer_run_id,
          claim.expires_at,
        ]),
      });
    }
    if (late.length > SHOWN_CLAIMS) blocks.push(`and ${late.length - SHOWN_CLAIMS} more`);
    return blocks;
  },
};

/** `42 s`, `3 min 5 s`, `2 h 10 min`, `5 d 3 h` */
export function duration(seconds: number): string {
  const whole = Math.floor(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  if (whole < 86_400) return `${Math.floor(whole / 3_600)} h ${Math.floor(whole % 3_600 / 60)} min`;
  return `${Math.floor(whole / 86_400)} d ${Math.floor(whole % 86_400 / 3_600)} h`;
}
