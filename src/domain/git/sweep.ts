/**
 * Which calls of git take along, throw away or commit whatever lies in a folder, and so also what other
 * agents work on there. A call that names its files one by one does not, unless it throws changes away.
 */
import { type GitCall, gitCalls, type ReadShell, type ShellWord } from "./shell.ts";

/** A call of git that sweeps. */
export interface Sweep {
  /** What git is to do, in its own word. */
  readonly verb: string;
  /** The folder that it works in, from that of the shell on. */
  readonly folder: string;
  /** What lies at or below these is touched. */
  readonly paths: readonly SweptPath[];
}

/** A path that a call is about. */
export interface SweptPath {
  readonly path: string;
  /** Whether it begins at the top of the checkout, and not in the folder. */
  readonly isFromTop?: true;
  /** Whether it counts only if there is such a file, since it may be something else. */
  readonly isDoubtful?: true;
}

const WHOLE: readonly SweptPath[] = [{ path: ".", isFromTop: true }];
const FOLDER: readonly SweptPath[] = [{ path: "." }];

/** What of the arguments of a call matters. */
interface Arguments {
  /** Whether an option is there, by its long name or its letter. */
  has(...names: readonly string[]): boolean;
  /** What is no option; `undefined` for what only the shell can work out. */
  readonly words: readonly (ShellWord | undefined)[];
  /** How many of them stand before `--`; `undefined` where there is none. */
  readonly before: number | undefined;
}

/** A verb: its options that have a value, and what is swept; `undefined` for nothing that is known. */
interface Verb {
  /** Letters of options whose value is the rest of the word, or the next one. */
  readonly letters?: string;
  /** Letters of options whose value is the rest of the word, if there is one. */
  readonly attached?: string;
  /** Names of options whose value may be the next word. */
  readonly names?: readonly string[];
  swept(given: Arguments): readonly SweptPath[] | undefined;
}

const CONFLICT = ["conflict"];

const add: Verb = {
  names: ["chmod"],
  swept(given) {
    if (given.has("dry-run", "n", "patch", "p", "interactive", "i", "edit", "e", "refresh")) return;
    const isAll = given.has("all", "A", "no-ignore-removal", "update", "u");
    if (isAll) return given.words.length === 0 ? WHOLE : pathsOf(given.words);
    return pathsOf(given.words.filter((word) => word !== undefined && isWide(word)));
  },
};

const VERBS: Readonly<Record<string, Verb>> = {
  add,
  stage: add,
  commit: {
    letters: "CFcmt",
    attached: "Su",
    names: [
      "author",
      "cleanup",
      "date",
      "file",
      "fixup",
      "message",
      "reedit-message",
      "reuse-message",
      "squash",
      "template",
      "trailer",
    ],
    swept: (given) => given.has("all", "a") && !given.has("dry-run") ? WHOLE : undefined,
  },
  stash: {
    letters: "m",
    names: ["message"],
    swept({ words, before }) {
      if (words.length === 0) return WHOLE;
      if (before === 0) return pathsOf(words);
      const [first, ...paths] = words;
      if (first?.text === "save") return WHOLE;
      if (first?.text !== "push") return;
      return paths.length === 0 ? WHOLE : pathsOf(paths);
    },
  },
  // `--keep` refuses where it would drop a change.
  reset: { swept: (given) => given.has("hard", "merge") ? WHOLE : undefined },
  checkout: {
    letters: "bB",
    names: [...CONFLICT, "orphan"],
    swept(given) {
      const { words, before } = given;
      if (given.has("patch", "p")) return;
      const isForced = given.has("force", "f");
      const paths = before === undefined ? checkedOut(given) : pathsOf(words.slice(before));
      return isForced && (paths === undefined || before === undefined) ? WHOLE : paths;
    },
  },
  switch: {
    letters: "cC",
    names: [...CONFLICT, "create", "force-create", "orphan"],
    swept: (given) => given.has("force", "f", "discard-changes") ? WHOLE : undefined,
  },
  restore: {
    letters: "s",
    names: [...CONFLICT, "source"],
    swept: (given) => given.has("patch", "p") ? undefined : pathsOf(given.words),
  },
  clean: {
    letters: "e",
    names: ["exclude"],
    swept(given) {
      if (given.has("dry-run", "n")) return;
      return given.words.length === 0 ? FOLDER : pathsOf(given.words);
    },
  },
};

/** The calls of git that sweep, in the text of a shell. */
export function sweepsOf(text: string, read: ReadShell): Sweep[] {
  const all = gitCalls(text, read).flatMap((call): Sweep[] => {
    const verb = Object.hasOwn(VERBS, call.verb) ? VERBS[call.verb] : undefined;
    const given = verb && argumentsOf(call, verb);
    if (given === undefined || given.has("help", "h", "pathspec-from-file")) return [];
    const paths = verb?.swept(given) ?? [];
    return paths.length === 0 ? [] : [{ verb: call.verb, folder: call.folder, paths }];
  });
  return [...new Map(all.map((sweep) => [JSON.stringify(sweep), sweep])).values()];
}

/** Takes the arguments of a call apart. */
function argumentsOf(
  { args }: GitCall,
  { letters = "", attached = "", names = [] }: Verb,
): Arguments {
  const given: string[] = [];
  const words: (ShellWord | undefined)[] = [];
  for (let at = 0; at < args.length; at++) {
    const text = args[at]?.text ?? "";
    if (text === "--") {
      const before = words.length;
      return { has: hasOf(given), words: [...words, ...args.slice(at + 1)], before };
    }
    const [, long, value] = /^--([^=]+)(=.*)?$/s.exec(text) ?? [];
    if (long !== undefined) {
      given.push(long);
      if (value === undefined && names.some((name) => isShort(long, name))) at++;
    } else if (/^-./.test(text)) {
      for (const [place, letter] of [...text.slice(1)].entries()) {
        given.push(letter);
        if (attached.includes(letter)) break;
        if (!letters.includes(letter)) continue;
        if (place === text.length - 2) at++;
        break;
      }
    } else words.push(args[at]);
  }
  return { has: hasOf(given), words, before: undefined };
}

function hasOf(given: readonly string[]): Arguments["has"] {
  return (...names) =>
    names.some((name) =>
      given.some((each) => name.length === 1 ? each === name : isShort(each, name))
    );
}

/** Whether an option is a name, or the beginning of it, which git takes as well. */
function isShort(given: string, name: string): boolean {
  return given === name || given.length > 2 && name.startsWith(given);
}

/** What a `git checkout` without `--` is about, where that is no branch. */
function checkedOut(given: Arguments): readonly SweptPath[] | undefined {
  const { words } = given;
  if (given.has("ours", "theirs")) return pathsOf(words);
  if (given.has("b", "B", "orphan")) return;
  const [first, ...paths] = words;
  const doubtful = first === undefined || isWide(first) ? [] : pathsOf([first])?.slice(0, 1) ?? [];
  const wide = first !== undefined && isWide(first) ? pathsOf([first]) ?? [] : [];
  const sure = pathsOf(paths);
  if (sure === undefined) return;
  return [...wide, ...doubtful.map((each) => ({ ...each, isDoubtful: true as const })), ...sure];
}

/** Whether a word can only mean all that lies in a folder, or that fits a pattern. */
function isWide({ text, isGlob }: ShellWord): boolean {
  return isGlob || /^\.{1,2}$|^:|\/$|\/\.{1,2}$|[*?]/.test(text);
}

/** What words name; `undefined` where one of them is not known. */
function pathsOf(words: readonly (ShellWord | undefined)[]): readonly SweptPath[] | undefined {
  const paths: SweptPath[] = [];
  for (const word of words) {
    if (word === undefined) return;
    const [, top, rest] = /^(:\/|:\(top\)|:$)?(.*)$/s.exec(word.text) ?? [];
    // Of other magic words nothing is known.
    if (rest === undefined || rest.startsWith(":")) return;
    const folder = rest.replace(/[^/]*[*?].*$/s, "");
    paths.push({ path: folder || ".", ...(top === undefined ? {} : { isFromTop: true }) });
  }
  return paths;
}
