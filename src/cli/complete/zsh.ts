/** Completions for zsh, by its own completion system: every command is an `_arguments` call. */
import { type Completions, type Flag, groupsOf, type Offer } from "./model.ts";

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Text inside a specification, in which colons and brackets mean something. */
function plain(text: string): string {
  return text.replace(/[\\:[\]]/g, "\\$&");
}

/** What completes a value; a lone space shows the message and offers nothing. */
function action(offer: Offer): string {
  switch (offer) {
    case "files":
      return "_files";
    case "folders":
      return "_directories";
    case "commands":
      return " _coord_operand_names";
    case "anything":
      return " ";
    default:
      return `(${offer.map((word) => word.replace(/[\\\s()]/g, "\\$&")).join(" ")})`;
  }
}

/** A flag as specifications, one for each of its forms. */
function flagSpecs({ forms, summary, repeatable, label, value }: Flag): string[] {
  const before = repeatable ? "*" : `(${forms.join(" ")})`;
  const takes = value === undefined ? "" : `:${plain(label)}:${action(value)}`;
  return forms.map((form) => {
    // Both `--flag=VALUE` and `--flag VALUE`, both `-fVALUE` and `-f VALUE`.
    const joined = value === undefined ? "" : form.startsWith("--") ? "=" : "+";
    return quote(`${before}${form}${joined}[${plain(summary)}]${takes}`);
  });
}

function lines(indent: string, items: readonly string[]): string {
  return items.map((item) => `${indent}${item}\n`).join("");
}

export function zshScript(completions: Completions): string {
  const { words, commands, globals, bare, renamed } = completions;
  const names = [...words].map(([first, next]) =>
    `    ${quote(first)})\n      names=(\n` +
    lines("        ", next.map(([word, summary]) => quote(`${plain(word)}:${summary}`))) +
    "      )\n      ;;\n"
  );
  const groups = groupsOf(completions);
  const specs = commands.map(({ name, flags, operands }) => {
    const places = operands.map(({ name, repeatable, offer }, at) =>
      quote(`${repeatable ? "*" : at + 1}:${plain(name)}:${action(offer)}`)
    );
    return `    ${quote(name)})\n      specs=(\n` +
      lines("        ", [...flags.flatMap(flagSpecs), ...places]) +
      "      )\n      ;;\n";
  });
  return `#compdef coord
# zsh completion for coord. Load it with: source <(coord completions zsh)
# Words that may follow these words of a command's name.
_coord_names() {
  local -a names
  case $1 in
${names.join("")}  esac
  _describe -t commands command names
}
# Words of a command's name as operands.
_coord_operand_names() {
  _coord_names "\${(j: :)\${(@)words[2,CURRENT-1]:#-*}}"
}
# What follows the command whose last word is $words[1], after its other words.
_coord_command() {
  local name="\${1:+$1 }$words[1]" curcontext="$curcontext" state state_descr line ret=1
  local -a specs
  typeset -A opt_args
${
    renamed.map(([old, now]) => `  [[ $name == ${quote(old)} ]] && name=${quote(now)}\n`).join("")
  }  case $name in
${
    groups.length === 0 ? "" : `    ${groups.map(quote).join(" | ")})
      _arguments -C -s -S -A "-*" $global "1: : _coord_names \${(q)name}" '*::argument:->argument' && ret=0
      [[ $state == argument ]] && _coord_command "$name" && ret=0
      return ret
      ;;
`
  }${specs.join("")}    *) return 1 ;;
  esac
  _arguments -s -S $specs $global
}
_coord() {
  local curcontext="$curcontext" state state_descr line ret=1
  local -a global
  typeset -A opt_args
  global=(
${lines("    ", globals.flatMap(flagSpecs))}  )
  # A first word "coord" is left out.
  if (( CURRENT > 2 )) && [[ $words[2] == coord ]]; then
    shift words
    (( CURRENT-- ))
  fi
  _arguments -C -s -S -A "-*" $global ${bare.flatMap(flagSpecs).join(" ")} \\
    "1: : _coord_names ''" '*::argument:->argument' && ret=0
  [[ $state == argument ]] && _coord_command "" && ret=0
  return ret
}
if [ "$funcstack[1]" = "_coord" ]; then _coord "$@"; else compdef _coord coord; fi
`;
}
