/** Wakes those who wait for a task: the kernel notifies them of names in `tasks/`. */
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

/** Calls `body` with the id of each task that appears or is announced. */
export function watchTasks(
  host: Host,
  layout: Layout,
  warn: Warn,
  body: (id: string | undefined) => void,
): { close(): void } {
  const onName = (name: string | undefined) => {
    if (name === undefined) return body(undefined);
    const stem = name.slice(0, name.indexOf("."));
    const ending = name.slice(stem.length);
    if (isStem(stem) && (ending === ".json" || ending === WAKE)) body(idOfStem(stem));
  };
  return notifyOrPoll(
    (onError) => host.watch([layout.folder("task")], ({ name }) => onName(name), onError),
    { look: () => body(undefined), warn },
  );
}
