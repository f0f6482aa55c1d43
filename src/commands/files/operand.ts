/** What the commands share that name files which a run saw. */
import { SEEN_FIELDS } from "../../engine/holds/seen.ts";
import type { OperandSpec } from "../command.ts";

/** The files. */
export const FILES: OperandSpec = {
  name: "PATH",
  summary: "a file, letter for letter; :/x is x at the top of the checkout",
  required: true,
  repeatable: true,
  field: SEEN_FIELDS.paths,
  as: "paths",
};
