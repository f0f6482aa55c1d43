/** Claude Code. A denial by JSON was ignored in several of its releases; exit code 2 never was. */
import { BY_CODE, type HostDialect, noteToModel, plainText } from "../event.ts";
import { editsBy, readEvent } from "../reading.ts";

const edits = editsBy("Write", "Edit", "MultiEdit", "NotebookEdit");

export const claude: HostDialect = {
  ...BY_CODE,
  read: (payload, event) => readEvent(payload, event, edits),
  warn: noteToModel,
  brief: plainText,
};
