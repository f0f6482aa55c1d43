/**
 * Antigravity. It refuses a tool where it hears nothing, so no opinion is to ask as its settings say.
 * It does not name its events.
 */
import { answerJson, type HostDialect } from "../event.ts";
import { editsBy, readEvent } from "../reading.ts";

const edits = editsBy("write_to_file", "replace_file_content", "multi_replace_file_content");

export const antigravity: HostDialect = {
  read: (payload, event) => readEvent(payload, event, edits),
  pass: answerJson({ decision: "ask" }),
  deny: (reason) => answerJson({ decision: "deny", reason }),
  warn: (reason) => answerJson({ decision: "ask", reason }),
};
