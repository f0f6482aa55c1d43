/** This program once more, on Deno. */

import type { CommandOutput } from "../ports/host.ts";
import { outputOf } from "./command.ts";

/** The words that start it. */
function ownWords(): [string, ...string[]] {
  return [Deno.execPath(), ...(Deno.build.standalone ? [] : ["run", "-A", Deno.mainModule])];
}

/** See `Host.startBeside`. */
export function startBeside(args: readonly string[]): void {
  const [program, ...own] = ownWords();
  const streams = { stdin: "null", stdout: "null", stderr: "null" } as const;
  new Deno.Command(program, { args: [...own, ...args], ...streams, detached: true }).spawn()
    .unref();
}

/** See `Host.outputAgain`. */
export function outputAgain(args: readonly string[]): Promise<CommandOutput> {
  return outputOf([...ownWords(), ...args]);
}
