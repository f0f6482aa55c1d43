import {
  type Forecast,
  FORECAST_FIELDS,
  type ForecastInput,
} from "../../engine/forecast/forecast.ts";
import { MAX_PATTERN_FILES } from "../../domain/limits.ts";
import type { AnswerCommand, Block } from "../command.ts";
import { RUN_ID_FILTER } from "../flags.ts";
import { fromHere, PATH_FLAGS } from "../paths.ts";
import { BRANCH_FILTER } from "./flags.ts";
import { agentText, clipped, column, counted } from "../text.ts";

/** Conflicts that the text lists; `--json` gives more. */
const SHOWN = 50;

export const forecast: AnswerCommand<Forecast, ForecastInput> = {
  details: "Predict conflicts between different agents from what live reservations, intents and " +
    "lanes say, the surest first. address_overlap: both touch the same. scope_overlap: what one touches " +
    "contains what the other does. operation_conflict: one takes away, moves or renames what the " +
    "other changes. dependency_overlap: a file that one touches imports a file that the other " +
    "touches. TypeScript, JavaScript, Python, Go and Rust are read, and of a folder or a pattern " +
    `the source files in it if they are at most ${MAX_PATTERN_FILES}. Each is read in the worktree ` +
    "of its reservation.",
  examples: ["forecast", "forecast --run-id agent-7 --json", "forecast --address src/billing.py"],
  operands: [],
  flags: {
    address: {
      type: "text",
      summary: "only conflicts about what overlaps this; of imports those by it",
      placeholder: "ADDRESS",
      repeatable: true,
      as: "addresses",
    },
    ...PATH_FLAGS,
    branch: {
      ...BRANCH_FILTER,
      summary: "only conflicts that involve this branch",
      field: FORECAST_FIELDS.branch,
    },
    "run-id": {
      ...RUN_ID_FILTER,
      summary: "only conflicts that involve this agent",
      field: FORECAST_FIELDS.runId,
    },
  },
  async run(context, values) {
    const coord = await context.open();
    return coord.forecast(values.addresses === undefined ? values : fromHere(context, values));
  },
  text({ total, conflicts }) {
    if (total === 0) return "No conflict is predicted";
    const shown = conflicts.slice(0, SHOWN);
    const blocks: Block[] = [{
      columns: [
        "SURE",
        "TYPE",
        column("FIRST", "agent"),
        column("TOUCHES", "main"),
        column("SECOND", "agent"),
        column("TOUCHES", "main"),
      ],
      rows: shown.map(({ confidence, type, agents, addresses }) => [
        `${Math.round(confidence * 100)} %`,
        type,
        agentText(agents[0]),
        clipped(addresses[0]),
        agentText(agents[1]),
        clipped(addresses[1]),
      ]),
    }, ""];
    if (shown.length < total) {
      blocks.push(`${shown.length} of ${total} predicted conflicts shown`);
    } else blocks.push(`${counted(total, "conflict")} predicted`);
    return blocks;
  },
};
