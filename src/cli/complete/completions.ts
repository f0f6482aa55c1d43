/** Completions for shells, from the same descriptions as help and the parser. */
import type { Shell } from "../catalog.ts";
import { bashScript } from "./bash.ts";
import { fishScript } from "./fish.ts";
import { zshScript } from "./zsh.ts";
import { type CommandSpec, type Completions, completionsFor } from "./model.ts";

const SCRIPTS: Readonly<Record<Shell, (completions: Completions) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

/** The script that a shell loads. */
export function completionScript(shell: Shell, commands: readonly CommandSpec[]): string {
  return SCRIPTS[shell](completionsFor(commands));
}
