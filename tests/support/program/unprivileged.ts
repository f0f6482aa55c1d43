/** The command line in a process that modes stop, even where the tests run as root. */
import { spawnSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { isRoot } from "../scene/scratch.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const RIGHTS = "-dac_override,-dac_read_search";

/** What makes a process of root one that modes stop. */
const DROP = ["setpriv", "--bounding-set", RIGHTS, "--inh-caps", RIGHTS];

/** Why there can be no such process here; `undefined` when there can. */
export function whyNot(): string | undefined {
  if (!isRoot()) return undefined;
  const { status } = spawnSync("setpriv", [...DROP.slice(1), "true"]);
  return status === 0 ? undefined : "root, and no setpriv that drops capabilities";
}

/** Runs a command line. */
export function coordWithoutRights(cwd: string, ...args: string[]) {
  const isDeno = "Deno" in globalThis;
  const config = ["run", "-A", "--no-check", "--config", `${ROOT}deno.json`];
  const program = [process.execPath, ...(isDeno ? config : []), `${ROOT}cli.ts`, ...args];
  const [command = "", ...rest] = isRoot() ? [...DROP, ...program] : program;
  const { status, stdout, stderr } = spawnSync(command, rest, { cwd, encoding: "utf-8" });
  return { code: status, out: stdout, err: stderr };
}
