/** What the scripts that complete command lines need, whatever the shell. */
import type { Described, FlagSpec, OperandSpec } from "../../commands/command.ts";
import { RENAMED } from "../../commands/registry.ts";
import { BARE_FLAGS, GLOBAL_FLAGS } from "../locate.ts";

/** A command as completions see it. Its name may have two words. */
export interface CommandSpec {
  readonly name: string;
  readonly summary: string;
  readonly described: Pick<Described, "flags" | "operands">;
}

/** What may stand in a place: files, folders, these words, names of commands, or anything. */
export type Offer = "files" | "folders" | "commands" | "anything" | readonly string[];

/** A flag, and what its value may be if it takes one. */
export interface Flag {
  readonly name: string;
  readonly short?: string;
  /** `--name`, and `-n` if there is one. */
  readonly forms: readonly string[];
  readonly summary: string;
  readonly repeatable: boolean;
  /** What help calls the value. */
  readonly label: string;
  readonly value?: Offer;
}

/** What may stand after a command. */
export interface Completed {
  readonly name: string;
  readonly flags: readonly Flag[];
  readonly operands: readonly {
    readonly name: string;
    readonly repeatable: boolean;
    readonly offer: Offer;
  }[];
}

/** A word and what it does. */
type Word = readonly [word: string, summary: string];

/** All that a script needs. */
export interface Completions {
  /** The words that may follow nothing (under ""), and those that may follow the first of two. */
  readonly words: ReadonlyMap<string, readonly Word[]>;
  readonly commands: readonly Completed[];
  readonly globals: readonly Flag[];
  /** Flags where there is no command. */
  readonly bare: readonly Flag[];
  /** Old first words with what they are called now. */
  readonly renamed: readonly (readonly [string, string])[];
}

/** Completions for these commands. */
export function completionsFor(commands: readonly CommandSpec[]): Completions {
  const words = wordTree(commands);
  return {
    words,
    commands: commands.map(({ name, described }) => ({
      name,
      flags: flagsOf(described.flags),
      // Whatever follows one that is repeatable, a shell takes for that one.
      operands: untilRepeatable(described.operands).map((operand) => ({
        name: operand.name,
        repeatable: operand.repeatable === true,
        offer: operand.as === "command" && operand.last !== true
          ? "commands"
          : offerOf(operand, operand.name),
      })),
    })),
    globals: flagsOf(GLOBAL_FLAGS),
    bare: flagsOf(BARE_FLAGS),
    renamed: Object.entries(RENAMED).filter(([, now]) => words.has(now)),
  };
}

function wordTree(commands: readonly CommandSpec[]): Map<string, Word[]> {
  const tree = new Map<string, Word[]>([["", []]]);
  for (const { name, summary } of commands) {
    const [first = "", second] = name.split(" ");
    if (second === undefined) {
      tree.get("")?.push([first, summary]);
      continue;
    }
    if (!tree.has(first)) {
      tree.set(first, []);
      tree.get("")?.push([first, `${first} commands`]);
    }
    tree.get(first)?.push([second, summary]);
  }
  return tree;
}

/** The operands up to the first that takes any number of words. */
function untilRepeatable(operands: readonly OperandSpec[]): readonly OperandSpec[] {
  const at = operands.findIndex(({ repeatable }) => repeatable === true);
  return at < 0 ? operands : operands.slice(0, at + 1);
}

/** The placeholder in the help says what a value is. */
const FILES = new Set(["FILE", "PATH", "GLOB", "TREE", "ADDRESS"]);
const FOLDERS = new Set(["DIR", "FOLDER"]);

function offerOf({ choices }: FlagSpec | OperandSpec, label: string): Offer {
  if (choices !== undefined) return choices;
  return FILES.has(label) ? "files" : FOLDERS.has(label) ? "folders" : "anything";
}

function flagsOf(specs: Readonly<Record<string, FlagSpec>>): Flag[] {
  return Object.entries(specs).map(([name, spec]) => {
    const label = spec.placeholder ?? "VALUE";
    return {
      name,
      short: spec.short,
      forms: spec.short === undefined ? [`--${name}`] : [`--${name}`, `-${spec.short}`],
      summary: spec.summary,
      repeatable: spec.repeatable === true,
      label,
      value: spec.type === "boolean" ? undefined : offerOf(spec, label),
    };
  });
}

/** The forms of the flags that take a value. */
export function formsWithValue(flags: readonly Flag[]): string[] {
  return flags.filter(({ value }) => value !== undefined).flatMap(({ forms }) => forms);
}

/** The first words of the names that have two. */
export function groupsOf({ words }: Completions): string[] {
  return [...words.keys()].filter((word) => word !== "");
}
