/**
 * Cursor. It takes output that is no JSON for a denial, so no opinion is an empty object. It also calls
 * the hooks of Claude Code.
 */
import { CURSOR_SESSION } from "../../run_id.ts";
import { answerJson, denyByCode, type HostDialect } from "../event.ts";
import { editedPaths, editsBy, readEvent, textOf } from "../reading.ts";

const edits = editsBy(
  "Write",
  "StrReplace",
  "Edit",
  "MultiEdit",
  "Delete",
  "ApplyPatch",
  "EditNotebook",
);

/** Some versions leave out the name of the tool. */
function writes(tool: string | undefined, input: unknown): readonly string[] {
  const isEdit = tool === undefined && textOf(input, "content", "old_string") !== undefined;
  return isEdit ? editedPaths(input) : edits(tool, input);
}

const pass = answerJson({});

export const cursor: HostDialect = {
  read: (payload, event) => readEvent(payload, event, writes),
  pass,
  deny: (reason) => answerJson({ permission: "deny", user_message: reason, agent_message: reason }),
  denyAsGuest: denyByCode,
  warn: (reason) => ({ ...pass, err: `${reason}\n` }),
  // It has no name of the session for the agent's shell, but for what a hook gives it.
  brief: (additional_context, session) =>
    answerJson({
      env: { [CURSOR_SESSION]: session },
      ...(additional_context === "" ? {} : { additional_context }),
    }),
  takesName: true,
};
