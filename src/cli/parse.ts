/** From arguments to checked values, by a command's flag specs; all problems at once. */
import type { Described, Env, FlagSpec, OperandSpec } from "../commands/command.ts";
import { badInput, type InputProblem } from "../domain/errors.ts";
import type { InputRule } from "../domain/input/rule.ts";
import { parseInput } from "../domain/json.ts";
import { quoted } from "../domain/text.ts";
import { parseDuration } from "../domain/time.ts";
import { type FlagSpecs, GLOBAL_FLAGS } from "./locate.ts";
import { problem, type Split } from "./split.ts";

/** What a command line says. */
interface Parsed {
  /** The command's own, by their names in the library's input. */
  readonly values: Record<string, unknown>;
  readonly json: boolean;
  /** The fields to print, if not the whole answer. */
  readonly print: readonly string[] | undefined;
  /** What `--dir` says; `$COORD_DIR` is for the search, which reports where it had the folder from. */
  readonly dir: string | undefined;
  /** What `--store` says; `$COORD_STORE` may hold a password. */
  readonly store: string | undefined;
  readonly warnings: readonly string[];
}

/**
 * Reads the arguments of a command.
 *
 * @param split The arguments, split by its flags and those of every command.
 * @param printProblems What is wrong with the fields that are asked for.
 * @throws {CoordError} that lists all problems, with the names of the flags.
 */
export function parse(
  command: Described,
  split: Split,
  env: Env,
  printProblems?: (fields: readonly string[]) => readonly InputProblem[],
): Parsed {
  const problems = [...split.problems];
  const warnings: string[] = [];
  const given = split.flags;
  reportRepeated({ ...command.flags, ...GLOBAL_FLAGS }, given, problems);
  const values: Record<string, unknown> = {};
  const labels: Record<string, string> = {};
  for (const [name, spec] of Object.entries(command.flags)) {
    const field = spec.as ?? camelCase(name);
    labels[field] = `--${name}`;
    const value = flagValue(name, spec, given.get(name), env, problems, warnings);
    if (value !== undefined) values[field] = value;
  }
  standIn(command.flags, given, values, problems);
  readOperands(command.operands, split, values, labels, problems);
  const global = (name: string) => {
    const spec = GLOBAL_FLAGS[name];
    return spec && flagValue(name, spec, given.get(name), env, problems, warnings);
  };
  // Some commands have forms of their own, of the answer or of what they read.
  const own = command.flags.format;
  const format = own === undefined ? global("format") : values.format;
  const json = global("json") === true;
  const isOther = typeof format === "string" && format !== "json";
  if (json && isOther && (own === undefined || own.choices?.includes("json"))) {
    problems.push(problem("--json", "bad_args", `contradicts --format ${format}`));
  }
  const print = global("print") as readonly string[] | undefined;
  if (print?.length === 0) problems.push(problem("--print", "bad_args", "must name a field"));
  problems.push(...printProblems?.(print ?? []) ?? []);
  if (print !== undefined && (json || format === "json")) {
    problems.push(problem("--print", "bad_args", "cannot go together with JSON"));
  }
  const dir = global("dir");
  const store = given.has("store") ? global("store") : undefined;
  // A rule that joins several values is asked only when each of them is fine.
  if (problems.length === 0) {
    for (const found of command.check?.(values) ?? []) {
      problems.push({ ...found, field: labels[found.field] ?? found.field });
    }
  }
  if (problems.length > 0) throw badInput(problems);
  return {
    values,
    json: json || format === "json",
    print,
    dir: typeof dir === "string" && given.has("dir") ? dir : undefined,
    store: typeof store === "string" ? store : undefined,
    warnings,
  };
}

/** A flag's name in the library's input. */
function camelCase(name: string): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

function reportRepeated(specs: FlagSpecs, given: Split["flags"], problems: InputProblem[]): void {
  for (const [name, { repeatable }] of Object.entries(specs)) {
    const texts = given.get(name);
    if (texts === undefined || texts === true || texts.length < 2 || repeatable === true) continue;
    problems.push(problem(`--${name}`, "bad_args", `is given ${texts.length} times`));
  }
}

function flagValue(
  name: string,
  spec: FlagSpec,
  given: readonly string[] | true | undefined,
  env: Env,
  problems: InputProblem[],
  warnings: string[],
): unknown {
  if (given === true) return true;
  let label = `--${name}`;
  let texts = given;
  const fallback = spec.env === undefined ? undefined : env(spec.env);
  if (texts === undefined && fallback !== undefined && fallback !== "") {
    texts = [fallback];
    label = `$${spec.env}`;
  }
  const standIn = texts === undefined ? spec.otherwise?.(env) : undefined;
  if (standIn !== undefined) {
    texts = [standIn.text];
    label = standIn.label;
    if (standIn.warning !== undefined) warnings.push(standIn.warning);
  }
  if (texts === undefined) {
    if (spec.required === true && spec.orElse === undefined) {
      const or = spec.env === undefined ? "" : `, or $${spec.env}`;
      problems.push(problem(label, spec.field?.code ?? "bad_args", `is required${or}`));
    }
    return undefined;
  }
  const values = texts.map((text) => {
    const read = readValue(spec, text);
    const messages = typeof read === "string"
      ? [read]
      : valueProblems(read.value, spec.field, spec.choices);
    for (const message of messages) {
      problems.push(problem(label, spec.field?.code ?? "bad_args", message));
    }
    return typeof read === "string" ? undefined : read.value;
  });
  return spec.repeatable === true ? values : values[0];
}

/** Fills in flags that are missing from those that stand in for them. */
function standIn(
  specs: FlagSpecs,
  given: ReadonlyMap<string, unknown>,
  values: Record<string, unknown>,
  problems: InputProblem[],
): void {
  for (const [name, { orElse, required, field, as }] of Object.entries(specs)) {
    if (orElse === undefined || given.has(name)) continue;
    const env = specs[orElse]?.env;
    const label = given.has(orElse) || env === undefined ? `--${orElse}` : `$${env}`;
    if (problems.some((known) => known.field === label)) continue;
    const value = values[camelCase(orElse)];
    if (value === undefined) {
      if (required !== true) continue;
      const or = env === undefined ? "" : `, or $${env}`;
      problems.push(problem(`--${name}`, "bad_args", `is required, or --${orElse}${or}`));
      continue;
    }
    for (const message of valueProblems(value, field, undefined)) {
      problems.push(problem(label, "bad_args", message));
    }
    values[as ?? camelCase(name)] = value;
  }
}

function valueProblems(
  value: unknown,
  field: InputRule | undefined,
  choices: readonly string[] | undefined,
): readonly string[] {
  if (field !== undefined) return field.problems(value);
  if (choices !== undefined && !choices.some((choice) => choice === value)) {
    return [`must be one of ${choices.join(", ")}, got ${quoted(String(value))}`];
  }
  return value === "" ? ["must not be empty"] : [];
}

/** The value of a text, or what is wrong with it. */
function readValue(spec: FlagSpec, text: string): { value: unknown } | string {
  switch (spec.type) {
    case "integer": {
      if (!/^-?\d+$/.test(text)) return `must be a whole number, got ${quoted(text)}`;
      const value = Number(text) + 0; // -0 becomes 0
      return Number.isSafeInteger(value) ? { value } : `is too large, got ${quoted(text)}`;
    }
    case "number": {
      if (!/^-?(\d+(\.\d+)?|\.\d+)$/.test(text)) {
        return `must be a plain decimal number, got ${quoted(text)}`;
      }
      return { value: Number(text) + 0 };
    }
    case "duration": {
      const value = parseDuration(text);
      if (value === undefined) {
        return `must be seconds, or such as 90s, 15m, 2h, 7d, got ${quoted(text)}`;
      }
      return { value };
    }
    case "json":
      try {
        return parseInput(text);
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
        return `is not valid JSON, got ${quoted(text)}`;
      }
    case "list":
      return { value: text.split(",").map((item) => item.trim()).filter((item) => item !== "") };
    case "text":
    case "boolean":
      return { value: spec.read?.(text) ?? text };
  }
}

function readOperands(
  specs: readonly OperandSpec[],
  { operands, before }: Split,
  values: Record<string, unknown>,
  labels: Record<string, string>,
  problems: InputProblem[],
): void {
  // Of one operand alone it makes no difference on which side of `--` it stands.
  const isDivided = specs.length > 1 && specs.at(-1)?.last === true;
  let rest = isDivided ? operands.slice(0, before) : operands;
  for (const spec of specs) {
    labels[spec.as] = spec.name;
    if (isDivided && spec.last === true && rest.length === 0) rest = operands.slice(before);
    const mine = spec.repeatable === true ? rest : rest.slice(0, 1);
    const read = spec.repeatable === true ? mine : mine[0];
    rest = rest.slice(mine.length);
    const code = spec.field?.code ?? "bad_args";
    if (mine.length === 0) {
      if (spec.required === true) {
        const of = spec.choices === undefined ? "" : `, one of ${spec.choices.join(", ")}`;
        problems.push(problem(spec.name, code, `is required${of}`));
      }
      continue;
    }
    for (const value of spec.field === undefined ? mine : [read]) {
      for (const message of valueProblems(value, spec.field, spec.choices)) {
        problems.push(problem(spec.name, code, message));
      }
    }
    values[spec.as] = read;
  }
  if (rest.length === 0) return;
  const takes = specs.length === 0 ? "none" : specs.map((spec) => spec.name).join(" ");
  for (const word of rest) {
    problems.push(problem(quoted(word), "bad_args", `is one operand too many, expected ${takes}`));
  }
}
