/** Command lines by a POSIX shell, with real pipes and signals, on the runtime that runs the test. */
import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** How a shell starts coord; with `exec` before it a signal to the shell is one to coord. */
const COORD = [process.execPath]
  .concat(
    "Deno" in globalThis ? ["run", "-A", "--config", `${ROOT}deno.json`] : [],
    `${ROOT}cli.ts`,
  )
  .map((word) => `'${word}'`).join(" ");

/** What came of a script. */
export interface End {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a script in a folder; `coord` in it is the program from source. */
export function shell(dir: string, script: string): { terminate(): void; ended: Promise<End> } {
  const child: ChildProcess = spawn("/bin/sh", ["-c", script.replaceAll("coord", COORD)], {
    cwd: dir,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [out, err] = ["", ""];
  child.stdout?.on("data", (part) => out += part);
  child.stderr?.on("data", (part) => err += part);
  const ended = new Promise<End>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, out, err }));
  });
  return {
    // Not by the child's own method: after that Deno reports a death by the signal, whatever came.
    terminate: () => void process.kill(child.pid ?? 0, "SIGTERM"),
    ended,
  };
}
