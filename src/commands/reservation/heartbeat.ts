import { type Progress, progress as steps, readProgress } from "../../domain/input/progress.ts";
import {
  type AnyHeartbeat,
  type AnyHeartbeatInput,
  HEARTBEAT_FIELDS,
} from "../../engine/holds/heartbeat.ts";
import type { MineHeartbeat } from "../../engine/holds/mine.ts";
import type { InputProblem } from "../../domain/errors.ts";
import type { AnswerCommand } from "../command.ts";
import { FENCE, NOTE, RUN_ID } from "../flags.ts";
import { progressText } from "../text.ts";
import { holdsText, idProblems } from "./mine.ts";

type HeartbeatValues = Omit<AnyHeartbeatInput, "progress" | "id"> & {
  readonly id?: string;
  readonly mine?: boolean;
  readonly progress?: string;
};

export const heartbeat: AnswerCommand<AnyHeartbeat | MineHeartbeat, HeartbeatValues> = {
  details:
    "Extend your reservation, or your claim on a task, to the given time from now, by default as long as " +
    "it was made for. It is never shortened. With --mine: all that you hold, lanes too, which " +
    "keep their own TTL. A note and the progress stay until you say something else; an empty " +
    "note takes it away. An exclusive reservation that has lapsed has ended and does " +
    "not come back. already_released or expired, exit code 1, means to stop work.",
  examples: [
    "heartbeat 3f9a2c --run-id agent-7 --extension 10m",
    `heartbeat 3f9a2c --run-id agent-7 --progress 3/10 --note "tests are green"`,
    "heartbeat --mine --run-id agent-7",
  ],
  operands: [{
    name: "ID",
    summary: "the reservation or the task: its id, or at least 6 of its first hex digits",
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
    mine: { type: "boolean", summary: "all that you hold" },
    fence: {
      ...FENCE,
      summary:
        "refuse unless this is still the fence of the claim, or of the exclusive reservation",
    },
    note: NOTE,
    progress: {
      type: "text",
      summary: "how far you are, such as 3/10",
      placeholder: "N/M",
      field: { code: "bad_args", problems: (text) => progressProblems(String(text)) },
    },
  },
  check({ id, mine, fence }): InputProblem[] {
    const problems = idProblems(id, mine);
    if (mine !== true || fence === undefined) return problems;
    const message = "cannot go together with --mine";
    return [...problems, { field: "fence", code: "bad_args", message }];
  },
  async run(context, { progress, id = "", mine, fence, ...values }) {
    const coord = await context.open();
    const input = {
      ...values,
      ...(progress === undefined ? {} : { progress: readProgress(progress) as Progress }),
    };
    if (mine === true) return coord.heartbeatMine(input);
    return coord.heartbeat({ ...input, id, ...(fence === undefined ? {} : { fence }) });
  },
  text(value) {
    if ("holds" in value) {
      return holdsText(value, (hold) => "expires_at" in hold ? hold.expires_at : null);
    }
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
