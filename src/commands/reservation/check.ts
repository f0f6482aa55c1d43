import { badInput, type InputProblem } from "../../domain/errors.ts";
import { MAX_ADDRESSES } from "../../domain/limits.ts";
import type { CheckAnswer, CheckInput } from "../../engine/holds/check.ts";
import type { Host } from "../../ports/host.ts";
import { elsewhere } from "../../domain/reservation/conflict.ts";
import type { AnswerCommand, Block } from "../command.ts";
import { OPTIONAL_RUN_ID } from "../flags.ts";
import { fromHere, PATH_DETAILS, PATH_FLAGS } from "../paths.ts";
import { agentText, clipped, column, remarksCells, remarksColumn, shortId } from "../text.ts";
import { ADDRESSES } from "./flags.ts";

type CheckValues = Omit<CheckInput, "addresses"> & {
  readonly addresses?: readonly string[];
  readonly stdin0?: boolean;
};

export const check: AnswerCommand<CheckAnswer, CheckValues> = {
  details: "Show who holds any of the addresses, and write nothing. held, exit code 1: another " +
    "agent's exclusive reservation or lane overlaps. mine: you hold all of them exclusively. " +
    "free: neither; notices of others are listed, and do not stop you. " +
    `The answer grants nothing: reserve --exclusive does. ${PATH_DETAILS}`,
  examples: [
    "check src/billing.py --run-id agent-7",
    "git diff --name-only -z | coord check --stdin0 --literal --json",
  ],
  operands: [{ ...ADDRESSES, required: false }],
  flags: {
    "run-id": OPTIONAL_RUN_ID,
    stdin0: {
      type: "boolean",
      summary: "read the addresses from standard input, each ended by a zero byte",
    },
    ...PATH_FLAGS,
  },
  check({ addresses, stdin0 }): InputProblem[] {
    const message = addresses === undefined
      ? stdin0 === true ? undefined : "is required, or --stdin0"
      : stdin0 === true
      ? "cannot go together with --stdin0"
      : undefined;
    return message === undefined ? [] : [{ field: "addresses", code: "bad_args", message }];
  },
  async run(context, { stdin0, addresses = [], ...values }) {
    if (stdin0 === true) addresses = await readAddresses(context.host);
    const holds = await context.holds();
    // A list that is empty, as of a commit with no files, is held by no agent.
    if (stdin0 === true && addresses.length === 0) {
      return { status: "free", addresses, holds: [], holds_total: 0, holds_counted: true };
    }
    return holds.check(fromHere(context, { ...values, addresses }));
  },
  text({ status, holds, holds_total: total, holds_counted: isCounted }) {
    const said = remarksColumn(holds);
    const blocks: Block[] = [status];
    if (holds.length > 0) {
      blocks.push("", {
        columns: [
          column("ADDRESS", "main"),
          column("THEIRS", "main"),
          "HOLD",
          column("RUN ID", "agent"),
          column("EXPIRES AT", "time"),
          ...said,
        ],
        rows: holds.map((hold) => [
          clipped(hold.address),
          clipped(hold.their_address),
          hold.lane === undefined
            ? `${hold.exclusive ? "exclusive" : "notice"} ${shortId(hold.reservation_id ?? "")}${
              elsewhere(hold)
            }`
            : `lane ${clipped(hold.lane)}`,
          `${agentText(hold.run_id)}${hold.mine ? " (you)" : ""}`,
          hold.expires_at,
          ...remarksCells(said, hold),
        ]),
      });
      const more = total - holds.length;
      if (more > 0) blocks.push(`${isCounted ? "" : "at least "}${more} more`);
    }
    return blocks;
  },
};

/** What to do with lines. */
const ZERO_BYTES = "end each address with a zero byte, as git does with -z";

const strict = new TextDecoder("utf-8", { fatal: true });

/** Addresses that end in zero bytes; empty ones are skipped. */
async function readAddresses(host: Host): Promise<string[]> {
  const { standardInput, zeroEnded } = await import("../files/stdin_pieces.ts");
  const addresses: string[] = [];
  let at = 0;
  for await (const piece of zeroEnded(standardInput(host), ZERO_BYTES)) {
    at++;
    const bad = (message: string) =>
      badInput([{ field: `standard input, address ${at}`, code: "bad_args", message }]);
    if (at > MAX_ADDRESSES) throw bad(`is one too many: ${MAX_ADDRESSES} are allowed`);
    if (piece === undefined) throw bad("is too long");
    if (piece.length === 0) continue;
    try {
      addresses.push(strict.decode(piece));
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      throw bad("is not UTF-8 text");
    }
  }
  return addresses;
}
