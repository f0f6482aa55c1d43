/** Help, from the list of commands and the descriptions that the parser reads too. */
import { fieldsOf } from "../../commands/answers.ts";
import { type Described, type FlagSpec, isRaw, type OperandSpec } from "../../commands/command.ts";
import { VERSION } from "../../domain/version.ts";
import { CATALOG, type CatalogEntry } from "../catalog.ts";
import { SECONDS } from "../../domain/time.ts";
import { BARE_FLAGS, GLOBAL_FLAGS } from "../locate.ts";

/** What coord is, in one line. */
export const TAGLINE = "agents that share a checkout, without stepping on each other";

type Catalog = Readonly<Record<string, CatalogEntry>>;
type Rows = readonly (readonly [name: string, text: string])[];

/** What a duration is. */
export const DURATIONS = "A DURATION is a number of seconds, or one with a unit: 90s, 15m, 2h, 7d.";

/** Columns that help has at most; longer lines are hard to read. */
export const MAX_WIDTH = 80;

/** Columns that texts in a list have at least; else they get lines of their own. */
const MIN_TEXT = 24;

/** Columns that the names in a list take, at most; a longer one gets a line of its own. */
const MAX_NAMES = 28;

/** Text in lines of at most `width` columns; words stay whole, line breaks stay. */
export function wrap(text: string, width: number, indent = ""): string {
  const lines: string[] = [];
  for (const paragraph of text.split("\n")) {
    let line = indent;
    for (const word of paragraph.split(" ")) {
      if (line.length > indent.length && line.length + word.length + 1 > width) {
        lines.push(line);
        line = indent;
      }
      line += line.length > indent.length ? ` ${word}` : word;
    }
    lines.push(line.trimEnd());
  }
  return lines.join("\n");
}

function list(title: string, rows: Rows, width: number): string {
  if (rows.length === 0) return "";
  const widest = Math.min(MAX_NAMES, Math.max(...rows.map(([name]) => name.length)));
  const beside = width - widest - 4 >= MIN_TEXT;
  const indent = " ".repeat(beside ? widest + 4 : 6);
  const lines = rows.map(([name, text]) => {
    const wrapped = wrap(text, width, indent);
    return beside && name.length <= widest
      ? `  ${name.padEnd(widest)}  ${wrapped.trimStart()}`
      : `  ${name}\n${wrapped}`;
  });
  return `\n${title}:\n${lines.join("\n")}\n`;
}

/** What is worth knowing about a flag besides its summary. */
export function flagText(spec: Pick<FlagSpec, "summary"> & Partial<FlagSpec>): string {
  const notes: string[] = [];
  if (spec.required === true && spec.otherwise === undefined) notes.push("required");
  if (spec.repeatable === true) notes.push("repeatable");
  if (spec.choices !== undefined) notes.push(`one of ${spec.choices.join(", ")}`);
  if (spec.env !== undefined) notes.push(`or set $${spec.env}`);
  if (spec.default !== undefined) notes.push(`default ${defaultText(spec.type, spec.default)}`);
  return notes.length === 0 ? spec.summary : `${spec.summary} (${notes.join("; ")})`;
}

function defaultText(type: FlagSpec["type"] | undefined, value: string | number): string {
  if (type !== "duration" || typeof value !== "number" || value === 0) return JSON.stringify(value);
  const [unit = "s", seconds = 1] =
    Object.entries(SECONDS).find(([, each]) => value % each === 0) ??
      [];
  return `${value / seconds}${unit}`;
}

/** The same of an operand; the usage line says whether it is required and repeatable. */
export function operandText({ summary, choices }: OperandSpec): string {
  return flagText({ summary, choices });
}

function flagRows(flags: Readonly<Record<string, FlagSpec>>): [string, string][] {
  return Object.entries(flags).map(([name, spec]) => {
    const short = spec.short === undefined ? "" : `-${spec.short}, `;
    const value = spec.type === "boolean" ? "" : ` ${spec.placeholder ?? "VALUE"}`;
    return [`${short}--${name}${value}`, flagText(spec)];
  });
}

/** The operands of a command as its usage shows them, each with a space before it. */
export function operandWords({ operands }: Described, last = false): string {
  return operands.filter((operand) => (operand.last ?? false) === last).map(
    ({ name, required, repeatable }) => {
      const word = repeatable === true ? `${name}…` : name;
      return (last ? " --" : "") + (required === true ? ` ${word}` : ` [${word}]`);
    },
  ).join("");
}

function usage(name: string, described: Described): string {
  return `coord ${name}${operandWords(described)} [FLAGS]${operandWords(described, true)}`;
}

/** Things by their group, both in their order. */
export function byGroup<T extends { readonly group: string }>(all: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const found = groups.get(one.group);
    if (found === undefined) groups.set(one.group, [one]);
    else found.push(one);
  }
  return groups;
}

function namedEntries(catalog: Catalog, group?: string) {
  return Object.entries(catalog).map(([name, entry]) => ({ name, ...entry }))
    .filter(({ name }) => group === undefined || name.startsWith(`${group} `));
}

function commandRows(entries: readonly { name: string; summary: string }[]): Rows {
  return entries.map(({ name, summary }) => [name, summary]);
}

/** The list of commands. */
export function generalHelp(width: number): string {
  return `${wrap(`coord ${VERSION}: ${TAGLINE}`, width)}\n\n` +
    "Usage: coord COMMAND [FLAGS]\n" +
    [...byGroup(namedEntries(CATALOG))]
      .map(([group, entries]) => list(group, commandRows(entries), width)).join("") +
    list("Flags of every command", flagRows({ ...GLOBAL_FLAGS, ...BARE_FLAGS }), width) +
    "\nHelp for a command: coord help COMMAND\n";
}

/** The commands whose names begin with the word `group`. */
export function groupHelp(group: string, width: number, catalog: Catalog = CATALOG): string {
  return `Usage: coord ${group} COMMAND [FLAGS]\n` +
    list("Commands", commandRows(namedEntries(catalog, group)), width) +
    `\nHelp for a command: coord help ${group} COMMAND\n`;
}

/** The help of one command. */
export function commandHelp(name: string, described: Described, width: number): string {
  const summary = CATALOG[name]?.summary ?? "";
  const { details, examples, operands } = described;
  return `${wrap(`coord ${name}: ${summary}`, width)}\n\nUsage: ${usage(name, described)}\n` +
    (details === undefined ? "" : `\n${wrap(details, width)}\n`) +
    list("Operands", operands.map((operand) => [operand.name, operandText(operand)]), width) +
    list("Flags", flagRows(described.flags), width) +
    (Object.values(described.flags).some(({ type }) => type === "duration")
      ? `\n${wrap(DURATIONS, width)}\n`
      : "") +
    list("Flags of every command", flagRows(globalsOf(described)), width) +
    (isRaw(described)
      ? ""
      : `\nFields for --print:\n${wrap(fieldsOf(name).join(" "), width, "  ")}\n`) +
    (examples === undefined
      ? ""
      : `\nExamples:\n${examples.map((line) => `  coord ${line}\n`).join("")}`);
}

/** {@link generalHelp} and {@link groupHelp} for programs. */
export function generalHelpValue(of?: string, catalog: Catalog = CATALOG): object {
  return {
    commands: namedEntries(catalog, of).map(({ name, group, summary }) => ({
      name,
      group,
      summary,
    })),
    flags: flagValues(GLOBAL_FLAGS),
  };
}

/** {@link commandHelp} for programs. */
export function commandHelpValue(name: string, described: Described): object {
  return {
    command: name,
    summary: CATALOG[name]?.summary,
    usage: usage(name, described),
    details: described.details,
    operands: described.operands.map(({ name, summary, required, repeatable, choices }) => ({
      name,
      summary,
      required: required === true,
      repeatable: repeatable === true,
      choices,
    })),
    flags: flagValues({ ...described.flags, ...globalsOf(described) }),
    fields: fieldsOf(name),
    examples: described.examples?.map((line) => `coord ${line}`),
  };
}

/** The flags of every command that this one takes as they are: an answer to another program has one form. */
function globalsOf(described: Described): Readonly<Record<string, FlagSpec>> {
  return Object.fromEntries(
    Object.entries(GLOBAL_FLAGS).filter(([name]) =>
      isRaw(described) ? name === "dir" || name === "help" : !Object.hasOwn(described.flags, name)
    ),
  );
}

function flagValues(flags: Readonly<Record<string, FlagSpec>>): object[] {
  return Object.entries(flags).map(([name, spec]) => ({
    name: `--${name}`,
    short: spec.short === undefined ? undefined : `-${spec.short}`,
    type: spec.type,
    summary: spec.summary,
    required: spec.required === true,
    repeatable: spec.repeatable === true,
    choices: spec.choices,
    default: spec.default,
    env: spec.env,
  }));
}
