/** The arguments of a call: all that is wrong with them at once, in the words of the tool. */
import { badInput, type InputProblem } from "../domain/errors.ts";
import { nearest } from "../domain/input/suggest.ts";
import type { JsonObject } from "../domain/json.ts";
import type { ReservationOperation } from "../domain/reservation/reservation.ts";
import { type OUTCOMES, type Tool, type ToolName, TOOLS } from "./tools.ts";

/** Arguments that have passed the rules of their tool, by its names. */
export interface Arguments {
  readonly addresses?: readonly string[];
  readonly exclusive?: boolean;
  readonly op?: ReservationOperation;
  readonly ttl?: number;
  readonly wait_seconds?: number;
  readonly note?: string;
  readonly run_id?: string;
  readonly ids?: readonly string[];
  readonly all?: boolean;
  readonly mine?: boolean;
  readonly title?: string;
  readonly payload?: JsonObject;
  readonly queue?: string;
  readonly priority?: number;
  readonly tags?: readonly string[];
  readonly after?: readonly string[];
  readonly key?: string;
  readonly claim_ttl?: number;
  readonly task_id?: string;
  readonly outcome?: typeof OUTCOMES[number];
  readonly result?: JsonObject;
  readonly error?: string;
}

/**
 * Checks the arguments of a call.
 *
 * @throws {CoordError} that names every problem.
 */
export function checkedArguments(
  name: ToolName,
  given: Readonly<Record<string, unknown>>,
): Arguments {
  const { args }: Tool = TOOLS[name];
  const problems: InputProblem[] = [];
  const wrong = (field: string, message: string, code: InputProblem["code"] = "bad_args") =>
    void problems.push({ field, code, message });
  for (const [field, value] of Object.entries(given)) {
    const known = Object.hasOwn(args, field) ? args[field] : undefined;
    if (known === undefined) {
      const meant = nearest(field, Object.keys(args));
      wrong(field, `is unknown${meant === undefined ? "" : `, did you mean ${meant}?`}`);
    } else {
      for (const message of known.rule.problems(value)) wrong(field, message, known.rule.code);
    }
  }
  for (const [field, { required }] of Object.entries(args)) {
    if (required && given[field] === undefined) wrong(field, "is required");
  }
  if (problems.length === 0) joint(given as Arguments, name, wrong);
  if (problems.length > 0) throw badInput(problems);
  return given as Arguments;
}

/** What is wrong with values that are fine one by one. */
function joint(
  { ids, all, addresses, mine, exclusive, wait_seconds, outcome, result, error }: Arguments,
  name: ToolName,
  wrong: (field: string, message: string) => void,
): void {
  if (name === "coord_release" && (ids !== undefined) === (all === true)) {
    wrong("ids", all === true ? "cannot go together with all" : "is required, or all");
  }
  if (addresses !== undefined && mine === true) {
    wrong("mine", "cannot go together with addresses, whose holders are all named");
  }
  if (exclusive === false && wait_seconds !== undefined && wait_seconds > 0) {
    wrong("wait_seconds", "goes together with exclusive: a notice is in no agent's way");
  }
  if (result !== undefined && outcome !== "done") {
    wrong("result", 'goes together with outcome "done"');
  }
  if (error !== undefined && outcome !== "fail") {
    wrong("error", 'goes together with outcome "fail"');
  }
}
