/** Hosts that call the hook, and files that are edited. */
import { spawn } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** Calls the hook in a process of its own, as a host does. */
export function callHook(
  payload: object,
): Promise<{ code: number | null; ms: number; output: string }> {
  const cli = `${ROOT}cli.ts`;
  const args = "Deno" in globalThis ? ["run", "-A", "--config", `${ROOT}deno.json`, cli] : [cli];
  const { COORD_DIR: _dir, COORD_RUN_ID: _run, CLAUDE_CODE_SESSION_ID: _session, ...env } =
    process.env;
  const began = performance.now();
  const child = spawn(process.execPath, [...args, "hook", "run", "claude"], { env });
  let output = "";
  child.stdout.on("data", (part) => output += part);
  child.stderr.on("data", (part) => output += part);
  child.stdin.end(JSON.stringify(payload));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ms: performance.now() - began, output }));
  });
}

/** Who edits a file: this session, unless another one is at it. */
export function edited(marker: string, session: string): string {
  try {
    writeFileSync(marker, session, { flag: "wx" });
    return session;
  } catch (error) {
    if ((error as { code?: unknown }).code !== "EEXIST") throw error;
    return readFileSync(marker, "utf-8");
  }
}

/** The files are edited no more. */
export function leave(markers: Iterable<string>): void {
  for (const marker of markers) rmSync(marker);
}
