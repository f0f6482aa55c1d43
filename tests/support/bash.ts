/** Runs bash, for the completions. */
import { spawnSync } from "node:child_process";

/** What a script prints; throws with its standard error when it fails. */
export function bash(script: string, ...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync("bash", ["-c", script, "bash", ...args], {
    encoding: "utf-8",
  });
  if (error !== undefined) throw error;
  if (status !== 0 || stderr !== "") throw new Error(`bash ended with ${status}: ${stderr}`);
  return stdout;
}
