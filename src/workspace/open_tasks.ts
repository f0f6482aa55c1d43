/**
 * Puts the queue of a workspace together and nothing else. The command line's commands for tasks are
 * called most, and all of coord would take several times as long to load.
 */
import { openFsTasks } from "../adapters/fs/open_tasks.ts";
import { Tasks } from "../engine/task/tasks.ts";
import type { Opening } from "./store/options.ts";
import type { Host } from "../ports/host.ts";
import { locate } from "./store/locate.ts";
import { onceEach } from "./once_each.ts";

/** Opens the queue of a workspace on a given machine. */
export async function openTasksOn(host: Host, options: Opening): Promise<Tasks> {
  const { clock = Date.now } = options;
  const warn = onceEach(options);
  const at = locate(host, options, warn);
  if (at.store !== undefined) {
    const { openElsewhere } = await import("./store/elsewhere.ts");
    return (await openElsewhere(host, at, at.store, options)).tasks;
  }
  const { found: { path }, agreement } = at;
  options.onFound?.(path);
  const tasks = openFsTasks(host, path, clock, warn);
  const { sha256 } = host;
  return new Tasks({ store: { tasks }, clock, warn, agreement, sha256 });
}
