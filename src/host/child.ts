/** A command as a child process, by way of `node:`, for all runtimes: its start, its end, its output. */
import type { ChildProcess } from "node:child_process";
import { readdirSync, readFileSync, write } from "node:fs";
import { constants, tmpdir } from "node:os";
import process from "node:process";
import { WORK_MS } from "../domain/limits.ts";
import type { CommandEnv } from "../ports/host.ts";
import { hostError } from "./map_error.ts";
import { watchdog } from "./watchdog.ts";

/** Exit codes of a command that a signal ended are the signal's number above this. */
const KILLED = 128;

/** Milliseconds that what a command left may take to write its last words, before it is killed. */
export const LAST_WORDS_MS = 250;

/** Milliseconds between looks at what a command left. */
const LOOK_MS = 10;

/** A command, from the moment on that it runs. The watchdog knows of it before it is there. */
export async function started<C extends ChildProcess>(
  program: string,
  env: CommandEnv,
  isGroup: boolean,
  spawn: (env: Record<string, string | undefined>) => C,
): Promise<C> {
  try {
    watchdog.start();
  } catch (error) {
    throw hostError(error, "create", tmpdir());
  }
  try {
    let pid: number | undefined;
    watchdog.expect();
    let child: C;
    try {
      child = spawn({ ...process.env, ...env, ...watchdog.mark });
      pid = child.pid;
    } finally {
      watchdog.add(pid, isGroup);
    }
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", reject);
    });
    return child;
  } catch (error) {
    throw hostError(error, "run", program);
  }
}

/** Resolves to a command's exit code. A signal ends it: SIGTERM first, and SIGKILL some seconds later. */
export async function exitOf(
  child: ChildProcess,
  signal: AbortSignal,
  send: (signal: NodeJS.Signals) => void,
): Promise<number> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const end = () => {
    send("SIGTERM");
    timer = setTimeout(() => send("SIGKILL"), WORK_MS.kill);
  };
  const exited = new Promise<number>((resolve) => {
    child.once("exit", (code, by) => {
      resolve(code ?? KILLED + (by === null ? 0 : constants.signals[by]));
    });
  });
  if (signal.aborted) end();
  else signal.addEventListener("abort", end, { once: true });
  const code = await exited;
  signal.removeEventListener("abort", end);
  clearTimeout(timer);
  return code;
}

/** Sends a signal to a process, or to a group by its number below 0; `false` when it has gone. */
export function sendTo(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    const { code } = error as { code?: unknown };
    // It has ended, or is another user's by its own wish.
    if (code !== "ESRCH" && code !== "EPERM") throw error;
    return false;
  }
}

/** Waits for a promise, but not longer than this. */
export async function within(promise: Promise<unknown>, ms: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => timer = setTimeout(resolve, ms));
  await Promise.race([promise, late]);
  clearTimeout(timer);
}

/** Waits until nothing runs any more, but not longer than this. */
export async function gone(isRunning: () => boolean, ms: number): Promise<void> {
  const late = performance.now() + ms;
  while (isRunning() && performance.now() < late) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** Whether one of a group runs. In a container those that ended may stay, since no process asks how. */
export function isGroupRunning(group: number): boolean {
  if (!sendTo(-group, 0)) return false;
  if (process.platform !== "linux") return true;
  const names = processNames();
  return names === undefined || names.some((name) => {
    const stat = statOf(name);
    return stat?.group === group && !"ZX".includes(stat.state);
  });
}

/** A process as its `stat` has it. */
interface ProcStat {
  /** One letter, such as `R`; `Z` and `X` have ended. */
  readonly state: string;
  readonly group: number;
  readonly session: number;
}

/** The numbers of the processes that can be seen, as names; `undefined` where there is no `/proc`. */
export function processNames(): string[] | undefined {
  try {
    const names = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
    return names.length > 0 ? names : undefined;
  } catch {
    return undefined;
  }
}

/** Of a process by its number, or of `self`; `undefined` when it has ended. */
export function statOf(pid: string): ProcStat | undefined {
  const [, state = "", group, session] =
    /^\d+ \(.*\) (\S) \d+ (\d+) (\d+) /s.exec(readProc(pid, "stat")) ?? [];
  return state === "" ? undefined : { state, group: Number(group), session: Number(session) };
}

/** The text of one of its files; nothing of a process that has ended, or that is another user's. */
export function readProc(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf-8");
  } catch {
    return "";
  }
}

/** Writes what comes to standard error. A reader that is slow keeps the command waiting, not us. */
export async function passOn(
  stream: AsyncIterable<Uint8Array>,
  onOutput: (bytes: Uint8Array) => void = () => {},
): Promise<void> {
  let isRead = true;
  try {
    for await (const bytes of stream) {
      onOutput(bytes);
      for (let sent = 0; isRead && sent < bytes.length;) {
        const written = await writeTo(2, bytes.subarray(sent));
        isRead = written !== undefined;
        sent += written ?? 0;
      }
    }
  } catch {
    // The pipe was closed with its command.
  }
}

/** Bytes that were written; `undefined` when no process reads them. */
function writeTo(fd: number, bytes: Uint8Array): Promise<number | undefined> {
  return new Promise((resolve) => {
    write(fd, bytes, 0, bytes.length, null, (error, written) => {
      if (error === null || error === undefined) resolve(written);
      else if (error.code === "EAGAIN") setTimeout(() => resolve(0), 5);
      else resolve(undefined);
    });
  });
}
