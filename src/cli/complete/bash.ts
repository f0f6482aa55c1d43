/**
 * Completions for bash 3.2 and newer. The script walks the words before the cursor as the parser
 * would: values of flags are stepped over, so that the command and the operands are found.
 */
import { type Completed, type Completions, type Flag, groupsOf, type Offer } from "./model.ts";

/** A literal word, also as a pattern of `case`. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function list(words: readonly string[]): string {
  return `words=${quote(words.join(" "))}`;
}

function assignment(offer: Offer): string {
  if (offer === "commands") return `_coord_names "$given"`;
  return typeof offer === "string" ? `place=${offer}` : list(offer);
}

type Branch = readonly [pattern: string, body: string];

/** Branches of a `case`; patterns with one body share a branch. */
function branches(all: readonly Branch[]): string {
  const patterns = new Map<string, string[]>();
  for (const [pattern, body] of all) patterns.set(body, [...patterns.get(body) ?? [], pattern]);
  return [...patterns].map(([body, alike]) => `    ${alike.join(" | ")}) ${body} ;;\n`).join("");
}

function valueBranches(before: string, flags: readonly Flag[]): Branch[] {
  return flags.flatMap(({ forms, value }) =>
    value === undefined
      ? []
      : forms.map((form): Branch => [before + quote(` ${form}`), assignment(value)])
  );
}

function operandBranches({ name, operands }: Completed): Branch[] {
  return operands.map(({ repeatable, offer }, at) => [
    quote(`${name} `) + (repeatable ? "*" : at),
    assignment(offer),
  ]);
}

export function bashScript(completions: Completions): string {
  const { words, commands, globals, bare, renamed } = completions;
  const forms = (flags: readonly Flag[]) => [...new Set(flags.flatMap((flag) => flag.forms))];
  const operands = commands.flatMap(operandBranches);
  const isOpen = ([pattern]: Branch) => pattern.endsWith("*");
  return `# bash completion for coord. Load it with: source <(coord completions bash)
# Words that may follow these words of a command's name.
_coord_names() {
  case "$1" in
${
    branches([...words].map(([first, next]) => [quote(first), list(next.map(([word]) => word))]))
  }  esac
}
# What the flag $2 of the command $1 takes, if it takes a value.
_coord_value() {
  case "$1 $2" in
${branches(commands.flatMap(({ name, flags }) => valueBranches(quote(name), flags)))}${
    branches(valueBranches("*", globals))
  }    *) return 1 ;;
  esac
}
# The flags of the command $1.
_coord_flags() {
  case "$1" in
${
    branches([
      [quote(""), list(forms([...globals, ...bare]))],
      ...commands.map(({ name, flags }): Branch => [
        quote(name),
        list(forms([...flags, ...globals])),
      ]),
    ])
  }    *) ${list(forms(globals))} ;;
  esac
}
# What may be operand number $2 of the command $1.
_coord_operand() {
  case "$1 $2" in
${branches(operands.filter((branch) => !isOpen(branch)))}${branches(operands.filter(isOpen))}\
    *) place=anything ;;
  esac
}
_coord() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" IFS=$' \\t\\n' place=words words="" prefix="" i word
  local command="" known="" given="" count=0 takes="" rest=""
  COMPREPLY=()
  compopt +o default 2> /dev/null
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    if [[ -n $takes ]]; then
      [[ $word == "=" ]] || takes="" # bash takes --flag=value apart
    elif [[ -z $rest && $word == -- ]]; then
      rest=1
    elif [[ -z $rest && $word == -?* ]]; then
      _coord_value "$command" "$word" && takes="$word"
    elif [[ -n $known ]]; then
      given="\${given:+$given }$word"
      count=$((count + 1))
    elif [[ $word != coord || -n $command ]]; then
${
    renamed.map(([old, now]) =>
      `      [[ -z $command && $word == ${quote(old)} ]] && word=${quote(now)}\n`
    ).join("")
  }      command="\${command:+$command }$word"
      case "$command" in
        ${groupsOf(completions).map(quote).join(" | ") || "''"}) ;;
        *) known=1 ;;
      esac
    fi
  done
  place=words words=""
  if [[ -n $takes ]]; then
    [[ $cur != "=" ]] || cur=""
    _coord_value "$command" "$takes"
  elif [[ -z $rest && $cur == --*=* ]]; then
    prefix="\${cur%%=*}="
    cur="\${cur#*=}"
    _coord_value "$command" "\${prefix%=}" || return 0
  elif [[ -z $rest && $cur == -* ]]; then
    _coord_flags "$command"
  elif [[ -n $known ]]; then
    _coord_operand "$command" "$count"
  else
    _coord_names "$command"
  fi
  case "$place" in
    words) COMPREPLY=($(compgen -P "$prefix" -W "$words" -- "$cur")) ;;
    files) compopt -o default 2> /dev/null ;;
    folders) compopt -o dirnames 2> /dev/null ;;
  esac
  return 0
}
complete -o default -F _coord coord
`;
}
