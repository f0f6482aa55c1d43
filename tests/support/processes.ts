/** Other processes, on the runtime that runs the test. */
import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Whether the long variants of the tests are asked for. */
export function isHeavy(): boolean {
  return process.env["COORD_HEAVY"] === "1";
}

/** A process that a test started. */
export interface Child {
  readonly pid: number;
  /** Sends SIGKILL. */
  kill(): void;
  /** What it printed, when it has ended; `code` is null after a signal. */
  readonly ended: Promise<{ code: number | null; output: string }>;
}

/** Runs a program of `tests/support`, given one JSON value as its argument. */
export function start(program: string, argument: unknown): Child {
  const path = `${ROOT}tests/support/${program}`;
  const args = "Deno" in globalThis ? ["run", "-A", "--config", `${ROOT}deno.json`, path] : [path];
  const child: ChildProcess = spawn(process.execPath, [...args, JSON.stringify(argument)], {
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

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
