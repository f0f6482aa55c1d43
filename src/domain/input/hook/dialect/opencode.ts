/** opencode, by way of its plugin in `plugin/opencode/`, which throws at exit code 2. */
import { BY_CODE, type HostDialect } from "../event.ts";
import { editsBy, readEvent } from "../reading.ts";

const edits = editsBy("write", "edit", "patch", "apply_patch", "multiedit");

export const opencode: HostDialect = {
  ...BY_CODE,
  read: (payload, event) => readEvent(payload, event, edits),
};
