/** Git itself, for tests that hold what coord knows of it against what it does. */
import { execFileSync, spawnSync } from "node:child_process";
import process from "node:process";

/** Runs git in a folder, and returns what it printed. */
export function git(folder: string, ...args: readonly string[]): string {
  return execFileSync("git", args, { cwd: folder, encoding: "utf8" });
}

/** Runs git where it may fail, with more variables. */
export function tryGit(
  folder: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): { readonly code: number | null; readonly err: string } {
  const options = { cwd: folder, encoding: "utf8", env: { ...process.env, ...env } } as const;
  const { status, stderr } = spawnSync("git", args, options);
  return { code: status, err: stderr };
}
