import { type Progress, progress as steps, readProgress } from "../../domain/input/progress.ts";
import {
  type AnyHeartbeat,
  type AnyHeartbeatInput,
  HEARTBEAT_FIELDS,
} from "../../engine/holds/heartbeat.ts";
import type { AnswerCommand } from "../command.ts";
import { FENCE, NOTE, RUN_ID } from "../flags.ts";
import { progressText } from "../text.ts";

type HeartbeatValues = Omit<AnyHeartbeatInput, "progress"> & { readonly progress?: string };

export const heartbeat: AnswerCommand<AnyHeartbeat, HeartbeatValues> = {
  details: "Extend your reservation, or your claim on a task, to the given time from now; " +
    "it never shortens it. An exclusive reservation that has lapsed has ended and does " +
    "not come back. already_released or expired, exit code 1, means to stop work.",
  examples: [
    "heartbeat 3f9a2c --run-id agent-7 --extension 10m",
    `heartbeat 3f9a2c --run-id agent-7 --progress 3/10 --note "tests are green"`,
  ],
  operands: [{
    name: "ID",
    summary: "the reservation or the task: its id, or at least 6 of its first hex digits",
    required: true,
    field: HEARTBEAT_FIELDS.id,
    as: "id",
  }],
  flags: {
    "run-id": RUN_ID,
    extension: {
      type: "duration",
      summary: "how long from now",
      placeholder: "DURATION",
      field: HEARTBEAT_FIELDS.extension,
    },
    fence: FENCE,
    note: NOTE,
    progress: {
      type: "text",
      summary: "how far you are, such as 3/10",
      placeholder: "N/M",
      field: { code: "bad_args", problems: (text) => progressProblems(String(text)) },
    },
  },
  async run(context, { progress, ...values }) {
    const coord = await context.open();
    if (progress === undefined) return coord.heartbeat(values);
    return coord.heartbeat({ ...values, progress: readProgress(progress) as Progress });
  },
  text(value) {
    if (value.status !== "ok") return value.error;
    const { status: _status, extended_expires_at: _same, progress, ...fields } = value;
    const said = progress === undefined ? {} : { progress: progressText(progress) };
    return { fields: { ...fields, ...said } };
  },
};

function progressProblems(text: string): readonly string[] {
  const read = readProgress(text);
  return typeof read === "string" ? ["must be N/M, such as 3/10"] : steps.problems(read);
}
