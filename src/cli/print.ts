/** `--print FIELD,…`: fields of an answer as they are, in columns that a tab separates. */
import { ANSWERS, ENVELOPE, fieldsOf } from "../commands/answers.ts";
import type { InputProblem } from "../domain/errors.ts";
import { nearest } from "../domain/input/suggest.ts";
import { jsonLine } from "../domain/json.ts";
import { quoted } from "../domain/text.ts";
import { escapeControls, escapeInvisible } from "./sanitize.ts";
import { problem } from "./split.ts";

/** The lines that are printed of an answer. */
export type Printer = (answer: object) => readonly string[];

/** What is wrong with the fields that are asked for, before anything is done. */
export function printProblems(command: string, fields: readonly string[]): InputProblem[] {
  const known = [...fieldsOf(command), ...ENVELOPE];
  return fields.filter((field) => !known.some((name) => covers(name, field))).map((field) => {
    const names = known.map((name) => name.replace(/\.\*$/, ""));
    const meant = names.find((name) => name.endsWith(`.${field}`)) ?? nearest(field, names);
    const hint = meant === undefined ? `, see "coord help ${command}"` : `, did you mean ${meant}?`;
    return problem("--print", "bad_args", `names the unknown field ${quoted(field)}${hint}`);
  });
}

function covers(name: string, field: string): boolean {
  const stem = name.replace(/\.\*$/, "");
  return field === stem || stem !== name && field.startsWith(`${stem}.`);
}

/**
 * What prints these fields of a command's answer: a line for each record if one of the fields is a record's,
 * else one line. Of an answer that says no, the line is left out when it has none of the fields.
 *
 * @param isTerminal Whether nothing invisible may get through.
 */
export function printerOf(
  command: string,
  fields: readonly string[],
  isTerminal: boolean,
): Printer {
  const { lists = [], each = [] } = ANSWERS[command] ?? {};
  const ofRecord = fields.map((field) => each.some((name) => covers(name, field)));
  const cell = (value: unknown) => {
    const text = escapeControls(printed(value));
    return isTerminal ? escapeInvisible(text) : text;
  };
  return (answer) => {
    const found = lists.filter((name) => Object.hasOwn(answer, name));
    const records = !ofRecord.includes(true) || found.length === 0
      ? [answer]
      : found.flatMap((name) => at(answer, name) as readonly unknown[]);
    const lines = records.map((record) =>
      fields.map((field, index) => cell(at(ofRecord[index] ? record : answer, field)))
    );
    const isNo = "ok" in answer && answer.ok !== true;
    return lines.filter((cells) => !isNo || cells.some((text) => text !== ""))
      .map((cells) => cells.join("\t"));
  };
}

/** What stands at a path such as `task.title` or `addresses.0`. */
function at(value: unknown, path: string): unknown {
  let found = value;
  for (const name of path.split(".")) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, name)) {
      return undefined;
    }
    if (Array.isArray(found) && !/^\d+$/.test(name)) return undefined;
    found = (found as Record<string, unknown>)[name];
  }
  return found;
}

function printed(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value.toWellFormed() : jsonLine(value);
}
