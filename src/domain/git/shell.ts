/** What the text of a shell says of the commands in it, and which of them call git. */

/** A word as the shell passes it on. */
export interface ShellWord {
  readonly text: string;
  /** Whether the shell puts the names of files that fit in its place. */
  readonly isGlob: boolean;
}

/** A command in the text of a shell. */
export interface ShellCommand {
  /** Its words; `undefined` stands for one that only the shell can work out. */
  readonly words: readonly (ShellWord | undefined)[];
  /** The folder that it runs in, from that of the shell on; `undefined` where the text does not say. */
  readonly folder: string | undefined;
}

/**
 * Characters and here-documents in the text of a shell that is read for calls of git. The reading of
 * here-documents takes time by the square of their number: 20,000 take seconds.
 */
export const SHELL_TEXT = { characters: 500_000, hereDocuments: 500 } as const;

/** Reads the text of a shell. */
export type ReadShell = (text: string) => readonly ShellCommand[];

/** A call of git: what stands behind its own options, and the folder that it works in. */
export interface GitCall {
  readonly verb: string;
  readonly args: ShellCommand["words"];
  readonly folder: string;
}

/** A folder, named from another one. */
export function within(folder: string | undefined, named: string): string | undefined {
  if (/^(?:[A-Za-z]:)?[\\/]/.test(named)) return named;
  if (folder === undefined || named === "") return folder;
  return folder === "" ? named : `${folder}/${named}`;
}

/** Programs that run another one: the letters of their options with a value, and their own operands. */
const RUNNERS: Readonly<Record<string, { readonly valued: string; readonly operands?: number }>> = {
  command: { valued: "" },
  doas: { valued: "uC" },
  env: { valued: "uSC" },
  exec: { valued: "a" },
  ionice: { valued: "cnpPu" },
  nice: { valued: "n" },
  nohup: { valued: "" },
  setsid: { valued: "" },
  stdbuf: { valued: "ioe" },
  sudo: { valued: "CDghpRrTtUu" },
  time: { valued: "fo" },
  timeout: { valued: "ks", operands: 1 },
};

const SHELLS = new Set(["bash", "dash", "ksh", "sh", "zsh"]);

/** Options of git with a value in the next word. */
const GIT_VALUED = new Set([
  "-c",
  "--attr-source",
  "--config-env",
  "--git-dir",
  "--namespace",
  "--super-prefix",
]);

/** The calls of git in the text of a shell, also in one for a shell that is called there. */
export function gitCalls(text: string, read: ReadShell): GitCall[] {
  return read(text).flatMap((command) => {
    const called = unwrapped(command);
    const script = scriptOf(called.words);
    const inner = script === undefined ? [] : read(script).map(({ words, folder }) => ({
      words,
      folder: folder === undefined ? undefined : within(called.folder, folder),
    }));
    return [called, ...inner.map(unwrapped)].flatMap(callOf);
  });
}

/** The command that another one runs, as `sudo` does. */
function unwrapped({ words, folder }: ShellCommand): ShellCommand {
  let at = 0;
  for (let place = folder;;) {
    const runner = nameOf(words[at]);
    if (runner === "coord" && words[at + 1]?.text === "with") {
      const own = words.findIndex((word, index) => index > at && word?.text === "--");
      if (own < 0) return { words: [], folder };
      at = own + 1;
      continue;
    }
    const how = Object.hasOwn(RUNNERS, runner) ? RUNNERS[runner] : undefined;
    if (how === undefined) return { words: words.slice(at), folder: place };
    const isAsked = (text: string) => runner === "command" && /^-p*[vV]/.test(text);
    for (at++; at < words.length; at++) {
      const text = words[at]?.text;
      if (text === undefined || isAsked(text)) return { words: [], folder };
      if (/^[A-Za-z_]\w*=/.test(text)) continue;
      if (!text.startsWith("-")) break;
      const isLast = text.length > 1 && !text.startsWith("--") &&
        how.valued.includes(text.at(-1) ?? "");
      const value = isLast ? words[++at]?.text : undefined;
      if (runner !== "env") continue;
      const chdir = /^--chdir=(.*)/s.exec(text)?.[1] ?? (/^-\w*C$/.test(text) ? value : undefined);
      if (chdir !== undefined) place = within(place, chdir);
      // What `-S` has in one word is not taken apart.
      else if (/^-\w*S|^--split/.test(text)) return { words: [], folder };
    }
    at += how.operands ?? 0;
  }
}

/** The text that a shell is called with. */
function scriptOf(words: ShellCommand["words"]): string | undefined {
  if (!SHELLS.has(nameOf(words[0]))) return undefined;
  let isScript = false;
  for (let at = 1; at < words.length; at++) {
    const text = words[at]?.text ?? "";
    if (!/^[-+]/.test(text)) return isScript ? words[at]?.text : undefined;
    isScript ||= /^-\w*c/.test(text);
    if (/^[-+]\w*[oO]$/.test(text)) at++;
  }
  return undefined;
}

/** The call of git that a command is, if it is one. */
function callOf({ words, folder }: ShellCommand): GitCall[] {
  if (nameOf(words[0]) !== "git") return [];
  let place = folder;
  for (let at = 1; at < words.length; at++) {
    const text = words[at]?.text;
    if (text === undefined) return [];
    const tree = /^--work-tree(?:=(.*))?$/s.exec(text);
    if (text === "-C" || tree !== null) {
      const named = tree?.[1] ?? words[++at]?.text;
      place = named === undefined ? undefined : within(place, named);
    } else if (GIT_VALUED.has(text)) {
      at++;
    } else if (/^(?:--help|--version|-h|-v)$/.test(text)) {
      return [];
    } else if (!text.startsWith("-")) {
      return place === undefined ? [] : [{ verb: text, args: words.slice(at + 1), folder: place }];
    }
  }
  return [];
}

/** The name of a program, without its folder. */
function nameOf(word: ShellWord | undefined): string {
  return /[^\\/]*$/.exec(word?.text ?? "")?.[0].replace(/\.exe$/i, "") ?? "";
}
