/** All commands by name, with those that the shell answers itself. */
import type { Described } from "../commands/command.ts";
import { COMMANDS, type Entry } from "../commands/registry.ts";

/** The shells that completions are written for. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

export type Shell = typeof SHELLS[number];

function shell(summary: string, described: Partial<Described>): BuiltIn {
  const whole = { operands: [], flags: {}, ...described };
  return { group: "Shell", summary, described: whole, load: () => Promise.resolve(whole) };
}

interface BuiltIn extends CatalogEntry {
  readonly described: Described;
}

/** The names of {@link BUILT_IN}. */
export type BuiltInName = "help" | "version" | "completions" | "man";

/** Commands that need neither a module of their own nor a workspace. */
export const BUILT_IN: Readonly<Record<BuiltInName, BuiltIn>> = {
  help: shell("show help, or that of a command", {
    operands: [{ name: "COMMAND", summary: "the command", repeatable: true, as: "command" }],
  }),
  version: shell("show the version of coord and of its runtime", {}),
  completions: shell("print completions for a shell", {
    details: "Load them with: source <(coord completions bash), the same for zsh, or " +
      "coord completions fish | source.",
    operands: [{
      name: "SHELL",
      summary: "the shell that you use",
      required: true,
      choices: SHELLS,
      as: "shell",
    }],
  }),
  man: shell("print the manual page", {
    details: "Read it with: coord man | man -l -. Install it with: " +
      "coord man > /usr/local/share/man/man1/coord.1.",
  }),
};

/** A line in the list of commands, with its description on demand. */
export type CatalogEntry = Omit<Entry, "load"> & { readonly load: () => Promise<Described> };

export const CATALOG: Readonly<Record<string, CatalogEntry>> = { ...COMMANDS, ...BUILT_IN };

/** A command with all that is known of it. */
export interface DescribedCommand {
  readonly name: string;
  readonly group: string;
  readonly summary: string;
  readonly described: Described;
}

/** Loads every command. */
export function describeAll(): Promise<DescribedCommand[]> {
  return Promise.all(
    Object.entries(CATALOG).map(async ([name, { group, summary, load }]) => ({
      name,
      group,
      summary,
      described: await load(),
    })),
  );
}

/** All names. */
export const NAMES: ReadonlySet<string> = new Set(Object.keys(CATALOG));
