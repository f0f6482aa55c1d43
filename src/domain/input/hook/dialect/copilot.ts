/**
 * Copilot CLI. Any exit code but 0 denies, and what stands on standard error is lost, so a denial is
 * JSON. It does not name its events. Files of hooks for Claude Code are called in the form of that.
 */
import type { JsonObject } from "../../../json.ts";
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

/** What a call without a tool is about. */
function eventOf(payload: JsonObject): string | undefined {
  if ("toolName" in payload) return undefined;
  if ("stopReason" in payload && "agentId" in payload) return "subagentStop";
  return "reason" in payload ? "sessionEnd" : undefined;
}

export const copilot: HostDialect = {
  read(payload, said) {
    const event = readEvent(payload, said ?? eventOf(payload), writes);
    // Before an edit of a subagent its own id stands for that of the session.
    const session = textOf(payload, "parentAgentId", "parent_agent_id") ?? event.session;
    return { ...event, session };
  },
  pass: SILENCE,
  deny: (permissionDecisionReason) =>
    answerJson({ permissionDecision: "deny", permissionDecisionReason }),
  warn: noteOnly,
  brief: (additionalContext) => answerJson({ additionalContext }),
};
