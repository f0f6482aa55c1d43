/** What one process alone can try of a file system. */
import { STAMP_TICK_MS } from "../../../../domain/limits.ts";
import { isAhead } from "../../../../domain/time.ts";
import { type Host, HostError, type HostFs } from "../../../../ports/host.ts";
import { DOCTOR_MS } from "./bounds.ts";
import type { Outcome } from "./promises.ts";
import { viewBytes } from "./race.ts";
import { sleep } from "../../../../async/sleep.ts";

const NOTHING = new Uint8Array();
const LINE = new TextEncoder().encode("one line\n");

/** Milliseconds by which a timer is late on a machine that has no time, and how often it is tried then. */
const LATE_MS = 50;
const MOST_TRIES = 3;

function timed(body: () => void): string {
  const began = performance.now();
  body();
  return `${(performance.now() - began).toFixed(1)} ms`;
}

/** Forces a file and its folder to the disk. */
export function trySync(fs: HostFs, dir: string): Outcome {
  const path = `${dir}/synced`;
  const file = timed(() => {
    fs.createNew(path, LINE, true);
    fs.appendSynced(path, LINE);
    fs.syncNames(path, [dir]);
  });
  const folder = timed(() => fs.syncDir(dir));
  return { result: "ok", found: `a file in ${file}, a folder in ${folder}` };
}

/** Replaces a file that it has open, and reads both. */
export function tryOpenFile(fs: HostFs, dir: string): Outcome {
  const path = `${dir}/open`;
  const [first, second] = [viewBytes(0), viewBytes(1)];
  fs.createNew(path, first);
  let after: Uint8Array | undefined;
  const old = fs.readRange(path, 0, first.length, () => {
    fs.createNew(`${dir}/replacing`, second);
    fs.rename(`${dir}/replacing`, path);
    after = fs.read(path);
  });
  const isAll = (bytes: Uint8Array | undefined, of: Uint8Array) =>
    bytes?.length === of.length && bytes.every((byte, at) => byte === of[at]);
  if (!isAll(old?.bytes, first)) {
    return { result: "failed", found: "what had it open did not read all of the old one" };
  }
  return isAll(after, second)
    ? { result: "ok", found: "the old one to its end, then the new one" }
    : { result: "failed", found: "what opened it then did not get the new one" };
}

/** Compares the clock of the file system with that of this process. */
export function tryClock(fs: HostFs, dir: string): Outcome {
  const before = Date.now();
  fs.createNew(`${dir}/stamped`, NOTHING);
  const after = Date.now();
  const stamp = fs.lstat(`${dir}/stamped`)?.mtimeMs ?? 0;
  const tick = stamp % 1_000 === 0 ? STAMP_TICK_MS.whole : STAMP_TICK_MS.fine;
  const off = stamp > after ? stamp - after : stamp < before - tick ? stamp - before : 0;
  const isWrong = isAhead(stamp, after) || isAhead(before, stamp);
  const found = off === 0
    ? "no difference"
    : `the file system is ${Math.abs(off)} ms ${off > 0 ? "ahead" : "behind"}`;
  return { result: isWrong ? "failed" : "ok", found };
}

/** Sees whether a folder's time stamp shows that a name came, and that one went. */
export async function tryFolderTimes(fs: HostFs, dir: string): Promise<Outcome> {
  const folder = `${dir}/times`;
  fs.makeDir(folder);
  const stamp = () => fs.lstat(folder)?.mtimeMs ?? 0;
  const path = `${folder}/name`;
  const isWhole = stamp() % 1_000 === 0;
  await sleep(isWhole ? STAMP_TICK_MS.whole : STAMP_TICK_MS.fine);
  const first = stamp();
  fs.createNew(path, NOTHING);
  const second = stamp();
  if (second === first) {
    return { result: "failed", found: "a new name left the time stamp as it was" };
  }
  if (isWhole) return { result: "ok", found: "in whole seconds" };
  await sleep(STAMP_TICK_MS.fine);
  fs.remove(path);
  return stamp() === second
    ? { result: "failed", found: "a removed name left the time stamp as it was" }
    : { result: "ok", found: "a new name and a removed one showed" };
}

/** Makes a file in a watched folder, and waits for the kernel's word. */
export async function tryNotification(host: Host, dir: string): Promise<Outcome> {
  const folder = `${dir}/watched`;
  host.fs.makeDir(folder);
  let heard = () => {};
  const hint = new Promise<true>((resolve) => heard = () => resolve(true));
  let broken: HostError | undefined;
  let watch: { close(): void } | undefined;
  try {
    watch = host.watch([folder], heard, (error) => {
      if (error instanceof HostError) broken = error;
      heard();
    });
    const began = performance.now();
    host.fs.createNew(`${folder}/new`, NOTHING);
    let isHeard = false;
    // A timer that is late says that the machine has no time, not that the kernel is silent.
    for (let tries = 0, isLate = true; tries < MOST_TRIES && !isHeard && isLate; tries++) {
      const since = performance.now();
      let timer: ReturnType<typeof setTimeout> | undefined;
      const silence = new Promise<false>((resolve) => {
        timer = setTimeout(() => resolve(false), DOCTOR_MS.notice);
      });
      isHeard = await Promise.race([hint, silence]);
      isLate = performance.now() - since > DOCTOR_MS.notice + LATE_MS;
      clearTimeout(timer);
    }
    if (broken !== undefined) throw broken;
    return isHeard
      ? { result: "ok", found: `after ${Math.round(performance.now() - began)} ms` }
      : { result: "failed", found: "none within a second" };
  } finally {
    watch?.close();
  }
}
