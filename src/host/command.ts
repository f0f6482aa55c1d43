/**
 * Commands in process groups of their own, by way of `node:`, for all runtimes.
 *
 * A group is left by nothing that its command starts, unless that asks for it, so a signal to the
 * group reaches it all. A terminal's signals do not: they are this process's to pass on.
 */
import { execFile, spawn } from "node:child_process";
import process from "node:process";
import { WORK_MS } from "../domain/limits.ts";
import type { CommandEnd, CommandEnv, CommandOptions, CommandOutput } from "../ports/host.ts";
import {
  exitOf,
  gone,
  isGroupRunning,
  LAST_WORDS_MS,
  passOn,
  sendTo,
  started,
  within,
} from "./child.ts";
import { hostError } from "./map_error.ts";
import { isWindows, watchdog } from "./watchdog.ts";

/** Runs a command to its end; see `Host.command`. */
export async function runCommand(
  [program, ...args]: readonly [string, ...string[]],
  { env, signal, stderrBytes, onOutput }: CommandOptions,
): Promise<CommandEnd> {
  const child = await started(
    program,
    env,
    true,
    (env) => spawn(program, args, { detached: !isWindows, env, stdio: ["ignore", "pipe", "pipe"] }),
  );
  const { pid = 0 } = child;
  const send = (signal: NodeJS.Signals) => sendTo(isWindows ? pid : -pid, signal);
  const stderr = new Tail(stderrBytes);
  const output = Promise.all([
    passOn(child.stdout, onOutput),
    passOn(child.stderr, (bytes) => {
      stderr.add(bytes);
      onOutput(bytes);
    }),
  ]);
  const code = await exitOf(child, signal, send);
  // What got SIGTERM with its command has as long for its end.
  if (signal.aborted && !isWindows) await gone(() => isGroupRunning(pid), WORK_MS.kill);
  await within(output, LAST_WORDS_MS);
  send("SIGKILL");
  // What left the group may have the pipes open for good.
  await within(output, LAST_WORDS_MS);
  watchdog.remove(pid);
  return { code, stderr: stderr.bytes };
}

/** Runs a short command; see `Host.output`. */
export function outputOf(
  [program, ...args]: readonly [string, ...string[]],
  env: CommandEnv = {},
): Promise<CommandOutput> {
  const options = {
    env: { ...process.env, ...env },
    encoding: "buffer",
    maxBuffer: Infinity,
  } as const;
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      // One that a signal ended has no code; a text says why it did not start.
      if (typeof error?.code === "string") reject(hostError(error, "run", program));
      else resolve({ code: error === null ? 0 : error.code ?? 1, stdout, stderr });
    });
    child.stdin?.end();
  });
}

/** The last bytes of a stream. */
class Tail {
  #parts: Uint8Array[] = [];
  #length = 0;

  constructor(readonly max: number) {}

  add(part: Uint8Array): void {
    const kept = part.subarray(-this.max);
    this.#parts.push(kept);
    this.#length += kept.length;
    if (this.#length > 16 * this.max || this.#parts.length > 256) {
      const { bytes } = this;
      this.#parts = [bytes];
      this.#length = bytes.length;
    }
  }

  get bytes(): Uint8Array {
    const all = new Uint8Array(this.#length);
    let at = 0;
    for (const part of this.#parts) {
      all.set(part, at);
      at += part.length;
    }
    return all.slice(-this.max);
  }
}
