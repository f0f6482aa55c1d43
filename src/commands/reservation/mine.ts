/** What the commands share that act on one hold, or with `--mine` on all of a run's. */
import type { InputProblem } from "../../domain/errors.ts";
import type { Block, Cell } from "../command.ts";
import { clipped, column, counted, shortId } from "../text.ts";

/** What is wrong with the operand beside `--mine`: one of them must be there. */
export function idProblems(id: unknown, mine: unknown): InputProblem[] {
  if ((id === undefined) !== (mine !== true)) return [];
  const message = id === undefined ? "is required, or --mine" : "cannot go together with --mine";
  return [{ field: "id", code: "bad_args", message }];
}

interface AnsweredHold {
  readonly status: string;
  readonly reservation_id?: string;
  readonly task_id?: string;
  readonly lane?: string;
}

/** The answers for all of a run's holds, with the instant that counts in each. */
export function holdsText<Hold extends AnsweredHold>(
  { holds, total, run_id }: { holds: readonly Hold[]; total: number; run_id: string },
  instantOf: (hold: Hold) => Cell,
): readonly Block[] {
  if (total === 0) return [`${clipped(run_id)} holds nothing`];
  return [
    {
      columns: ["KIND", column("HOLD", "main"), column("STATUS", "state"), column("TIME", "time")],
      rows: holds.map((hold) => [
        hold.reservation_id !== undefined
          ? "reservation"
          : hold.lane === undefined
          ? "task"
          : "lane",
        hold.lane === undefined
          ? shortId(hold.reservation_id ?? hold.task_id ?? "")
          : clipped(hold.lane),
        hold.status,
        instantOf(hold),
      ]),
    },
    "",
    counted(total, "hold"),
  ];
}
