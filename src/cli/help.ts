/** Help, from the list of commands and the descriptions that the parser reads too. */
import type { Described, FlagSpec } from "../commands/command.ts";
import { VERSION } from "../domain/version.ts";
import { CATALOG } from "./catalog.ts";
import { GLOBAL_FLAGS } from "./locate.ts";

/** Columns that paragraphs are wrapped to. */
const WRAP = 80;

/** Columns that the names in a list take, at most; a longer one gets a line of its own. */
const MAX_NAMES = 28;

function wrap(text: string, indent = ""): string {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(" ")) {
    if (line.length > indent.length && line.length + word.length + 1 > WRAP) {
      lines.push(line);
      line = indent;
    }
    line += line.length > indent.length ? ` ${word}` : word;
  }
  return [...lines, line].join("\n");
}

function list(title: string, rows: readonly (readonly [string, string])[]): string {
  if (rows.length === 0) return "";
  const widest = Math.min(MAX_NAMES, Math.max(...rows.map(([name]) => name.length)));
  const lines = rows.map(([name, text]) => {
    const wrapped = wrap(text, " ".repeat(widest + 4)).trimStart();
    return name.length > widest
      ? `  ${name}\n${" ".repeat(widest + 4)}${wrapped}`
      : `  ${name.padEnd(widest)}  ${wrapped}`;
  });
  return `\n${title}:\n${lines.join("\n")}\n`;
}

/** What is worth knowing about a flag besides its summary. */
function notes(spec: FlagSpec): string {
  const notes: string[] = [];
  if (spec.required === true) notes.push("required");
  if (spec.repeatable === true) notes.push("repeatable");
  if (spec.choices !== undefined) notes.push(`one of ${spec.choices.join(", ")}`);
  if (spec.env !== undefined) notes.push(`else $${spec.env}`);
  if (spec.default !== undefined) notes.push(`default ${JSON.stringify(spec.default)}`);
  return notes.length === 0 ? spec.summary : `${spec.summary} (${notes.join("; ")})`;
}

function flagRows(flags: Readonly<Record<string, FlagSpec>>): [string, string][] {
  return Object.entries(flags).map(([name, spec]) => {
    const short = spec.short === undefined ? "" : `-${spec.short}, `;
    const value = spec.type === "boolean" ? "" : ` ${spec.placeholder ?? "VALUE"}`;
    return [`${short}--${name}${value}`, notes(spec)];
  });
}

function usage(name: string, described: Described): string {
  const operands = described.operands.map(({ name, required, repeatable }) => {
    const word = repeatable === true ? `${name}…` : name;
    return required === true ? ` ${word}` : ` [${word}]`;
  });
  return `coord ${name}${operands.join("")} [FLAGS]`;
}

/** The list of commands. */
export function generalHelp(): string {
  const groups = new Map<string, [string, string][]>();
  for (const [name, { group, summary }] of Object.entries(CATALOG)) {
    const rows = groups.get(group) ?? [];
    rows.push([name, summary]);
    groups.set(group, rows);
  }
  return `coord ${VERSION}: agents that share a checkout, without stepping on each other\n\n` +
    "Usage: coord COMMAND [FLAGS]\n" +
    [...groups].map(([group, rows]) => list(group, rows)).join("") +
    list("Flags of every command", [
      ...flagRows(GLOBAL_FLAGS),
      ["--version", "show the version"],
    ]) +
    "\nHelp for a command: coord help COMMAND\n";
}

/** The help of one command. */
export function commandHelp(name: string, described: Described): string {
  const summary = CATALOG[name]?.summary ?? "";
  const { details, examples, operands } = described;
  return `coord ${name}: ${summary}\n\nUsage: ${usage(name, described)}\n` +
    (details === undefined ? "" : `\n${wrap(details)}\n`) +
    list("Operands", operands.map((operand) => [operand.name, operand.summary])) +
    list("Flags", flagRows(described.flags)) +
    list("Flags of every command", flagRows(GLOBAL_FLAGS)) +
    (examples === undefined
      ? ""
      : `\nExamples:\n${examples.map((line) => `  coord ${line}\n`).join("")}`);
}

/** {@link generalHelp} for programs. */
export function generalHelpValue(): object {
  return {
    commands: Object.entries(CATALOG).map(([name, { group, summary }]) => ({
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
    flags: flagValues({ ...described.flags, ...GLOBAL_FLAGS }),
    examples: described.examples?.map((line) => `coord ${line}`),
  };
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
