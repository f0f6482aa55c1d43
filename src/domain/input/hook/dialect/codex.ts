/**
 * Codex. An edit is a patch. Where the model has no tool for it, the patch is part of a shell command,
 * such as `cd lib && apply_patch <<'EOF'`.
 */
import { BY_CODE, type HostDialect, noteToModel, plainText } from "../event.ts";
import { editsBy, patchedPaths, readEvent, textOf } from "../reading.ts";

const edits = editsBy("apply_patch", "Write", "Edit");

/** The patch in a shell command, behind the folder that the command goes to. */
const IN_SHELL =
  /^\s*(?:cd\s+(?:'([^']+)'|"([^"]+)"|([^\s;&|'"]+))\s*(?:&&|;)\s*)?.*?\bapply_?patch\b/s;

function writes(tool: string | undefined, input: unknown): readonly string[] {
  const command = textOf(input, "command") ?? "";
  const found = tool === "Bash" ? IN_SHELL.exec(command) : null;
  if (found === null) return edits(tool, input);
  const folder = found[1] ?? found[2] ?? found[3];
  return patchedPaths(command).map((path) =>
    folder === undefined || path.startsWith("/") ? path : `${folder}/${path}`
  );
}

export const codex: HostDialect = {
  // With an empty reason it would let the edit through.
  ...BY_CODE,
  read: (payload, event) => readEvent(payload, event, writes),
  warn: noteToModel,
  brief: plainText,
};
