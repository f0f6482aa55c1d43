/** Grok. A denial is said in both ways that it knows. It also calls the hooks of Claude Code and Cursor. */
import { answerJson, BY_CODE, denyByCode, type HostDialect } from "../event.ts";
import { editsBy, readEvent } from "../reading.ts";

const edits = editsBy(
  "search_replace",
  "write",
  "write_file",
  "create_file",
  "edit_file",
  "Write",
  "Edit",
  "MultiEdit",
);

export const grok: HostDialect = {
  ...BY_CODE,
  read: (payload, event) => readEvent(payload, event, edits),
  deny: (reason) => ({ ...denyByCode(reason), out: answerJson({ decision: "deny", reason }).out }),
};
