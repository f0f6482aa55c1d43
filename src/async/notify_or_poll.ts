/** The kernel's notification where it can be had, and looking at intervals where it cannot. */
import { CoordError } from "../domain/errors.ts";
import type { Warn } from "../ports/warnings.ts";
import { realTimers, type Timers } from "./timers.ts";

/** Milliseconds between two looks where the kernel cannot notify. */
const POLL_MS = 500;

/** How a notification begins; throws where it cannot be had, and breaks off by `onError`. */
type StartNotice = (onError: (error: unknown) => void) => { close(): void };

/** How to look without notification. */
interface Looking {
  /** Looks at everything. */
  readonly look: () => void;
  /** Milliseconds between two looks while the kernel notifies; by default there are none. */
  readonly safetyMs?: number;
  readonly warn: Warn;
  readonly timers?: Timers | undefined;
}

/** Starts a notification, or looks every half second from the moment that it fails, with a warning. */
export function notifyOrPoll(start: StartNotice, looking: Looking): { close(): void } {
  const { look, safetyMs = Infinity, warn, timers = realTimers } = looking;
  let stop = () => {};
  let isOpen = true;
  const every = (ms: number) => {
    stop();
    stop = timers.after(ms, () => {
      look();
      if (isOpen) every(ms);
    });
  };
  let watch: { close(): void } | undefined;
  const poll = (error: unknown) => {
    if (!(error instanceof CoordError)) throw error;
    if (!isOpen) return;
    watch = undefined;
    warn(`The kernel cannot notify, looking every ${POLL_MS} ms instead: ${error.message}`);
    every(POLL_MS);
  };
  try {
    if (safetyMs !== Infinity) every(safetyMs);
    watch = start(poll);
  } catch (error) {
    poll(error);
  }
  return {
    close() {
      isOpen = false;
      stop();
      watch?.close();
    },
  };
}
