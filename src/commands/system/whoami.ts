import { badInput } from "../../domain/errors.ts";
import * as fields from "../../domain/input/fields.ts";
import { doubtOf, identify, type Identity } from "../../domain/input/run_id.ts";
import type { AnswerCommand } from "../command.ts";

export const whoami: AnswerCommand<Identity, { readonly runId?: string }> = {
  details: "Show the run id that the other commands use: --run-id, else $COORD_RUN_ID, else the " +
    "session that the agent's host names. Hosts name it in $CLAUDE_CODE_SESSION_ID, " +
    "$CODEX_THREAD_ID, $GEMINI_SESSION_ID, $GROK_SESSION_ID, $COPILOT_AGENT_SESSION_ID, " +
    "$OPENCODE_SESSION_ID or $CURSOR_SESSION_ID. It is not reliable when several hosts name one. No workspace is needed.",
  examples: ["whoami", "whoami --json"],
  operands: [],
  flags: {
    "run-id": {
      type: "text",
      summary: "the run id to use instead",
      placeholder: "ID",
      field: fields.identifier,
    },
  },
  run(context, { runId }) {
    const identity = identify(runId, (name) => context.host.env(name));
    const field = `$${identity.variables[0]}`;
    const problems = fields.identifier.problems(identity.run_id);
    if (problems.length > 0) {
      throw badInput(problems.map((message) => ({ field, code: "bad_args", message })));
    }
    const doubt = doubtOf(identity);
    if (doubt !== undefined) context.warn(doubt);
    return Promise.resolve(identity);
  },
  text: ({ run_id, source, reliable, variables }) => ({
    fields: {
      run_id,
      source,
      reliable: reliable ? "yes" : "no",
      variables: variables.length === 0 ? null : variables.join(", "),
    },
  }),
};
