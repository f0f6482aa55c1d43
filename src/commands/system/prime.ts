import {
  PRIME_BYTES,
  PRIME_FIELDS,
  type PrimeAnswer,
  type PrimeInput,
} from "../../engine/holds/prime.ts";
import type { AnswerCommand } from "../command.ts";
import { RUN_ID } from "../flags.ts";

export const prime: AnswerCommand<PrimeAnswer, PrimeInput> = {
  details:
    "Print what you must know at the start of a session: your run id, your task and what you " +
    "hold. Then what others hold, first what is near yours. Nothing is printed when neither you nor any " +
    "other agent holds anything. What does not fit into --max-bytes is counted.",
  examples: ["prime --run-id agent-7", "prime --max-bytes 300"],
  operands: [],
  flags: {
    "run-id": RUN_ID,
    "max-bytes": {
      type: "integer",
      summary: "the most bytes of all lines",
      placeholder: "N",
      default: PRIME_BYTES.default,
      field: PRIME_FIELDS.maxBytes,
    },
  },
  async run(context, values) {
    return (await context.open()).prime(values);
  },
  text: ({ lines }) => lines,
};
