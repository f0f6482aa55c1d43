/** Command lines by a POSIX shell, with real pipes and signals, on the runtime that runs the test. */
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readlinkSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { signal, sleep } from "../race/processes.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** How a shell starts coord; with `exec` before it a signal to the shell is one to coord. */
const COORD = [process.execPath]
  .concat(
    "Deno" in globalThis ? ["run", "-A", "--config", `${ROOT}deno.json`] : [],
    `${ROOT}cli.ts`,
  )
  .map((word) => `'${word}'`).join(" ");

/** Whether there is a shell of POSIX. */
export const hasShell = process.platform !== "win32";

/** What came of a script. */
export interface End {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a script in a folder; `coord` in it is the program from source. */
export function shell(
  dir: string,
  script: string,
): { terminate(): void; waits(): Promise<void>; ended: Promise<End> } {
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
    /** Until coord waits for the kernel's word, as Linux shows it; elsewhere as long as a start takes. */
    async waits() {
      const end = Date.now() + 30_000;
      const folder = `/proc/${child.pid}/fd`;
      if (process.platform !== "linux") return await sleep(3_000);
      while (!readdirSync(folder).some((fd) => isInotify(`${folder}/${fd}`))) {
        if (Date.now() > end) throw new Error(`Waited in vain for: ${script}`);
        await sleep(20);
      }
    },
    // It may have ended. Not by its own method: after that Deno reports a death by the signal.
    terminate: () => void signal(child.pid ?? 0, "SIGTERM"),
    ended,
  };
}

function isInotify(path: string): boolean {
  try {
    return readlinkSync(path).includes("inotify");
  } catch (error) {
    if ((error as { code?: unknown }).code !== "ENOENT") throw error;
    return false; // it was closed meanwhile
  }
}
