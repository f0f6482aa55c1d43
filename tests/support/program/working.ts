/** `coord` with a command of its own as a process, on the runtime that runs the test. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, readSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { until as untilWithin } from "../race/processes.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** The words after the runtime that call coord. */
export const COORD = "Deno" in globalThis
  ? ["run", "-A", "--no-check", "--config", `${ROOT}deno.json`, `${ROOT}cli.ts`]
  : [`${ROOT}cli.ts`];

/** A script of a shell that is coord. */
export const COORD_SCRIPT = `#!/bin/sh\nexec ${
  [process.execPath, ...COORD].map((word) => `'${word}'`).join(" ")
} "$@"\n`;

/** A script that SIGTERM ends at once, while what it started takes a moment for the same. */
export const SLOW_CHILD = `(trap 'sleep 0.4; echo 1 > cleaned; exit' TERM; echo 1 > began
  while :; do sleep 0.02; done) & wait`;

/** Milliseconds after which what does not come fails a test. */
const LIMIT_MS = 30_000;

/** A call of coord that runs. */
export class Running implements AsyncDisposable {
  readonly #child: ChildProcess;
  out = "";
  err = "";
  /** Its exit code, when all that it wrote has come. */
  readonly ended: Promise<number | null>;

  /** `input` is what comes on its standard input. */
  constructor(
    dir: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    input?: string,
  ) {
    this.#child = spawn(process.execPath, [...COORD, ...args], {
      cwd: dir,
      env: { ...process.env, ...env },
      stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    });
    this.#child.stdin?.end(input);
    this.#child.stdout?.on("data", (part) => this.out += part);
    this.#child.stderr?.on("data", (part) => this.err += part);
    this.ended = new Promise((resolve, reject) => {
      this.#child.on("error", reject);
      this.#child.on("close", resolve);
    });
  }

  /** Not by the child's own method: after that Deno reports a death by the signal, whatever came. */
  signal(name: NodeJS.Signals): void {
    process.kill(this.#child.pid ?? 0, name);
  }

  /** The reader of its standard output goes. */
  closeOutput(): void {
    this.#child.stdout?.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.signal("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.ended;
  }
}

/** A worker whose command is a shell script. */
export class Working extends Running {
  constructor(
    dir: string,
    flags: readonly string[],
    script: string,
    env: Readonly<Record<string, string>> = {},
  ) {
    const args = ["work", "--run-id", "a", "--json", ...flags, "--", "/bin/sh", "-c", script];
    super(dir, args, env);
  }

  /** Its lines, without what differs between two runs. */
  get lines(): Record<string, unknown>[] {
    return this.out.split("\n").filter((line) => line !== "").map((line) => {
      const { task_id: _, seconds: __, ...rest } = JSON.parse(line);
      return rest;
    });
  }
}

/** Waits until something holds that a process of its own brings about. */
export function until(what: string, holds: () => boolean): Promise<void> {
  return untilWithin(what, holds, LIMIT_MS);
}

/** Whether a process runs; one that ended and that no process asks about does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  if (process.platform !== "linux") return true;
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, "utf-8"));
  } catch {
    return false;
  }
}

/** Ends a process at once. */
export function kill(pid: number): void {
  process.kill(pid, "SIGKILL");
}

/** Whether a script has written something to a file. */
export function isWritten(path: string): boolean {
  return written(path) !== "";
}

/** What a script wrote to a file; nothing when it did not. */
export function written(path: string): string {
  return existsSync(path) ? readFileSync(path, "utf-8").trim() : "";
}

/** What was written to a file that is open, and has no name. */
export function writtenTo(file: number): string {
  const all = new Uint8Array(65_536);
  return new TextDecoder().decode(all.subarray(0, readSync(file, all, 0, all.length, 0))).trim();
}

/** The names in a folder. */
export const namesIn = (path: string): string[] => readdirSync(path);
