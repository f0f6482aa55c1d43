/** Other processes, on the runtime that runs the test. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { exceeds, stopwatch } from "../program/own_time.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** A process that a test started. */
export interface Child {
  readonly pid: number;
  /** Sends SIGKILL. */
  kill(): void;
  /** What it printed, when it has ended; `code` is null after a signal. */
  readonly ended: Promise<{ code: number | null; output: string }>;
}

/**
 * Runs a program of `tests/support/`, named with its folder, given one JSON value as its argument.
 *
 * @param prefix What starts it, such as a program that changes its clock.
 */
export function start(program: string, argument: unknown, prefix: readonly string[] = []): Child {
  const path = `${ROOT}tests/support/${program}`;
  const args = "Deno" in globalThis ? ["run", "-A", "--config", `${ROOT}deno.json`, path] : [path];
  const [first = "", ...rest] = [...prefix, process.execPath, ...args, JSON.stringify(argument)];
  const child: ChildProcess = spawn(first, rest, {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  child.stdout?.on("data", (part) => output += part);
  child.stderr?.on("data", (part) => output += part);
  const ended = new Promise<{ code: number | null; output: string }>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output }));
  });
  return { pid: child.pid ?? 0, kill: () => void child.kill("SIGKILL"), ended };
}

/** Sends a process a signal; whether it was there to get it. */
export function signal(pid: number, name: "SIGSTOP" | "SIGCONT" | "SIGTERM"): boolean {
  try {
    return process.kill(pid, name);
  } catch (error) {
    if ((error as { code?: unknown }).code !== "ESRCH") throw error;
    return false;
  }
}

/** Whether a process is stopped, or has ended; on Linux alone. */
export function isStopped(pid: number): boolean {
  try {
    return / [TtZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf-8"));
  } catch {
    return true;
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/**
 * Waits for something that comes soon.
 *
 * @param limitMs How long, without the time in which processes waited for the machine.
 */
export async function until(what: string, isSo: () => boolean, limitMs = 20_000): Promise<void> {
  const passed = stopwatch();
  while (!isSo()) {
    if (exceeds(passed(), limitMs)) throw new Error(`waited in vain until ${what}`);
    await sleep(5);
  }
}
