/** The program with a standard input that only a shell can give it. */
import { spawnSync } from "node:child_process";
import process from "node:process";

/** Whether there is a shell of POSIX. */
export const hasShell = process.platform !== "win32";

/** Runs coord from source in a folder, with a redirection such as `< .`. */
export function coordInShell(cwd: string, redirection: string, ...args: readonly string[]) {
  const cli = decodeURIComponent(new URL("../../../cli.ts", import.meta.url).pathname);
  const runtime = process.versions["bun"] === undefined ? ["run", "-A"] : [];
  const words = [process.execPath, ...runtime, cli, ...args];
  const { status, stdout, stderr } = spawnSync(
    "sh",
    ["-c", `exec "$0" "$@" ${redirection}`, ...words],
    { cwd },
  );
  return { code: status, out: stdout.toString(), err: stderr.toString() };
}
