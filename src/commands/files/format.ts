import type { FlagSpec } from "../command.ts";

/** What lines of an export or import are. */
export const EXCHANGE_FORMAT: FlagSpec = {
  type: "text",
  placeholder: "FORMAT",
  choices: ["coord", "beads"],
  default: "coord",
  summary: "documents of coord, or issues of beads",
};
