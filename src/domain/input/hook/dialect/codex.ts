/**
 * Codex. An edit is a patch. Where the model has no tool for it, the patch is part of a shell command,
 * such as `cd lib && apply_patch <<'EOF'`.
 */
import {
  denyByCode,
  type HostDialect,
  noteToModel,
  patchedPaths,
  pathsOf,
  SILENCE,
  snakeEvent,
  textOf,
} from "../event.ts";

const EDITS = new Set(["apply_patch", "Write", "Edit"]);

/** The patch in a shell command, behind the folder that the command goes to. */
const IN_SHELL =
  /^\s*(?:cd\s+(?:'([^']+)'|"([^"]+)"|([^\s;&|'"]+))\s*(?:&&|;)\s*)?.*?\bapply_?patch\b/s;

function writes(tool: string, input: unknown): readonly string[] {
  const command = textOf(input, "command", "patch", "input") ?? "";
  if (EDITS.has(tool)) return [...patchedPaths(command), ...pathsOf(input, "file_path")];
  const found = tool === "Bash" ? IN_SHELL.exec(command) : null;
  if (found === null) return [];
  const folder = found[1] ?? found[2] ?? found[3];
  return patchedPaths(command).map((path) =>
    folder === undefined || path.startsWith("/") ? path : `${folder}/${path}`
  );
}

export const codex: HostDialect = {
  read: (payload, event) => snakeEvent(payload, event, "PreToolUse", writes),
  pass: SILENCE,
  // With an empty reason it would let the edit through.
  deny: denyByCode,
  warn: noteToModel,
};
