/** Wakes those who wait for a task: the kernel notifies them of names in `tasks/`. */
import { basename } from "../../../deps/path.ts";
import { notifyOrPoll } from "../../../async/notify_or_poll.ts";
import { idOfStem, isStem, stemOfId } from "../../../domain/ids.ts";
import type { Host, HostFs } from "../../../ports/host.ts";
import type { Warn } from "../../../ports/warnings.ts";
import type { Layout } from "../layout.ts";

/** Ending of a name that is there only for its notification. */
const WAKE = ".wake";

/** Makes a name come and go in the folder that waiting agents watch. */
export function announceTask(fs: HostFs, layout: Layout, id: string): void {
  const path = `${layout.folder("task")}/${stemOfId(id)}${WAKE}`;
  fs.createNew(path, new Uint8Array());
  fs.remove(path);
}

/** The name that comes and goes when any task may have become claimable. */
const ALL = `all${WAKE}`;

/** Has those look again that wait for a task. */
export function announceAll(fs: HostFs, layout: Layout): void {
  const path = `${layout.folder("task")}/${ALL}`;
  fs.createNew(path, new Uint8Array());
  fs.remove(path);
}

/** Calls `body` with the id of each task that appears or is announced. */
export function watchTasks(
  host: Host,
  layout: Layout,
  warn: Warn,
  body: (id: string | undefined) => void,
): { close(): void } {
  const onName = (name: string | undefined) => {
    if (name === undefined || name === ALL) return body(undefined);
    const stem = name.slice(0, name.indexOf("."));
    const ending = name.slice(stem.length);
    if (isStem(stem) && (ending === ".json" || ending === WAKE)) body(idOfStem(stem));
  };
  const folder = layout.folder("task");
  // The hint that a folder was removed has its name: a call that waits ends with the workspace.
  const own = basename(layout.root);
  return notifyOrPoll(
    (onError) =>
      host.watch([folder, layout.root], ({ dir, name }) => {
        if (dir === folder) onName(name);
        else if (name === undefined || name === own) body(undefined);
      }, onError),
    { look: () => body(undefined), warn },
  );
}
