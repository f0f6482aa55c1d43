/** Windsurf. The event is the tool, and the hook works in the folder of the project. */
import { BY_CODE, type HostDialect } from "../event.ts";
import { editedPaths, readEvent } from "../reading.ts";

export const windsurf: HostDialect = {
  ...BY_CODE,
  read: (payload, event) => readEvent(payload, event, (_tool, input) => editedPaths(input)),
};
