/** Finds the command in the arguments, and says what a flag is. */
import type { FlagSpec } from "../commands/command.ts";
import { hasPassword, NO_PASSWORD } from "../domain/input/store_url.ts";
import type { InputRule } from "../domain/input/rule.ts";

/** Of `--store`; the rest is for the store to say. */
const STORE: InputRule = {
  code: "bad_args",
  problems: (value) =>
    value === "" ? ["must not be empty"] : hasPassword(String(value)) ? [NO_PASSWORD] : [],
};

/** Flags of every command. */
export const GLOBAL_FLAGS: FlagSpecs = {
  json: { type: "boolean", short: "j", summary: "answer with JSON, the same as --format json" },
  format: {
    type: "text",
    placeholder: "FORMAT",
    choices: ["text", "json"],
    default: "text",
    summary: "text for people, json for programs",
  },
  print: {
    type: "list",
    placeholder: "FIELD,…",
    summary: "print these fields of the answer alone, one line a record",
  },
  dir: {
    type: "text",
    short: "C",
    placeholder: "DIR",
    env: "COORD_DIR",
    summary: "workspace or project folder (default: search upward)",
  },
  store: {
    type: "text",
    placeholder: "URL",
    env: "COORD_STORE",
    summary: "where the records are: files, or a URL (default: as coord.json says, else files)",
    field: STORE,
  },
  help: { type: "boolean", short: "h", summary: "show help" },
};

/** Flags where there is no command. */
export const BARE_FLAGS: FlagSpecs = {
  version: { type: "boolean", short: "V", summary: "show the version" },
};

export type FlagSpecs = Readonly<Record<string, FlagSpec>>;

/** A flag as an argument has it. */
export interface GivenFlag {
  readonly name: string;
  /** `undefined` for a flag that is unknown. */
  readonly spec: FlagSpec | undefined;
  /** What stands behind it in the same argument. */
  readonly value: string | undefined;
}

/** Whether a word looks like a flag; a lone `-` and negative numbers do not. */
function isFlag(word: string): boolean {
  return word.length > 1 && word.startsWith("-") && !/^-\.?\d/.test(word);
}

/** Whether a word such as `-0` is a flag of this command, and no negative number. */
function isDigitFlag(specs: FlagSpecs, word: string): boolean {
  const [, digit] = /^-(\d)[A-Za-z]*$/.exec(word) ?? [];
  return digit !== undefined && Object.values(specs).some(({ short }) => short === digit);
}

/** The flags of one argument: `-jC` has two. Letters from one on that is no flag are one flag. */
export function flagsOf(specs: FlagSpecs, arg: string): GivenFlag[] {
  if (!isFlag(arg) && !isDigitFlag(specs, arg)) return [];
  const known = (name: string) => Object.hasOwn(specs, name) ? specs[name] : undefined;
  const named = (text: string): GivenFlag => {
    const equals = text.indexOf("=");
    const name = equals === -1 ? text : text.slice(0, equals);
    return { name, spec: known(name), value: equals === -1 ? undefined : text.slice(equals + 1) };
  };
  if (arg.startsWith("--")) return [named(arg.slice(2))];
  const flags: GivenFlag[] = [];
  for (let at = 1; at < arg.length; at++) {
    const [name, spec] = Object.entries(specs).find(([, { short }]) => short === arg[at]) ?? [];
    if (name === undefined || spec === undefined) return [...flags, named(arg.slice(at))];
    const value = arg.slice(at + 1).replace(/^=/, "");
    if (spec.type !== "boolean") {
      return [...flags, { name, spec, value: value === "" ? undefined : value }];
    }
    flags.push({ name, spec, value: undefined });
  }
  return flags;
}

/** Whether the next argument is the value of a flag that takes one. */
export function takesNext(
  { value }: GivenFlag,
  spec: FlagSpec | undefined,
  next: string | undefined,
): next is string {
  return spec !== undefined && spec.type !== "boolean" && value === undefined &&
    next !== undefined && next !== "--" && !isFlag(next);
}

/** The arguments, taken apart. */
export interface Located {
  /** The name of the command, or the words that name none; `undefined` when there are no words. */
  readonly name: string | undefined;
  readonly known: boolean;
  /** All other arguments in their order. */
  readonly rest: readonly string[];
}

/** Whether names of two words begin with this one. */
export function isGroup(word: string | undefined, known: ReadonlySet<string>): boolean {
  return [...known].some((name) => name.startsWith(`${word} `));
}

/**
 * Reads the arguments up to the name of the command. A first word `coord` is left out; `renamed` maps
 * old first words to new ones; `known` has the names.
 */
export function locate(
  args: readonly string[],
  known: ReadonlySet<string>,
  renamed: Readonly<Record<string, string>>,
): Located {
  const before: string[] = [];
  let name: string | undefined;
  let mayBeCoord = true;
  let at = 0;
  while (at < args.length && args[at] !== "--" && (name === undefined || isGroup(name, known))) {
    const arg = args[at++] ?? "";
    const flags = flagsOf(GLOBAL_FLAGS, arg);
    const last = flags.at(-1);
    const next = args[at];
    if (last !== undefined) {
      before.push(arg);
      if (takesNext(last, last.spec, next)) {
        before.push(next);
        at++;
      }
    } else if (mayBeCoord && arg === "coord") mayBeCoord = false;
    else {
      mayBeCoord = false;
      name = name === undefined
        ? Object.hasOwn(renamed, arg) ? renamed[arg] : arg
        : `${name} ${arg}`;
    }
  }
  return {
    name,
    known: name !== undefined && known.has(name),
    rest: [...before, ...args.slice(at)],
  };
}
