/** Completions for shells, from the same descriptions as help and the parser. */
import type { Described, FlagSpec } from "../commands/command.ts";
import type { Shell } from "./catalog.ts";
import { GLOBAL_FLAGS } from "./locate.ts";

/** A command as completions see it. Its name may have two words. */
export interface CommandSpec {
  readonly name: string;
  readonly summary: string;
  readonly described: Pick<Described, "flags" | "operands">;
}

type Flags = Readonly<Record<string, FlagSpec>>;

/** The script that a shell loads. */
export function completionScript(shell: Shell, commands: readonly CommandSpec[]): string {
  return SCRIPTS[shell](commands);
}

const SCRIPTS: Readonly<Record<Shell, (commands: readonly CommandSpec[]) => string>> = {
  bash,
  zsh,
  fish,
};

/** Words that may follow nothing (under ""), and those that may follow the first of two words. */
function wordTree(commands: readonly CommandSpec[]): Map<string, [string, string][]> {
  const tree = new Map<string, [string, string][]>([["", []]]);
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

function choicesOf({ described }: CommandSpec, commands: readonly CommandSpec[]): string[] {
  return described.operands.flatMap((operand) =>
    operand.as === "command" ? commands.map(({ name }) => name) : operand.choices ?? []
  );
}

function flagWords(flags: Flags): string[] {
  return Object.entries(flags).flatMap(([name, { short }]) =>
    short === undefined ? [`--${name}`] : [`--${name}`, `-${short}`]
  );
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function bash(commands: readonly CommandSpec[]): string {
  const tree = wordTree(commands);
  const groups = [...tree.keys()].filter((word) => word !== "");
  const globals = flagWords(GLOBAL_FLAGS).join(" ");
  const values = (prefix: string, flags: Flags) =>
    Object.entries(flags).filter(([, spec]) => spec.type !== "boolean").map(([name, spec]) => {
      const forms = flagWords({ [name]: spec }).map((form) => `"${prefix}"${form}`).join(" | ");
      const body = name === "dir"
        ? `COMPREPLY=($(compgen -d -- "$cur"))`
        : spec.choices !== undefined
        ? `COMPREPLY=($(compgen -W ${quote(spec.choices.join(" "))} -- "$cur"))`
        : name === "cursor"
        ? `COMPREPLY=($(compgen -f -- "$cur"))`
        : ":";
      return `    ${forms}) ${body}; return ;;\n`;
    }).join("");
  return `# bash completion for coord. Load it with: source <(coord completions bash)
_coord() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="" command="" flags="" words="" i
  COMPREPLY=()
  ((COMP_CWORD > 0)) && prev="\${COMP_WORDS[COMP_CWORD - 1]}"
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${COMP_WORDS[i]}" in
    --dir | -C | --format) ((i++)) ;;
    -* | coord) ;;
    *)
      command="\${command:+$command }\${COMP_WORDS[i]}"
      case "$command" in ${
    groups.length === 0 ? `"")` : groups.map(quote).join(" | ") + ")"
  } ;; *) break ;; esac
      ;;
    esac
  done
  case "$prev" in
${values("", GLOBAL_FLAGS)}  esac
  case "$command $prev" in
${commands.map(({ name, described }) => values(`${name} `, described.flags)).join("")}  esac
  case "$command" in
${
    [...tree].map(([first, words]) =>
      `    ${quote(first)}) words=${quote(words.map(([word]) => word).join(" "))} ;;\n`
    ).join("")
  }${
    commands.map((command) =>
      `    ${quote(command.name)}) flags=${quote(flagWords(command.described.flags).join(" "))}` +
      ` words=${quote(choicesOf(command, commands).join(" "))} ;;\n`
    ).join("")
  }  esac
  case "$cur" in
    -*) COMPREPLY=($(compgen -W "$flags ${globals}" -- "$cur")) ;;
    *) COMPREPLY=($(compgen -W "$words" -- "$cur")) ;;
  esac
}
complete -o default -F _coord coord
`;
}

/** A description inside a zsh specification. */
function zshText(text: string): string {
  return text.replace(/[\\:[\]]/g, "\\$&");
}

function zshFlags(flags: Flags): string {
  return Object.entries(flags).map(([name, spec]) => {
    const action = name === "dir"
      ? "_directories"
      : spec.choices === undefined
      ? name === "cursor" ? "_files" : ""
      : `(${spec.choices.join(" ")})`;
    const value = spec.type === "boolean"
      ? ""
      : `:${zshText(spec.placeholder ?? "VALUE")}:${action}`;
    const forms = flagWords({ [name]: spec });
    const body = `[${zshText(spec.summary)}]${value}`;
    if (spec.repeatable === true) return forms.map((form) => quote(`*${form}${body}`)).join(" ");
    const exclusive = `(${forms.join(" ")})`;
    return forms.map((form) => quote(`${exclusive}${form}${body}`)).join(" ");
  }).join(" ");
}

function zsh(commands: readonly CommandSpec[]): string {
  const tree = wordTree(commands);
  const describe = (words: readonly (readonly [string, string])[]) =>
    words.map(([word, summary]) => quote(`${zshText(word)}:${summary}`)).join(" ");
  const one = (command: CommandSpec, position: number) => {
    const choices = choicesOf(command, commands);
    const operand = choices.length === 0
      ? quote("*:operand:_default")
      : quote(`${position}:operand:(${choices.map((word) => word.replace(" ", "\\ ")).join(" ")})`);
    return `specs=(${zshFlags(command.described.flags)} ${operand})`;
  };
  const single = commands.filter(({ name }) => !name.includes(" "));
  const groups = [...tree].filter(([first]) => first !== "");
  return `#compdef coord
# zsh completion for coord. Load it with: source <(coord completions zsh)
_coord() {
  local curcontext="$curcontext" state line
  local -a global specs words_here
  typeset -A opt_args
  global=(${zshFlags(GLOBAL_FLAGS)})
  _arguments -C $global '1:command:->command' '*::argument:->argument'
  case $state in
  command)
    words_here=(${describe(tree.get("") ?? [])})
    _describe -t commands command words_here
    ;;
  argument)
    case $words[1] in
${single.map((command) => `    ${command.name}) ${one(command, 1)} ;;\n`).join("")}${
    groups.map(([first, words]) =>
      `    ${first})
      case $words[2] in
${
        words.map(([second]) => {
          const command = commands.find(({ name }) => name === `${first} ${second}`);
          return command === undefined ? "" : `      ${second}) ${one(command, 2)} ;;\n`;
        }).join("")
      }      esac
      specs=(${quote(`1:command:(${words.map(([word]) => word).join(" ")})`)} $specs)
      ;;\n`
    ).join("")
  }    esac
    _arguments -s $global $specs
    ;;
  esac
}
if [ "$funcstack[1]" = "_coord" ]; then _coord "$@"; else compdef _coord coord; fi
`;
}

function fishQuote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

function fishFlags(condition: string, flags: Flags): string {
  return Object.entries(flags).map(([name, spec]) => {
    const value = spec.type === "boolean"
      ? ""
      : spec.choices !== undefined
      ? ` -x -a ${fishQuote(spec.choices.join(" "))}`
      : name === "dir"
      ? " -x -a '(__fish_complete_directories)'"
      : name === "cursor"
      ? " -r -F"
      : " -x";
    const short = spec.short === undefined ? "" : ` -s ${spec.short}`;
    return `complete -c coord${condition}${short} -l ${name}${value} -d ${
      fishQuote(spec.summary)
    }\n`;
  }).join("");
}

function fish(commands: readonly CommandSpec[]): string {
  const tree = wordTree(commands);
  const when = (name: string) => ` -n ${fishQuote(`__coord_is ${fishQuote(name)}`)}`;
  const words = [...tree].flatMap(([first, words]) =>
    words.map(([word, summary]) => {
      const condition = first === "" ? " -n __coord_is_bare" : when(first);
      return `complete -c coord${condition} -a ${fishQuote(word)} -d ${fishQuote(summary)}\n`;
    })
  );
  return `# fish completion for coord. Load it with: coord completions fish | source
function __coord_words
  set -l skip 0
  for word in (commandline -opc)[2..-1]
    if test $skip = 1
      set skip 0
      continue
    end
    switch $word
      case -C --dir --format
        set skip 1
      case '-*' coord
      case '*'
        echo $word
    end
  end
end
function __coord_is_bare
  test (count (__coord_words)) -eq 0
end
function __coord_is
  string match -q -- "$argv[1] *" (string join ' ' (__coord_words))" "
end
complete -c coord -f
${words.join("")}${fishFlags("", GLOBAL_FLAGS)}${
    commands.map((command) => {
      const condition = when(command.name);
      const choices = choicesOf(command, commands);
      return fishFlags(condition, command.described.flags) +
        (choices.length === 0
          ? ""
          : `complete -c coord${condition} -a ${fishQuote(choices.join(" "))}\n`);
    }).join("")
  }`;
}
