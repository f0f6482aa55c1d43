/** Small tools in Python, written for this bench: each does its work as popular ones do. */
import { ALL, alone, type Peer } from "./peer.ts";
import { missing } from "./server.ts";

const FOLDER = new URL("../python/", import.meta.url).pathname;

/** The line of a script of the folder `python/`. */
export function python(script: string, ...args: readonly string[]): string[] {
  return ["python3", "-B", `${FOLDER}${script}.py`, ...args];
}

function tool(name: string, script: string, note: string): Peer {
  return {
    name: `Python, ${name}`,
    keeps: ALL,
    durable: true,
    note,
    absent: () => missing("python3"),
    start: ({ dir }) => Promise.resolve(alone(python(script, dir))),
  };
}

export const PYTHONS: readonly Peer[] = [
  tool("scan all files", "scan_all_files", "a claim reads every task, under a lock"),
  tool("rename files", "rename_files", "a claim renames; a claim that dies is lost"),
  tool(
    "fold the whole log",
    "fold_whole_log",
    "a claim reads the log from its start, under a lock",
  ),
];
