/** Real shells, asked what they offer when a user types a line and asks for completions. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import type { Shell } from "../../../src/cli/catalog.ts";
import { makeTempDir } from "../scene/scratch.ts";

/** Milliseconds after which a shell that hangs is killed. */
const LIMIT_MS = 30_000;

/** Files in the folder that the shells complete in. */
const FILES = ["alpha.txt", "two words.txt"];
const FOLDER = "adir";

/** What stays the same whichever user runs the tests: no start-up files, no history, no colours. */
function environment(home: string): Record<string, string> {
  const { PATH = "" } = process.env;
  return { PATH, HOME: home, TERM: "dumb", LC_ALL: "C.UTF-8", XDG_CONFIG_HOME: home };
}

interface Asked {
  /** The current folder of the shell. */
  readonly folder: string;
  readonly home: string;
  /** The path of the script that it loads. */
  readonly script: string;
  readonly lines: readonly string[];
}

/** Each answers one block a line, ended by {@link END}, with a candidate on each line of it. */
const ASK: Readonly<Record<Shell, (asked: Asked) => string>> = {
  bash: askBash,
  zsh: askZsh,
  fish: askFish,
};

const END = "<end>\n";

/**
 * What a shell offers at the end of each of these lines, sorted, with `script` loaded; of a folder
 * and of `--flag=value` just the name and the value. The current folder holds `alpha.txt`,
 * `two words.txt` and the folder `adir/`.
 */
export function offers(shell: Shell, script: string, lines: readonly string[]): string[][] {
  const folder = makeTempDir();
  const home = makeTempDir();
  for (const name of FILES) writeFileSync(join(folder, name), "");
  mkdirSync(join(folder, FOLDER));
  const path = join(home, "script");
  writeFileSync(path, script);
  const output = ASK[shell]({ folder, home, script: path, lines });
  const blocks = output.replaceAll("\r\n", "\n").split(END);
  if (blocks.pop()?.trim() !== "" || blocks.length !== lines.length) {
    throw new Error(`${shell} answered ${blocks.length} of ${lines.length} lines: ${output}`);
  }
  return blocks.map((block) => [...new Set(block.split("\n").filter(Boolean).map(bare))].sort());
}

/** A candidate without what only some shells put around it. */
function bare(candidate: string): string {
  return candidate.replaceAll("\\ ", " ").replace(/^--[a-z-]+=(?=.)|[=/]$/g, "");
}

/** What a shell says against the syntax of a script. */
export function syntaxErrors(shell: Shell, script: string): string {
  return run(shell, ["-n"], { input: script, cwd: "/", home: makeTempDir() }).stderr;
}

function run(
  program: string,
  args: readonly string[],
  { input, cwd, home }: { input: string; cwd: string; home: string },
): { stdout: string; stderr: string } {
  const { status, signal, stdout, stderr, error } = spawnSync(program, [...args], {
    cwd,
    input,
    env: environment(home),
    encoding: "utf-8",
    timeout: LIMIT_MS,
  });
  if (error !== undefined) throw error;
  if (typeof status !== "number") throw new Error(`${program} was ended by ${signal}: ${stderr}`);
  return { stdout, stderr };
}

/**
 * An interactive bash reads the lines by readline. M-* inserts all that is offered; then the line
 * is run, and a function `coord` prints the words that were not typed.
 */
function askBash({ folder, home, script, lines }: Asked): string {
  const typed = lines.map((line) => {
    const words = line.split(" ");
    const partial = words.pop() ?? "";
    return `skip=${words.length - 1} partial='${partial}'\n${line}\x1b*\n`;
  });
  const input = `source '${script}'
coord() { shift $skip; [[ $# == 1 && $1 == "$partial" ]] || printf '%s\\n' "$@"; echo '<end>'; }
${typed.join("")}`;
  return run("bash", ["--norc", "--noprofile", "-i"], { input, cwd: folder, home }).stdout;
}

/**
 * An interactive zsh in a pseudo-terminal of its own has its completion system complete each line;
 * what is added to the matches on the way is what it offers.
 */
function askZsh({ folder, home, script, lines }: Asked): string {
  const inner = join(home, "inner.zsh");
  writeFileSync(
    inner,
    `
autoload -Uz compinit && compinit -u -D
source ${script}
setopt no_auto_list no_beep
LISTMAX=10000
compadd() {
  local -a hits
  if [[ "\${(@)argv[1,(i)-(|-)]}" != *-[AOD]\\ * ]]; then
    builtin compadd -A hits "$@"
    print -rl -- $hits >> ${home}/answers
  fi
  builtin compadd "$@"
}
zle-line-init() {
  local line
  for line in "\${(@f)$(<${home}/lines)}"; do
    BUFFER=$line
    CURSOR=$#BUFFER
    zle complete-word
    print -r -- '<end>' >> ${home}/answers
  done
  exit
}
zle -N zle-line-init
`,
  );
  writeFileSync(join(home, "lines"), lines.join("\n"));
  const input = `zmodload zsh/zpty
zpty inner zsh -f -i
zpty -w inner 'source ${inner}'
while zpty -r inner; do :; done
`;
  const { stdout, stderr } = run("zsh", ["-f"], { input, cwd: folder, home });
  try {
    return readFileSync(join(home, "answers"), "utf-8");
  } catch {
    throw new Error(`zsh answered nothing: ${stdout}${stderr}`);
  }
}

/** fish answers without a terminal. */
function askFish({ folder, home, script, lines }: Asked): string {
  const program = `source '${script}'
for line in $argv
  complete -C $line | string replace -r '\\t.*' ''
  echo '<end>'
end`;
  return run("fish", ["-c", program, ...lines], { input: "", cwd: folder, home }).stdout;
}
