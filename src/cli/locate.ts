/** Finds the command in the arguments, and what is asked for before any command is known. */
import type { FlagSpec } from "../commands/command.ts";

/** Flags of every command. */
export const GLOBAL_FLAGS: Readonly<Record<string, FlagSpec>> = {
  json: { type: "boolean", short: "j", summary: "answer with JSON, the same as --format json" },
  format: {
    type: "text",
    placeholder: "FORMAT",
    choices: ["text", "json"],
    default: "text",
    summary: "text for people, json for programs",
  },
  dir: {
    type: "text",
    short: "C",
    placeholder: "DIR",
    env: "COORD_DIR",
    summary: "workspace or project folder (default: search upward)",
  },
  help: { type: "boolean", short: "h", summary: "show help" },
};

/** Flags where there is no command. */
export const BARE_FLAGS: Readonly<Record<string, FlagSpec>> = {
  version: { type: "boolean", short: "V", summary: "show the version" },
};

/** The arguments, taken apart. */
export interface Located {
  /** The name of the command, or the words that name none; `undefined` when there are no words. */
  readonly name: string | undefined;
  readonly known: boolean;
  /** All other arguments in their order. */
  readonly rest: readonly string[];
  readonly json: boolean;
  readonly help: boolean;
  readonly version: boolean;
}

/** Whether a word looks like a flag; a lone `-` and negative numbers do not. */
export function isFlag(word: string): boolean {
  return word.length > 1 && word.startsWith("-") && !/^-\.?\d/.test(word);
}

/** Whether names of two words begin with this one. */
export function isGroup(word: string | undefined, known: ReadonlySet<string>): boolean {
  return [...known].some((name) => name.startsWith(`${word} `));
}

function takesNext(word: string): boolean {
  return word === "-C" || word === "--dir" || word === "--format";
}

/**
 * Takes the arguments apart. A first word `coord` is left out; `renamed` maps old first words to
 * new ones; of the names in `known`, one of two words goes before one of one word.
 */
export function locate(
  args: readonly string[],
  known: ReadonlySet<string>,
  renamed: Readonly<Record<string, string>>,
): Located {
  const end = args.indexOf("--") === -1 ? args.length : args.indexOf("--");
  const words: number[] = []; // where the first words stand that are neither flags nor values
  for (let at = 0; at < end && words.length < 3; at++) {
    const arg = args[at] ?? "";
    if (takesNext(arg)) at++;
    else if (!isFlag(arg)) words.push(at);
  }
  const dropped = new Set<number>();
  const [first] = words;
  if (first !== undefined && args[first] === "coord") {
    dropped.add(first);
    words.shift();
  }
  const [one, two] = words;
  const word = args[one ?? -1];
  const head = word !== undefined && Object.hasOwn(renamed, word) ? renamed[word] : word;
  const both = two === undefined ? undefined : `${head} ${args[two]}`;
  let name = head;
  if (one !== undefined) dropped.add(one);
  if (both !== undefined && two !== undefined && (known.has(both) || isGroup(head, known))) {
    name = both;
    dropped.add(two);
  }
  const flags = args.slice(0, end);
  return {
    name,
    known: name !== undefined && known.has(name),
    rest: args.filter((_, at) => !dropped.has(at)),
    json: flags.some((arg, at) =>
      arg === "--json" || /^-h*j[jh]*$/.test(arg) || arg === "--format=json" ||
      (arg === "--format" && flags[at + 1] === "json")
    ),
    help: flags.some((arg) => arg === "--help" || /^-j*h[jh]*$/.test(arg)),
    version: head === undefined && flags.some((arg) => arg === "--version" || arg === "-V"),
  };
}
