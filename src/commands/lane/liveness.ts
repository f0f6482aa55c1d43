import type { LaneLiveness } from "../../domain/lane/liveness.ts";
import { LIVENESS_S } from "../../domain/limits.ts";
import { LANE_INPUTS } from "../../engine/lane/inputs.ts";
import type { LaneLivenessInput } from "../../engine/lane/types.ts";
import type { AnswerCommand } from "../command.ts";
import { LANE, LOOP_TS } from "./flags.ts";
import { secondsText } from "./text.ts";

export const liveness: AnswerCommand<LaneLiveness & { readonly lane: string }, LaneLivenessInput> =
  {
    details:
      "ADVANCING: there are commits after SHA, or events of the lease in the journal, or it " +
      "is too early to judge. SPINNING: the holder sends heartbeats, and nothing else " +
      "happens. STALLED: not even that. Commits are read from the checkout's own log of HEAD.",
    examples: ["lane liveness --lane api --since 3f9a2c1"],
    operands: [],
    flags: {
      lane: LANE,
      "loop-ts": LOOP_TS,
      since: {
        type: "text",
        summary: "count commits after this one",
        placeholder: "SHA",
        field: LANE_INPUTS.liveness.since,
      },
      spin: {
        type: "duration",
        summary: "how long a holder may be silent and still counts as alive",
        placeholder: "DURATION",
        default: LIVENESS_S.spin,
        field: LANE_INPUTS.liveness.spin,
      },
      grace: {
        type: "duration",
        summary: "how long a holder may make no progress before it counts as spinning",
        placeholder: "DURATION",
        default: LIVENESS_S.grace,
        field: LANE_INPUTS.liveness.grace,
      },
    },
    async run(context, values) {
      const coord = await context.open();
      return coord.lanes.liveness(values);
    },
    text({ lane, verdict, reason, evidence }) {
      return {
        fields: {
          lane,
          verdict,
          reason,
          commits: evidence.commits ?? "unknown",
          journal_events: evidence.journal_events,
          held: secondsText(evidence.held_s),
          heartbeat_age: secondsText(evidence.heartbeat_age_s),
          process: evidence.pid_alive === null
            ? "unknown"
            : evidence.pid_alive
            ? "runs"
            : "is gone",
        },
      };
    },
  };
