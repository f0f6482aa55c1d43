/** The agent of VS Code. It takes the answers of Claude Code, and has tools of its own. */
import { answerJson, type HostDialect, noteToModel, SILENCE } from "../event.ts";
import { editsBy, readEvent } from "../reading.ts";

const edits = editsBy(
  "create_file",
  "replace_string_in_file",
  "multi_replace_string_in_file",
  "insert_edit_into_file",
  "edit_notebook_file",
  "apply_patch",
  "editFiles",
);

export const vscode: HostDialect = {
  read: (payload, event) => readEvent(payload, event, edits),
  pass: SILENCE,
  deny: (permissionDecisionReason) =>
    answerJson({
      hookSpecificOutput: {
        hookEventName: "PreToolUse",
        permissionDecision: "deny",
        permissionDecisionReason,
      },
    }),
  warn: noteToModel,
};
