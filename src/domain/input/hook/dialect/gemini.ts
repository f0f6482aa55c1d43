/** Gemini CLI. It ignores a denial in the form of Claude Code, and takes exit code 2. */
import { answerJson, BY_CODE, type HostDialect } from "../event.ts";
import { editsBy, readEvent } from "../reading.ts";

const edits = editsBy("write_file", "replace");

export const gemini: HostDialect = {
  ...BY_CODE,
  read: (payload, event) => readEvent(payload, event, edits),
  brief: (additionalContext) =>
    answerJson({ hookSpecificOutput: { hookEventName: "SessionStart", additionalContext } }),
};
