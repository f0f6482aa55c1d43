/** Kimi Code. It speaks as Claude Code does. */
import { BY_CODE, type HostDialect } from "../event.ts";
import { editsBy, readEvent } from "../reading.ts";

const edits = editsBy("Write", "Edit", "WriteFile", "StrReplaceFile");

export const kimi: HostDialect = {
  ...BY_CODE,
  read: (payload, event) => readEvent(payload, event, edits),
};
