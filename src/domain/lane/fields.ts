/** The rules for the inputs of lanes and of their journal. */
import { decimal, detail, identifier, integer } from "../input/fields.ts";
import * as limits from "../limits.ts";
import { ruled, TEXT, TEXTS } from "../input/rule.ts";
import { textProblem } from "../glob/compile.ts";
import { sizeProblems } from "../glob/tree.ts";
import { quoted } from "../text.ts";

/** A lane's name, or nothing: then one is picked. */
export const optionalName = ruled(
  TEXT,
  (value) => value === "" ? [] : identifier.problems(value),
);

/** What to hold. */
export const tree = ruled(TEXTS, (values) => {
  if (values.length > limits.MAX_TREE) {
    return `holds ${values.length} globs, and ${limits.MAX_TREE} are allowed`;
  }
  const problems = values.flatMap((value) => {
    const problem = textProblem(value, limits.MAX_GLOB);
    return problem === undefined ? [] : [`holds ${quoted(value, 200)}, which ${problem}`];
  });
  return [...sizeProblems(values), ...problems];
});

/** One glob of it. */
export const glob = ruled(TEXT, (value) => tree.problems([value]));

/** Why an agent decided something; any text. */
export const why = detail;

/** The id of a commit, or the beginning of one. */
export const commit = ruled(
  TEXT,
  (value) =>
    /^[0-9a-f]{4,64}$/i.test(value)
      ? undefined
      : "must be the id of a commit, 4 to 64 hex digits; names such as HEAD are not looked up",
);

/** The path of a file. */
export const path = ruled(TEXT, (value) => {
  if (value === "") return "must not be empty";
  return value.includes("\0") ? "must not hold a zero byte" : undefined;
});

export const laneTtl = integer(limits.LANE_TTL_S);
export const laneGrace = integer(limits.LANE_GRACE_S);
export const lockTimeout = decimal(limits.LOCK_TIMEOUT_S);
export const window = decimal(limits.WINDOW_S);
export const pid = integer(limits.PID);
export const tailCount = integer(limits.TAIL_COUNT);
