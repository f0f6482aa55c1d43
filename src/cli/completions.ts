/** Completions for shells, from the same descriptions as help and the parser. */
import type { Shell } from "./catalog.ts";
import { bashScript } from "./complete_bash.ts";
import { fishScript } from "./complete_fish.ts";
import { zshScript } from "./complete_zsh.ts";
import { type CommandSpec, type Completions, completionsFor } from "./completion_model.ts";

const SCRIPTS: Readonly<Record<Shell, (completions: Completions) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

/** The script that a shell loads. */
export function completionScript(shell: Shell, commands: readonly CommandSpec[]): string {
  return SCRIPTS[shell](completionsFor(commands));
}
