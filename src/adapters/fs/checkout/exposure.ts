/** Whether git takes a workspace for files that may be cleaned away. No git process is started. */
import { dirname, join } from "../../../deps/path.ts";
import { quoted } from "../../../domain/text.ts";
import type { Host } from "../../../ports/host.ts";
import { repositoryAt } from "./repository.ts";
import { SmallFiles } from "./small_files.ts";

/** What there is to say of a workspace in a checkout that no file of patterns plainly names. */
export function exposureOf(host: Host, workspace: string): string | undefined {
  const files = new SmallFiles(host, () => {});
  const repository = repositoryAt(files, dirname(workspace));
  // Git cleans checkouts, and never its own folder.
  if (repository === undefined || workspace.startsWith(`${repository.common}/`)) return undefined;
  const { root, common } = repository;
  for (let folder = workspace;; folder = dirname(folder)) {
    if (names(files.text(join(folder, ".gitignore")), workspace.slice(folder.length + 1))) {
      return undefined;
    }
    if (folder === root || dirname(folder) === folder) break;
  }
  const below = workspace.slice(root.length + 1);
  if (names(files.text(join(common, "info", "exclude")), below)) return undefined;
  const file = join(workspace, ".gitignore");
  return `Git does not ignore workspace ${quoted(workspace, 200)}, and may clean it away: ` +
    `write a line "*" to ${quoted(file, 200)}`;
}

/** Whether a line of patterns is `*`, or the plain name of one of the folders on the way. */
function names(text: string | undefined, way: string): boolean {
  const folders = way.split("/");
  const paths = folders.map((_, i) => folders.slice(0, i + 1).join("/"));
  return (text ?? "").split(/\r?\n/).some((line) => {
    const pattern = line.trim().replace(/^\/|\/(?:\*{1,2})?$/g, "").replace(/^\*\*\//, "");
    return pattern === "*" || pattern !== "" && (paths.includes(pattern) ||
          !pattern.includes("/") && !line.trim().startsWith("/") && folders.includes(pattern));
  });
}
