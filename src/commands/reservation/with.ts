import type { HoldConflict } from "../../domain/glob/holds/comparison.ts";
import type { InputProblem } from "../../domain/errors.ts";
import type { LaneConflict } from "../../domain/lane/arbiter.ts";
import * as laneFields from "../../domain/lane/fields.ts";
import { WAIT_S, WORK_MS, WORK_TTL_S } from "../../domain/limits.ts";
import { WITH_FIELDS, type WithInput, type WithRefused } from "../../engine/holds/with.ts";
import { HostError } from "../../ports/host.ts";
import type { AnswerCommand, CommandContext } from "../command.ts";
import { CMD, NOTE, RUN_ID } from "../flags.ts";
import { fromHere, PATH_DETAILS, PATH_FLAGS } from "../paths.ts";
import { ADDRESSES } from "./flags.ts";

/** What `with` answers. */
interface WithAnswer {
  /** `done`: CMD ran, and all was held to its end. `not_started`: there is no such program. */
  readonly status: "done" | "not_started" | WithRefused["status"];
  /** Who held it. */
  readonly run_id: string;
  /** The reservation, if addresses were held. */
  readonly reservation_id: string | null;
  /** The lane, if one was held. */
  readonly lane: string | null;
  /** Of the lane, else of the reservation; a notice has none. */
  readonly fence: number | null;
  /** Of CMD, as a shell has it when it could not be started; null when it was not to be. */
  readonly command_exit_code: number | null;
  /** What was in the way. */
  readonly conflicts: readonly (HoldConflict | LaneConflict)[];
  /** Why it is not done. */
  readonly error?: string;
}

interface WithValues extends Omit<WithInput, "signal" | "base"> {
  readonly command: readonly [string, ...string[]];
}

/** Exit codes as shells and `timeout` have them: not found, no program, ended by SIGTERM. */
const NOT_FOUND = 127;
const NO_PROGRAM = 126;
const LOST = 143;

export const withHolds: AnswerCommand<WithAnswer, WithValues> = {
  details:
    "Hold the addresses exclusively, a lane, or both while CMD runs, and give them back at its end, " +
    "whatever that is. The holds are kept by heartbeats meanwhile. The exit code is that of CMD. 1: " +
    "another agent holds what overlaps, and CMD did not run. 75: so it was until --wait had passed. " +
    "126 or 127: CMD could not be started. 143: a hold was lost before CMD had ended.\n\n" +
    "CMD has the standard streams of coord; with --json or --print what it writes to standard output " +
    "goes to standard error. On a terminal it is in the foreground, and Ctrl-C reaches it once. " +
    "Elsewhere it has a process group of its own, and SIGINT and SIGTERM are passed on to it. When a " +
    `hold is lost CMD gets SIGTERM, and SIGKILL ${WORK_MS.kill / 1000} s later. What CMD leaves ` +
    "running is killed.\n\n" +
    "CMD finds in its environment COORD_RUN_ID and COORD_DIR, COORD_RESERVATION_ID, COORD_LANE, and " +
    "COORD_FENCE: the lane's fence, else the reservation's. Without --wait it is tried once; with it " +
    `agents are served in the order in which they came. SIGINT and SIGTERM end a wait. ${PATH_DETAILS}`,
  examples: [
    "with src/billing.py --run-id agent-7 --wait 10m -- ./edit.sh",
    "with --lane @git/index --wait 60 -- git commit -m 'fix the parser' src/parser.ts",
    `with "docs/**" --lane deploy --tree "site/**" -- sh -c 'make site && ./deploy.sh "$COORD_FENCE"'`,
  ],
  operands: [{ ...ADDRESSES, required: false }, CMD],
  flags: {
    "run-id": { ...RUN_ID, field: WITH_FIELDS.runId },
    lane: {
      type: "text",
      summary: "hold this lane; @NAME is a name alone",
      placeholder: "NAME",
      field: WITH_FIELDS.lane,
    },
    tree: {
      type: "text",
      summary: "hold a lane of this tree (default: the tree that lanes.json gives the lane)",
      placeholder: "GLOB",
      repeatable: true,
      field: laneFields.glob,
    },
    ttl: {
      type: "duration",
      summary: "how long the holds last when heartbeats fail",
      placeholder: "DURATION",
      default: WORK_TTL_S.default,
      field: WITH_FIELDS.ttl,
    },
    wait: {
      type: "duration",
      summary: "wait while others are in the way, at most this long",
      placeholder: "DURATION",
      default: WAIT_S.default,
      field: WITH_FIELDS.wait,
    },
    notice: {
      type: "boolean",
      summary: "hold the addresses as a notice, which keeps no agent out",
    },
    note: NOTE,
    ...PATH_FLAGS,
  },
  check({ addresses, lane, tree, notice }): InputProblem[] {
    const problems: InputProblem[] = [];
    if ([addresses, lane, tree].every((each) => each === undefined)) {
      const message = "is required, or --lane or --tree";
      problems.push({ field: "addresses", code: "bad_args", message });
    }
    if (notice === true && addresses === undefined) {
      problems.push({ field: "notice", code: "bad_args", message: "needs ADDRESS" });
    }
    for (const message of tree === undefined ? [] : laneFields.tree.problems(tree)) {
      problems.push({ field: "tree", code: "bad_args", message });
    }
    return problems;
  },
  run: runHeld,
  text: ({ error }) => error ?? [],
  exitCode: ({ status, command_exit_code }) =>
    status === "lost" ? LOST : command_exit_code ?? undefined,
};

async function runHeld(
  context: CommandContext,
  { command, ...input }: WithValues,
): Promise<WithAnswer> {
  const { host, stop: signal, isAnswerAlone: isStdoutTaken } = context;
  const coord = await context.open();
  const { runId } = input;
  const got = {
    run_id: runId,
    reservation_id: null as string | null,
    lane: null as string | null,
    fence: null as number | null,
    command_exit_code: null as number | null,
  };
  let listenAgain = () => {};
  try {
    const answer = await coord.with(
      fromHere(context, { ...input, signal }),
      async (held, ended) => {
        got.reservation_id = held.reservation?.reservation.reservation_id ?? null;
        got.lane = held.lease?.lane ?? null;
        got.fence = held.lease?.fence ?? held.reservation?.fence ?? null;
        got.command_exit_code = await host.run(command, {
          env: {
            ...coord.environment,
            COORD_RUN_ID: runId,
            COORD_RESERVATION_ID: got.reservation_id ?? undefined,
            COORD_LANE: got.lane ?? undefined,
            COORD_FENCE: got.fence?.toString(),
          },
          signal: ended,
          isStdoutTaken,
          onStart: () => listenAgain = context.leaveSignals(),
        });
        listenAgain();
      },
    );
    if (answer.status === "done") return { status: "done", ...got, conflicts: [] };
    const { status, conflicts, error } = answer;
    return { status, ...got, conflicts, error };
  } catch (thrown) {
    if (signal.aborted && thrown === signal.reason) {
      const error = "Cannot run CMD: the call was stopped";
      return { status: "refused", ...got, conflicts: [], error };
    }
    if (!(thrown instanceof HostError) || thrown.operation !== "run") throw thrown;
    got.command_exit_code = thrown.reason === "not_found" ? NOT_FOUND : NO_PROGRAM;
    return { status: "not_started", ...got, conflicts: [], error: thrown.message };
  }
}
