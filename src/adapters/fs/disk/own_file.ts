/** Small files of a workspace that people may write as well. */
import { join } from "../../../deps/path.ts";
import type { Host } from "../../../ports/host.ts";
import { withinRoot } from "./real_folders.ts";
import { StagedFile, stageFile } from "./staging.ts";

/** Puts a text in such a file, durably; a reader sees the old one or the new one. */
export function writeOwnFile(host: Host, workspace: string, name: string, text: string): void {
  const fs = withinRoot(host.fs, workspace, true);
  const bytes = new TextEncoder().encode(text);
  const stage = () => stageFile(fs, join(workspace, "tmp"), bytes, true);
  new StagedFile(fs, workspace, stage).replace(name);
  fs.syncDir(workspace);
}
