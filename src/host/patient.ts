/**
 * File operations on Windows, where a file that another program has open (a virus scanner, an
 * indexer, a backup) cannot be replaced, removed or even read for a moment. They are tried again for
 * a bounded time. None of them has done anything when it fails so, hence doing it again is safe.
 */
import { MAX_FILE_WAIT_MS } from "../domain/limits.ts";
import { HostError, type HostErrorReason, type HostFs } from "../ports/host.ts";

/** Windows denies a name, rather than calls it busy, while the file that had it is on its way out. */
const NAMES: readonly HostErrorReason[] = ["busy", "permission"];
const CONTENT: readonly HostErrorReason[] = ["busy"];

/** Stops this thread for a time. */
function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** The same operations with patience. */
export function patient(fs: HostFs, wait: (ms: number) => void = pause): HostFs {
  const again = <A extends readonly unknown[], R>(
    codes: readonly HostErrorReason[],
    operation: (...args: A) => R,
  ) =>
  (...args: A): R => {
    for (let waited = 0, ms = 1;; waited += ms, ms *= 2) {
      try {
        return operation(...args);
      } catch (error) {
        const isPassing = error instanceof HostError && codes.includes(error.reason);
        if (!isPassing || waited + ms > MAX_FILE_WAIT_MS) throw error;
        wait(ms);
      }
    }
  };
  return {
    ...fs,
    read: again(CONTENT, fs.read),
    readRange: again(CONTENT, fs.readRange),
    append: again(CONTENT, fs.append),
    appendSynced: again(CONTENT, fs.appendSynced),
    createNew: again(NAMES, fs.createNew),
    link: again(NAMES, fs.link),
    rename: again(NAMES, fs.rename),
    remove: again(NAMES, fs.remove),
  };
}
