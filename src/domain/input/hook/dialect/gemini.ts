/** Gemini CLI. It ignores a denial in the form of Claude Code, and takes exit code 2. */
import { denyByCode, type HostDialect, noteOnly, pathsOf, SILENCE, snakeEvent } from "../event.ts";

const EDITS = new Set(["write_file", "replace"]);

export const gemini: HostDialect = {
  read: (payload, event) =>
    snakeEvent(
      payload,
      event,
      "BeforeTool",
      (tool, input) => EDITS.has(tool) ? pathsOf(input, "file_path") : [],
    ),
  pass: SILENCE,
  deny: denyByCode,
  warn: noteOnly,
};
