/** Waking those who wait for a task: the kernel tells them of names in `tasks/`. */
import { idOfStem, isStem, stemOfId } from "../../domain/ids.ts";
import { HostError } from "../../ports/host.ts";
import type { Host, HostFs } from "../../ports/host.ts";
import type { Warn } from "../../ports/warnings.ts";
import type { Layout } from "./layout.ts";

/** Ending of a name that is there only for its notification. */
const WAKE = ".wake";

/** How often somebody who cannot be notified looks for new tasks, milliseconds. */
const POLL_MS = 500;

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
  let timer: ReturnType<typeof setInterval> | undefined;
  const poll = (error: unknown) => {
    if (!(error instanceof HostError)) throw error;
    warn(`The kernel cannot notify, looking every ${POLL_MS} ms instead: ${error.message}`);
    timer = setInterval(() => body(undefined), POLL_MS);
  };
  let native: { close(): void } | undefined;
  try {
    native = host.watch([layout.folder("task")], ({ name }) => {
      if (name === undefined) return body(undefined);
      const stem = name.slice(0, name.indexOf("."));
      const ending = name.slice(stem.length);
      if (isStem(stem) && (ending === ".json" || ending === WAKE)) body(idOfStem(stem));
    }, poll);
  } catch (error) {
    poll(error);
  }
  return {
    close() {
      native?.close();
      clearInterval(timer);
    },
  };
}
