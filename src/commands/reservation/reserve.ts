import { RESERVATION_TTL_S, WAIT_S } from "../../domain/limits.ts";
import {
  EXCLUSIVE,
  RESERVATION_INPUTS,
  type ReservationConflicts,
  type ReservationDenied,
  type ReservationGranted,
  type ReservationInput,
} from "../../engine/reservation/types.ts";
import { elsewhere } from "../../domain/reservation/conflict.ts";
import type { AnswerCommand, Block } from "../command.ts";
import { NOTE, OPTIONAL_RUN_ID } from "../flags.ts";
import { fromHere, PATH_DETAILS, PATH_FLAGS } from "../paths.ts";
import { ADDRESSES, BRANCH, OPERATION } from "./flags.ts";
import { addressesText, agentText, clipped, column, shortId } from "../text.ts";

export const reserve: AnswerCommand<ReservationGranted | ReservationDenied, ReservationInput> = {
  details:
    "Record an advisory notice. Overlapping reservations and lanes are reported but do not stop " +
    "you. With --exclusive it is all or nothing. If an exclusive reservation or a lane of another " +
    "agent overlaps, nothing is held, and the exit code is 1. Notices are reported, and with " +
    "--strict they are in the way as well. With --wait it is tried again as soon as what is in the " +
    "way has ended. Agents that wait are served in the order in which they came, and before one that " +
    "does not wait. SIGINT and SIGTERM end the wait early. An address is path, path::symbol, or a " +
    "glob in either part. A reservation whose answer cannot be delivered is released. " +
    PATH_DETAILS,
  examples: [
    `reserve "src/billing.py::total" --run-id agent-7 --op modify`,
    `reserve "src/auth/**" docs/auth.md --run-id agent-7 --ttl 600 --exclusive`,
  ],
  grows: true,
  operands: [ADDRESSES],
  flags: {
    "run-id": OPTIONAL_RUN_ID,
    ttl: {
      type: "duration",
      summary: "how long it lasts without a heartbeat",
      placeholder: "DURATION",
      default: RESERVATION_TTL_S.default,
      field: RESERVATION_INPUTS.reserve.ttl,
    },
    note: NOTE,
    op: OPERATION,
    branch: BRANCH,
    exclusive: {
      type: "boolean",
      summary: "lock: refuse if another agent's exclusive reservation or lane overlaps",
    },
    strict: {
      type: "boolean",
      summary: "with --exclusive: refuse if another agent's notice overlaps, too",
    },
    wait: {
      type: "duration",
      summary: "with --exclusive: wait while others are in the way, at most this long",
      placeholder: "DURATION",
      default: WAIT_S.default,
      field: RESERVATION_INPUTS.reserve.wait,
    },
    renew: {
      type: "boolean",
      summary: "extend your own reservation that holds all of it, and make no second one",
    },
    ...PATH_FLAGS,
  },
  check({ exclusive, strict, wait, renew, runId }) {
    if (exclusive !== true) {
      const needing = Object.entries({ strict, wait }).filter(([, value]) =>
        value !== undefined && value !== false
      );
      const message = "needs --exclusive: a notice is in no agent's way";
      if (needing.length > 0) {
        return needing.map(([field]) => ({ field, code: "bad_args", message }));
      }
    }
    if (exclusive !== true && renew !== true) return [];
    const flag = exclusive === true ? "--exclusive" : "--renew";
    const messages = runId === undefined
      ? [`is required with ${flag}, or $COORD_RUN_ID`]
      : EXCLUSIVE.runId.problems(runId);
    return messages.map((message) => ({ field: "runId", code: "bad_args", message }));
  },
  async run(context, values) {
    const reservations = await context.reserving();
    const input = fromHere(context, values);
    const stopped = {
      status: "conflict",
      conflicts: [],
      error: "Cannot reserve: the call was stopped",
    };
    // A call that does not wait is ended by a signal as usual.
    const waits = (values.wait ?? WAIT_S.default) > 0;
    let answer: ReservationGranted | ReservationDenied;
    try {
      answer = await reservations.reserve(waits ? { ...input, signal: context.stop } : input);
    } catch (error) {
      if (!waits || error !== context.stop.reason) throw error;
      return stopped;
    }
    if (answer.status === "reserved" && answer.renewed !== true) {
      const { reservation_id: id, run_id: runId } = answer;
      context.ifUndelivered(async () => {
        await reservations.release({ id, runId, reason: "cancelled", force: true });
        return stopped;
      });
    }
    return answer;
  },
  text(value) {
    const blocks: Block[] = [];
    if (value.status === "reserved") {
      blocks.push({
        fields: {
          reservation_id: value.reservation_id,
          run_id: value.run_id,
          branch: value.branch,
          ...(value.worktree === undefined ? {} : { worktree: value.worktree }),
          addresses: addressesText(value.addresses),
          operation: value.operation,
          exclusive: value.exclusive ? "yes" : undefined,
          fence: value.fence,
          ...(value.note === undefined ? {} : { note: value.note }),
          expires_at: value.expires_at,
          ...(value.renewed === true ? { renewed: "yes" } : {}),
          conflicts: counted(value),
        },
      });
    }
    if (value.conflicts.length > 0) {
      blocks.push("", {
        columns: [
          column("ADDRESS", "main"),
          column("THEIRS", "main"),
          column("HELD AS", "id"),
          column("RUN ID", "agent"),
          "BRANCH",
          "OP",
          column("EXPIRES AT", "time"),
        ],
        rows: value.conflicts.map((conflict) => [
          clipped(conflict.address),
          clipped(conflict.their_address),
          conflict.kind === "waiter"
            ? "waits"
            : conflict.kind === "lane"
            ? `lane ${clipped(conflict.lane)}`
            : `${shortId(conflict.reservation_id)}${elsewhere(conflict)}`,
          agentText(conflict.run_id),
          conflict.branch && clipped(conflict.branch),
          conflict.operation && clipped(conflict.operation),
          conflict.expires_at,
        ]),
      });
      const more = value.conflicts_total - value.conflicts.length;
      if (more > 0) blocks.push(`${value.conflicts_counted ? "" : "at least "}${more} more`);
    }
    return blocks;
  },
};

function counted({ conflicts_total: total, conflicts_counted: isCounted }: ReservationConflicts) {
  return isCounted ? total : `at least ${total}`;
}
