/** Random command lines, lines of input and payloads, and what every answer to them must be. */
import { spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { exitCodes } from "../../../src/cli/exit_codes.ts";
import { CATALOG } from "../../../src/cli/catalog.ts";
import {
  type Command,
  type Described,
  isRaw,
  isScreen,
  isStream,
} from "../../../src/commands/command.ts";
import type { Random } from "../random.ts";
import { cpuOf } from "./own_time.ts";

/** Where Deno keeps packages; the home that commands see is another one. */
const CACHE = process.env["DENO_DIR"] ?? `${process.env["HOME"]}/.cache/deno`;

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** Milliseconds of its own in which a command must have ended. */
export const LIMIT_MS = 5_000;

/** Milliseconds after which one that waits is ended: it has begun by then on a machine that others use as well. */
const STOP_MS = 15_000;

/** Words that programs mistake: empty, long, not ASCII, numbers at the edges, names of other things. */
const WORDS: readonly string[] = [
  ...["", " ", "a", "src/a.ts", "src/**", "default", "me", "pending", "-", "--", "---", "-j", "-x"],
  ...["é", "e\u0301", "\u202e", "a\u0000b", "\u001b[31mred", "\ud800", "💥", "\u2028", "a\nb"],
  ...["x".repeat(300), "a".repeat(70_000), "a/".repeat(3_000), "*".repeat(500), "{a,b}".repeat(40)],
  ...["*", "**", "[", "[a-", "{a,b", "!(a)", "..", "./", ":/", ":/x", "a//b", "\\", "'", '"', "%"],
  ...["sha256:", `sha256:${"0".repeat(64)}`, "0".repeat(64), "abcdef", "abcde", "ABCDEF01"],
  ...["-1", "0", "1", "1.5", "1e309", "NaN", "Infinity", "9007199254740993", "0x10", "+5", "1_000"],
  ...[
    "1h",
    "0s",
    "99999999999d",
    "1s1s",
    "{}",
    "[]",
    "null",
    '{"a":1e400}',
    '{"__proto__":1}',
    "{",
  ],
  ...["@git/index", "CON", "a=b", "--json=x", "constructor", "__proto__", "toString", "a,b,,c"],
];

/** Values of flags that end what waits. */
const SOON = ["--timeout", "0.05", "--max-events", "1"];

/** A command line, and how it is answered. */
export interface Line {
  readonly args: readonly string[];
  /** Whether standard output has one JSON document, one a line, or something else. */
  readonly prints: "one" | "lines" | "other";
}

/** A command line of a command that is there, with flags of its own and values of any kind. */
export async function randomLine(random: Random, words = WORDS): Promise<Line> {
  const name = random.pick(Object.keys(CATALOG));
  const described = await CATALOG[name]?.load();
  if (described === undefined) throw new Error(`There is no ${name}`);
  const args = random.chance(0.05) ? [random.pick(words)] : name.split(" ");
  const prints = printsOf(name, described, args);
  args.push("--json");
  const flags = Object.entries(described.flags);
  for (let left = random.below(4); left > 0 && flags.length > 0; left--) {
    const [flag, { type, choices }] = random.pick(flags);
    if (flag === "stdin" || flag === "stdin0" || flag === "exec") continue;
    const value = choices && random.chance(0.7) ? random.pick(choices) : random.pick(words);
    const isBare = type === "boolean" ? random.chance(0.9) : random.chance(0.05);
    if (isBare) args.push(`--${flag}`);
    else if (random.chance(0.5)) args.push(`--${flag}=${value}`);
    else args.push(`--${flag}`, value);
  }
  if (random.chance(0.3) && "run-id" in described.flags) args.push("--run-id", "me");
  for (const [flag, value] of [SOON.slice(0, 2), SOON.slice(2)]) {
    const known = Object.hasOwn(described.flags, flag?.slice(2) ?? "");
    if (known && !args.some((arg) => arg.startsWith(flag ?? ""))) {
      args.push(flag ?? "", value ?? "");
    }
  }
  for (let left = random.below(3); left > 0; left--) args.push(random.pick(words));
  if (described.operands.some(({ last }) => last === true)) args.push("--", "true");
  return { args, prints };
}

function printsOf(name: string, described: Described, args: readonly string[]): Line["prints"] {
  if (args.join(" ") !== name) return "other"; // another command, perhaps
  const command = described as Command;
  if (isRaw(command)) return "other";
  const hasLines = isStream(command) || isScreen(command) || name === "enqueue";
  return hasLines ? "lines" : "one";
}

/** A value of JSON of any shape, with names that payloads have. */
export function randomJson(random: Random, names: readonly string[], depth = 3): unknown {
  const kind = random.below(depth === 0 ? 5 : 8);
  if (kind === 0) return random.pick([null, true, false]);
  if (kind === 1) return random.pick([0, -1, 1.5, 1e300, 2 ** 53, -0]);
  if (kind < 5) return random.pick([...WORDS, ...names]);
  const length = random.below(5);
  if (kind === 5) return Array.from({ length }, () => randomJson(random, names, depth - 1));
  return Object.fromEntries(
    Array.from({ length: length + 1 }, () => [
      random.chance(0.9) ? random.pick(names) : random.pick(WORDS),
      randomJson(random, names, depth - 1),
    ]),
  );
}

/** A text of JSON, one in five with a part missing or put in twice. */
export function randomText(random: Random, value: unknown): string {
  const text = JSON.stringify(value);
  if (random.chance(0.8)) return text;
  const [from, to] = [random.below(text.length + 1), random.below(text.length + 1)];
  return text.slice(0, from) + text.slice(to);
}

/** What a command ended with and wrote. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Exit codes of `with` and `work` besides those of all commands. */
const OWN_CODES = [126, 127, 130, 143];

/** What is wrong with the end of a command line. */
export function problemsOf({ prints }: Pick<Line, "prints">, { code, out, err }: Ended): string[] {
  const problems: string[] = [];
  const codes = [...exitCodes().map(({ code }) => code), ...OWN_CODES];
  if (code === null || !codes.includes(code)) problems.push(`exit code ${code}`);
  if (/^\s+at .*[:(]\d+/m.test(err)) problems.push("a stack trace");
  if (/Internal error/.test(out + err)) problems.push("an internal error");
  if (prints === "other") return problems;
  const lines = out.split("\n");
  if (lines.pop() !== "") problems.push("a part of a line");
  try {
    const answers = lines.map((line) => JSON.parse(line));
    if (prints === "one" && answers.length !== 1) problems.push(`${answers.length} answers`);
    if (prints === "one" && answers[0]?.exit_code !== code) problems.push("it says another code");
  } catch {
    problems.push("no JSON");
  }
  return problems;
}

/** A command line in a process of its own; `undefined` where SIGTERM ended it before it began. */
export function asProcess(dir: string, { args }: Pick<Line, "args">): Promise<Ended | undefined> {
  const runtime = "Deno" in globalThis ? ["run", "-A", "--config", `${ROOT}deno.json`] : [];
  const command = [process.execPath, ...runtime, `${ROOT}cli.ts`, ...args];
  return endOf(command, dir, { isServing: args[0] === "web" });
}

/**
 * Runs a command to its end, and ends one that waits; `undefined` where that was before it began.
 *
 * @param isServing Whether it goes on after its answer.
 */
export function endOf(
  [program = "", ...args]: readonly string[],
  dir: string,
  { isServing = false, limitMs = LIMIT_MS } = {},
): Promise<Ended | undefined> {
  const child = spawn(program, args, {
    cwd: `${dir}/a/b`,
    env: { PATH: process.env["PATH"], HOME: dir, DENO_DIR: CACHE },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const stop = setTimeout(() => child.kill("SIGTERM"), STOP_MS);
  const kill = setTimeout(() => child.kill("SIGKILL"), 3 * STOP_MS);
  let isLate = false;
  const look = setInterval(() => {
    isLate ||= (cpuOf(child.pid ?? 0) ?? 0) > limitMs;
    if (isLate) child.kill("SIGKILL");
  }, 50);
  let [out, err] = ["", ""];
  child.stdout.on("data", (part) => {
    out += part;
    if (isServing && out.endsWith("\n")) child.kill("SIGTERM");
  });
  child.stderr.on("data", (part) => err += part);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(stop);
      clearTimeout(kill);
      clearInterval(look);
      if (isLate) err += `it took more than ${limitMs} ms`;
      resolve(signal === "SIGTERM" ? undefined : { code, out, err });
    });
  });
}
