/** Claude Code. A denial by JSON was ignored in several of its releases; exit code 2 never was. */
import {
  denyByCode,
  type HostDialect,
  noteToModel,
  pathsOf,
  SILENCE,
  snakeEvent,
} from "../event.ts";

const EDITS = new Set(["Write", "Edit", "MultiEdit", "NotebookEdit"]);

export const claude: HostDialect = {
  read: (payload, event) =>
    snakeEvent(
      payload,
      event,
      "PreToolUse",
      (tool, input) => EDITS.has(tool) ? pathsOf(input, "file_path", "notebook_path") : [],
    ),
  pass: SILENCE,
  deny: denyByCode,
  warn: noteToModel,
};
