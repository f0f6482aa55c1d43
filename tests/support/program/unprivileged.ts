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

/** What a command line ended with and wrote. */
export interface Answer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs command lines one after the other, in one process of its own. */
export function coordWithoutRights(cwd: string, commands: readonly string[][]): Answer[] {
  const isDeno = "Deno" in globalThis;
  const config = ["run", "-A", "--no-check", "--config", `${ROOT}deno.json`];
  const worker = `${ROOT}tests/support/program/commands_worker.ts`;
  const program = [process.execPath, ...(isDeno ? config : []), worker, JSON.stringify(commands)];
  const [command = "", ...rest] = isRoot() ? [...DROP, ...program] : program;
  const { status, stdout, stderr } = spawnSync(command, rest, { cwd, encoding: "utf-8" });
  if (status !== 0) throw new Error(`Cannot run ${JSON.stringify(commands)}: ${stderr}`);
  return JSON.parse(stdout);
}
