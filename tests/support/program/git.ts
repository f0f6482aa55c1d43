/** Git itself, for tests that hold what coord knows of it against what it does. */
import { execFileSync } from "node:child_process";

/** Runs git in a folder, and returns what it printed. */
export function git(folder: string, ...args: readonly string[]): string {
  return execFileSync("git", args, { cwd: folder, encoding: "utf8" });
}
