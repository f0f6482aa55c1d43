/** From arguments to checked values, by a command's flag specs; all problems at once. */
import type { Described, Env, FlagSpec, OperandSpec } from "../commands/command.ts";
import { parseArgs } from "../deps/parse_args.ts";
import { badInput, type InputProblem } from "../domain/errors.ts";
import type { InputRule } from "../domain/input/rule.ts";
import { parseInput } from "../domain/json.ts";
import { quoted } from "../domain/text.ts";
import { GLOBAL_FLAGS, isFlag } from "./locate.ts";
import { nearest } from "./suggest.ts";

/** What a command line says. */
interface Parsed {
  /** The command's own, by their names in the library's input. */
  readonly values: Record<string, unknown>;
  readonly json: boolean;
  readonly dir: string | undefined;
  readonly warnings: readonly string[];
}

type Specs = Readonly<Record<string, FlagSpec>>;

/**
 * Reads the arguments of a command.
 *
 * @throws {CoordError} that lists all problems, with the names of the flags.
 */
export function parse(
  command: Described,
  args: readonly string[],
  env: Env,
): Parsed {
  const problems: InputProblem[] = [];
  const warnings: string[] = [];
  const own = readFlags({ ...command.flags, ...GLOBAL_FLAGS }, args, problems);
  const values: Record<string, unknown> = {};
  const labels: Record<string, string> = {};
  for (const [name, spec] of Object.entries(command.flags)) {
    const field = spec.as ?? camelCase(name);
    labels[field] = `--${name}`;
    const value = flagValue(name, spec, own.flags.get(name), env, problems, warnings);
    if (value !== undefined) values[field] = value;
  }
  standIn(command.flags, own.flags, values, problems);
  readOperands(command.operands, own.operands, values, labels, problems);
  const global = (name: string) => {
    const spec = GLOBAL_FLAGS[name];
    return spec && flagValue(name, spec, own.flags.get(name), env, problems, warnings);
  };
  const format = global("format");
  const json = global("json") === true;
  if (json && format === "text") {
    problems.push(problem("--json", "bad_args", "contradicts --format text"));
  }
  const dir = global("dir");
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
    dir: typeof dir === "string" ? dir : undefined,
    warnings,
  };
}

function problem(field: string, code: InputProblem["code"], message: string): InputProblem {
  return { field, code, message };
}

function camelCase(name: string): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

interface Read {
  /** The texts of each flag that is there; `true` for a boolean. */
  readonly flags: ReadonlyMap<string, readonly string[] | true>;
  readonly operands: readonly string[];
}

/**
 * parseArgs() guesses where a command line is ambiguous: it takes `true` after a boolean for its
 * value and `-5` for three flags. So it gets one word a flag, and the operands after `--`.
 */
function readFlags(specs: Specs, args: readonly string[], problems: InputProblem[]): Read {
  const words: string[] = [];
  const operands: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? "";
    if (arg === "--") {
      operands.push(...args.slice(at + 1));
      break;
    }
    if (!isFlag(arg) && !isDigitFlag(specs, arg)) {
      operands.push(arg);
      continue;
    }
    for (const word of arg.startsWith("--") ? [arg] : longForms(specs, arg)) {
      const equals = word.indexOf("=");
      const flag = equals === -1 ? word : word.slice(0, equals);
      const name = flag.slice(2);
      const next = args[at + 1];
      const nextIsValue = next !== undefined && next !== "--" && !isFlag(next);
      const spec = Object.hasOwn(specs, name) ? specs[name] : undefined;
      if (spec === undefined) {
        const meant = nearest(name, Object.keys(specs));
        const hint = meant === undefined ? "" : `, did you mean --${meant}?`;
        problems.push(problem(shortLabel(arg, flag), "bad_args", `is unknown${hint}`));
        // Its value is no operand.
        const takes = meant !== undefined && specs[meant]?.type !== "boolean";
        if (takes && equals === -1 && nextIsValue) at++;
      } else if (spec.type === "boolean") {
        if (equals === -1) words.push(word);
        else problems.push(problem(flag, "bad_args", "takes no value"));
      } else if (equals !== -1) {
        words.push(word);
      } else if (nextIsValue) {
        words.push(`${word}=${next}`);
        at++;
      } else {
        const hint = next === undefined || next === "--"
          ? ""
          : `, write ${flag}=… for one that begins with "-"`;
        problems.push(problem(flag, "bad_args", `needs a value${hint}`));
      }
    }
  }
  const names = Object.keys(specs);
  const texts = names.filter((name) => specs[name]?.type !== "boolean");
  const parsed = parseArgs([...words, "--", ...operands], {
    boolean: names.filter((name) => specs[name]?.type === "boolean"),
    string: ["_", ...texts],
    collect: texts,
  });
  const flags = new Map<string, readonly string[] | true>();
  for (const name of names) {
    const value = parsed[name];
    if (value === true) flags.set(name, true);
    if (!Array.isArray(value) || value.length === 0) continue;
    if (value.length > 1 && specs[name]?.repeatable !== true) {
      problems.push(problem(`--${name}`, "bad_args", `is given ${value.length} times`));
    }
    flags.set(name, value.map(String));
  }
  return { flags, operands: parsed._.map(String) };
}

/** Whether a word such as `-0` is a flag of this command, and no negative number. */
function isDigitFlag(specs: Specs, word: string): boolean {
  const [, digit] = /^-(\d)[A-Za-z]*$/.exec(word) ?? [];
  return digit !== undefined && Object.values(specs).some(({ short }) => short === digit);
}

/** `-jC dir` as `--json --dir`; letters that are no flag stay as they are. */
function longForms(specs: Specs, arg: string): string[] {
  const long: string[] = [];
  for (let at = 1; at < arg.length; at++) {
    const letter = arg[at] ?? "";
    const [name, spec] = Object.entries(specs).find(([, { short }]) => short === letter) ?? [];
    if (spec?.type === "boolean") {
      long.push(`--${name}`);
      continue;
    }
    const rest = arg.slice(at + 1).replace(/^=/, "");
    if (spec === undefined) long.push(`--${arg.slice(at)}`);
    else long.push(rest === "" ? `--${name}` : `--${name}=${rest}`);
    break;
  }
  return long;
}

/** Characters of an unknown flag that a message repeats. */
const MAX_LABEL = 40;

/** What was typed: `-x` and not `--x`. */
function shortLabel(arg: string, flag: string): string {
  const typed = arg.startsWith("--") ? flag : `-${flag.slice(2)}`;
  return typed.length > MAX_LABEL ? `${typed.slice(0, MAX_LABEL).toWellFormed()}…` : typed;
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
  specs: Specs,
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
  given: readonly string[],
  values: Record<string, unknown>,
  labels: Record<string, string>,
  problems: InputProblem[],
): void {
  let rest = given;
  for (const spec of specs) {
    labels[spec.as] = spec.name;
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
