/**
 * Copilot CLI. Any exit code but 0 denies, and what stands on standard error is lost, so a denial is
 * JSON. It does not name its events. Files of hooks for Claude Code are called in the form of that.
 */
import { answerJson, type HostDialect, noteOnly, SILENCE } from "../event.ts";
import { editsBy, readEvent, textOf } from "../reading.ts";

const edits = editsBy(
  "edit",
  "create",
  "write",
  "str_replace_editor",
  "apply_patch",
  "Edit",
  "Write",
  "MultiEdit",
);

function writes(tool: string | undefined, input: unknown): readonly string[] {
  return textOf(input, "command") === "view" ? [] : edits(tool, input);
}

export const copilot: HostDialect = {
  read(payload, event) {
    const isEnd = "reason" in payload && !("toolName" in payload);
    return readEvent(payload, event ?? (isEnd ? "sessionEnd" : undefined), writes);
  },
  pass: SILENCE,
  deny: (permissionDecisionReason) =>
    answerJson({ permissionDecision: "deny", permissionDecisionReason }),
  warn: noteOnly,
};
