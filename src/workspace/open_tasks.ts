/**
 * Puts the queue of a workspace together and nothing else. The command line's commands for tasks are
 * called most, and all of coord would take several times as long to load.
 */
import { findWorkspace, FsAgreement, openFsTasks } from "../adapters/fs/open_tasks.ts";
import { Tasks } from "../engine/task/tasks.ts";
import type { Opening } from "./open.ts";
import type { Host } from "../ports/host.ts";
import { onceEach } from "./once_each.ts";

/** Opens the queue of a workspace on a given machine. */
export function openTasksOn(host: Host, options: Opening): Tasks {
  const { clock = Date.now } = options;
  const warn = onceEach(options);
  const found = findWorkspace(host, options.dir, warn);
  options.onFound?.(found.path);
  const tasks = openFsTasks(host, found.path, clock, warn);
  const { sha256 } = host;
  const agreement = new FsAgreement(host, found);
  return new Tasks({ store: { tasks }, clock, warn, agreement, sha256 });
}
