/** Completions for fish: one line a word and a flag, each with the condition under which it holds. */
import { type Completions, type Flag, formsWithValue, groupsOf, type Offer } from "./model.ts";

function quote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

/** Arguments of `complete` that offer what a value or an operand may be. */
function offered(offer: Offer): string {
  switch (offer) {
    case "files":
      return " -F";
    case "folders":
      return " -a '(__fish_complete_directories)'";
    case "commands":
    case "anything":
      return "";
    default:
      return ` -a ${quote(offer.join(" "))}`;
  }
}

function complete(condition: string, rest: string, summary?: string): string {
  const when = condition === "" ? "" : ` -n ${quote(condition)}`;
  const described = summary === undefined ? "" : ` -d ${quote(summary)}`;
  return `complete -c coord${when}${rest}${described}\n`;
}

function flagLines(condition: string, flags: readonly Flag[]): string[] {
  return flags.map(({ name, short, summary, value }) => {
    const names = `${short === undefined ? "" : ` -s ${short}`} -l ${name}`;
    const takes = value === undefined ? "" : value === "files" ? " -r" : " -x";
    return complete(condition, names + takes + (value ? offered(value) : ""), summary);
  });
}

/** The condition that no command is on the line that has a flag of that name of its own. */
function unlessOwn({ name }: Flag, { commands }: Completions): string {
  return commands.filter(({ flags }) => flags.some((flag) => flag.name === name))
    .map((command) => `not __coord_is ${quote(command.name)}`).join("; and ");
}

export function fishScript(completions: Completions): string {
  const { words, commands, globals, bare, renamed } = completions;
  const stepped = [
    ...formsWithValue(globals).map((form) => `* ${form}`),
    ...commands.flatMap(({ name, flags }) =>
      formsWithValue(flags).map((form) => `${name} ${form}`)
    ),
  ];
  const names = (condition: (first: string) => string) =>
    [...words].flatMap(([first, next]) =>
      next.map(([word, summary]) => complete(condition(first), ` -a ${quote(word)}`, summary))
    );
  const operands = commands.flatMap(({ name, operands }) =>
    operands.flatMap(({ offer, repeatable }, at) => {
      if (offer === "anything") return [];
      if (offer === "commands") {
        return names((first) => `__coord_stands ${quote(name)} ${first}`.trimEnd());
      }
      const place = `${repeatable ? "__coord_from" : "__coord_at"} ${quote(name)} ${at}`;
      return [complete(place, offered(offer))];
    })
  );
  return `# fish completion for coord. Load it with: coord completions fish | source
# Whether a flag of a command takes the next word.
function __coord_takes
  switch "$argv[1] $argv[2]"
    case ${stepped.map(quote).join(" ")}
      return 0
  end
  return 1
end
# The command on the line, as far as it goes, and the operands after it, one a line.
function __coord_line
  set -l command
  set -l operands
  set -l known 0
  set -l skip 0
  set -l rest 0
  for word in (commandline -opc)[2..-1]
    if test $skip = 1
      set skip 0
    else if test $rest = 0; and test "$word" = --
      set rest 1
    else if test $rest = 0; and string match -qr -- '^-.' "$word"
      __coord_takes "$command" "$word"; and set skip 1
    else if test $known = 1
      set -a operands "$word"
    else if test "$word" != coord; or test -n "$command"
${
    renamed.map(([old, now]) =>
      `      test "$command $word" = ${quote(` ${old}`)}; and set word ${quote(now)}\n`
    ).join("")
  }      set command (string trim -- "$command $word")
      contains -- "$command" ${groupsOf(completions).map(quote).join(" ")}; or set known 1
    end
  end
  echo "$command"
  for operand in $operands
    echo "$operand"
  end
end
# Whether just these words stand on the line: a command's name, or what there is of it, and operands.
function __coord_stands
  test (string join -- ' ' (__coord_line)) = (string join -- ' ' $argv)
end
# Whether the command is this one.
function __coord_is
  test "$argv[1]" = (__coord_line)[1]
end
# Whether operand number $argv[2] of this command comes next.
function __coord_at
  set -l line (__coord_line)
  test "$argv[1]" = "$line[1]"; and test (math (count $line) - 1) -eq $argv[2]
end
# The same for that operand and all after it.
function __coord_from
  set -l line (__coord_line)
  test "$argv[1]" = "$line[1]"; and test (math (count $line) - 1) -ge $argv[2]
end
complete -c coord -f
${names((first) => `__coord_stands ${quote(first)}`).join("")}${
    globals.flatMap((flag) => flagLines(unlessOwn(flag, completions), [flag])).join("")
  }${flagLines("__coord_stands ''", bare).join("")}${
    commands.flatMap(({ name, flags }) => flagLines(`__coord_is ${quote(name)}`, flags)).join("")
  }${operands.join("")}`;
}
