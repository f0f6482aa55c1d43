import type { Described } from "../../src/commands/command.ts";
import { GLOBAL_FLAGS } from "../../src/cli/locate.ts";
import { parse } from "../../src/cli/parse.ts";
import { split } from "../../src/cli/split.ts";
import { CoordError } from "../../src/domain/errors.ts";
import * as fields from "../../src/domain/input/fields.ts";
import * as taskFields from "../../src/domain/task/fields.ts";
import { assertEquals, fail, it } from "../deps.ts";

const COMMAND: Described = {
  operands: [
    { name: "ID", summary: "one", required: true, as: "id" },
    { name: "PATH", summary: "more", repeatable: true, as: "paths" },
  ],
  flags: {
    priority: {
      type: "integer",
      summary: "an integer",
      field: taskFields.priority,
    },
    "max-wait": { type: "number", summary: "a number" },
    ttl: { type: "duration", summary: "a time", field: fields.extension },
    late: { type: "duration", summary: "any time" },
    force: { type: "boolean", summary: "a boolean" },
    "no-snapshot": { type: "boolean", summary: "a boolean that begins with no" },
    payload: {
      type: "json",
      summary: "JSON",
      field: taskFields.payload,
    },
    tags: { type: "list", summary: "a list", field: taskFields.tags },
    kind: {
      type: "text",
      summary: "repeatable",
      repeatable: true,
      choices: ["task", "claim"],
      read: (text) => text === "tasks" ? "task" : undefined,
      as: "kinds",
    },
    text: { type: "text", summary: "a text", short: "t" },
    note: {
      type: "text",
      summary: "may be empty",
      field: taskFields.errorText,
    },
    "run-id": {
      type: "text",
      summary: "from the environment",
      env: "RUN",
      field: fields.identifier,
    },
  },
};

function parsed(args: readonly string[], env: Record<string, string> = {}, command = COMMAND) {
  return parse(command, split({ ...command.flags, ...GLOBAL_FLAGS }, args), (name) => env[name]);
}

/** The problems of arguments that are wrong, as people read them. */
function problems(args: readonly string[], env?: Record<string, string>, command = COMMAND) {
  try {
    parsed(args, env, command);
  } catch (error) {
    if (!(error instanceof CoordError)) throw error;
    return error.message.split("; ");
  }
  fail(`no problem with ${args.join(" ")}`);
}

const GOOD: readonly (readonly [args: string[], values: Record<string, unknown>])[] = [
  [["x"], { id: "x" }],
  [["x", "y", "z"], { id: "x", paths: ["y", "z"] }],
  [["--text", "a", "x"], { text: "a", id: "x" }],
  [["--text=a", "x"], { text: "a", id: "x" }],
  [["--text=a=b c", "x"], { text: "a=b c", id: "x" }],
  [["--text=--force", "x"], { text: "--force", id: "x" }],
  [["--text=a\nb", "x"], { text: "a\nb", id: "x" }],
  [["-t", "a", "x"], { text: "a", id: "x" }],
  [["-ta", "x"], { text: "a", id: "x" }],
  [["-t=a", "x"], { text: "a", id: "x" }],
  [["-jta", "x"], { text: "a", id: "x" }],
  [["--text", "-", "x"], { text: "-", id: "x" }],
  [["--note=", "x"], { note: "", id: "x" }],
  [["--note", "", "x"], { note: "", id: "x" }],
  [["--priority", "-5", "x"], { priority: -5, id: "x" }],
  [["--priority=-5", "x"], { priority: -5, id: "x" }],
  [["--priority", "007", "x"], { priority: 7, id: "x" }],
  [["--priority", "-0", "x"], { priority: 0, id: "x" }],
  [["--max-wait", "0.5", "x"], { maxWait: 0.5, id: "x" }],
  [["--max-wait", "-.5", "x"], { maxWait: -0.5, id: "x" }],
  [["--ttl", "90", "x"], { ttl: 90, id: "x" }],
  [["--ttl", "90s", "x"], { ttl: 90, id: "x" }],
  [["--ttl", "15m", "x"], { ttl: 900, id: "x" }],
  [["--ttl=2h", "x"], { ttl: 7_200, id: "x" }],
  [["--ttl=7d", "x"], { ttl: 604_800, id: "x" }],
  [["--ttl", "1.1h", "x"], { ttl: 3_960, id: "x" }],
  [["--late", ".5m", "x"], { late: 30, id: "x" }],
  [["--late", "0.25", "x"], { late: 0.25, id: "x" }],
  [["--late", "-5s", "x"], { late: -5, id: "x" }],
  [["--late", "-0", "x"], { late: 0, id: "x" }],
  [["--force", "true"], { force: true, id: "true" }],
  [["--force", "--force", "x"], { force: true, id: "x" }],
  [["--no-snapshot", "x"], { noSnapshot: true, id: "x" }],
  [["--payload", '{"a":[1]}', "x"], { payload: { a: [1] }, id: "x" }],
  [["--tags", "a, b,c", "x"], { tags: ["a", "b", "c"], id: "x" }],
  [["--tags=", "x"], { tags: [], id: "x" }],
  [["--kind", "task", "--kind", "claim", "x"], { kinds: ["task", "claim"], id: "x" }],
  [["--kind", "tasks", "x"], { kinds: ["task"], id: "x" }],
  [["--", "--force"], { id: "--force" }],
  [["x", "--", "--text", "-5", "--"], { id: "x", paths: ["--text", "-5", "--"] }],
  [["-5"], { id: "-5" }],
  [["1e3", "0x10"], { id: "1e3", paths: ["0x10"] }],
  [["constructor", "__proto__"], { id: "constructor", paths: ["__proto__"] }],
];

for (const [args, values] of GOOD) {
  it(`parse() reads ${JSON.stringify(args)}`, () => assertEquals(parsed(args).values, values));
}

const BAD: readonly (readonly [args: string[], problems: string[]])[] = [
  [[], ["ID is required"]],
  ...["1e3", "5x", "5 m", "2H", "1h30m", "h", "", "5ms", "+5", "1w", "٥m"].map((
    text,
  ): [string[], string[]] => [
    [`--ttl=${text}`, "x"],
    [`--ttl must be seconds, or such as 90s, 15m, 2h, 7d, got ${JSON.stringify(text)}`],
  ]),
  [["--ttl", "0h", "x"], ["--ttl must be between 1 and 31536000, got 0"]],
  [["--ttl", "366d", "x"], ["--ttl must be between 1 and 31536000, got 31622400"]],
  [["--ttl", "1.5", "x"], ["--ttl must be a whole number"]],
  [["--ttl", "9".repeat(400), "x"], ["--ttl must be a number"]],
  [["--priority", "1e3", "x"], ['--priority must be a whole number, got "1e3"']],
  [["--priority", "0x10", "x"], ['--priority must be a whole number, got "0x10"']],
  [["--priority", " 5", "x"], ['--priority must be a whole number, got " 5"']],
  [["--priority", "5abc", "x"], ['--priority must be a whole number, got "5abc"']],
  [["--priority", "+5", "x"], ['--priority must be a whole number, got "+5"']],
  [["--priority", "1.0", "x"], ['--priority must be a whole number, got "1.0"']],
  [["--priority", "٥", "x"], ['--priority must be a whole number, got "٥"']],
  [["--priority=", "x"], ['--priority must be a whole number, got ""']],
  [["--priority", "", "x"], ['--priority must be a whole number, got ""']],
  [["--priority=-", "x"], ['--priority must be a whole number, got "-"']],
  [["--priority", "NaN", "x"], ['--priority must be a whole number, got "NaN"']],
  [["--priority", "9".repeat(20), "x"], [
    '--priority is too large, got "99999999999999999999"',
  ]],
  [["--priority", "2147483648", "x"], [
    "--priority must be between -2147483648 and 2147483647, got 2147483648",
  ]],
  [["--max-wait", "1e3", "x"], ['--max-wait must be a plain decimal number, got "1e3"']],
  [["--max-wait", "5.", "x"], ['--max-wait must be a plain decimal number, got "5."']],
  [["--max-wait", "Infinity", "x"], ['--max-wait must be a plain decimal number, got "Infinity"']],
  [["--payload", "{a:1}", "x"], ['--payload is not valid JSON, got "{a:1}"']],
  [["--payload", "x".repeat(60), "x"], [
    `--payload is not valid JSON, got "${"x".repeat(40)}…"`,
  ]],
  [["--payload", "[1]", "x"], ["--payload must be a JSON object"]],
  [["--payload", "-5", "x"], ["--payload must be a JSON object"]],
  [["--kind", "lane", "x"], ['--kind must be one of task, claim, got "lane"']],
  [["--text=", "x"], ["--text must not be empty"]],
  [["--text"], ["--text needs a value", "ID is required"]],
  [["x", "--text", "--force"], [
    '--text needs a value, write --text=… for one that begins with "-"',
  ]],
  [["x", "--text", "--", "y"], ["--text needs a value"]],
  [["--text", "a", "-t", "b", "x"], ["--text is given 2 times"]],
  [["--force=true", "x"], ["--force takes no value"]],
  [["--no-force", "x"], ["--no-force is unknown"]],
  [["--snapshot", "x"], ["--snapshot is unknown, did you mean --no-snapshot?"]],
  [["--priorty", "5", "x"], ["--priorty is unknown, did you mean --priority?"]],
  [["--bogus", "x"], ["--bogus is unknown"]],
  [["-x", "x"], ["-x is unknown"]],
  [[`--${"y".repeat(99)}`, "x"], [`--${"y".repeat(38)}… is unknown`]],
  [["--constructor", "x"], ["--constructor is unknown"]],
  [["--__proto__=1", "x"], ["--__proto__ is unknown"]],
  [["--a.b", "x"], ["--a.b is unknown"]],
  [["--format", "xml", "x"], ['--format must be one of text, json, got "xml"']],
  [["--dir=", "x"], ["--dir must not be empty"]],
  [["-j", "--format", "text", "x"], ["--json contradicts --format text"]],
  [["--priority", "x", "--max-wait", "y", "--what", "--kind", "z"], [
    "--what is unknown",
    '--priority must be a whole number, got "x"',
    '--max-wait must be a plain decimal number, got "y"',
    '--kind must be one of task, claim, got "z"',
    "ID is required",
  ]],
];

for (const [args, expected] of BAD) {
  it(`parse() finds all that is wrong with ${JSON.stringify(args)}`, () => {
    assertEquals(problems(args), expected);
  });
}

it("parse() reports extra operands, and what is expected", () => {
  const none = { operands: [], flags: {} };
  const one = { operands: [{ name: "ID", summary: "", as: "id" }], flags: {} };
  assertEquals(problems(["a", "b"], {}, none), [
    '"a" is one operand too many, expected none',
    '"b" is one operand too many, expected none',
  ]);
  assertEquals(problems(["a", "b"], {}, one), ['"b" is one operand too many, expected ID']);
});

it("parse() says what a missing operand may be", () => {
  const command = {
    operands: [{ name: "SHELL", summary: "", required: true, choices: ["a", "b"], as: "shell" }],
    flags: {},
  };
  assertEquals(problems([], {}, command), ["SHELL is required, one of a, b"]);
});

it("parse() takes a variable in place of a flag, and the flag before it", () => {
  assertEquals(parsed(["x"], { RUN: "env" }).values.runId, "env");
  assertEquals(parsed(["x", "--run-id", "flag"], { RUN: "env" }).values.runId, "flag");
  assertEquals(parsed(["x"], { RUN: "" }).values.runId, undefined);
  assertEquals(problems(["x"], { RUN: "a " }), ["$RUN must not begin or end with a space"]);
});

it("parse() reads the flags of every command", () => {
  const of = (args: string[], env = {}) => {
    const { json, dir } = parsed(["x", ...args], env);
    return [json, dir];
  };
  assertEquals(of([]), [false, undefined]);
  assertEquals(of(["-j", "-C", "a"]), [true, "a"]);
  assertEquals(of(["--format", "json"], { COORD_DIR: "b" }), [true, undefined]);
  assertEquals(of(["--format=text", "--dir=c"], { COORD_DIR: "b" }), [false, "c"]);
});

it("parse() asks for rules over several values when each of them is fine", () => {
  const command: Described = {
    ...COMMAND,
    check: ({ force }) =>
      force === true ? [{ field: "id", code: "bad_args", message: "must not be forced" }] : [],
  };
  assertEquals(problems(["x", "--force"], {}, command), ["ID must not be forced"]);
  assertEquals(problems(["x", "--force", "--priority", "a"], {}, command), [
    '--priority must be a whole number, got "a"',
  ]);
});

it("parse() gives the code of its problems when they agree", () => {
  const code = (args: string[]) => {
    try {
      parsed(args);
    } catch (error) {
      return error instanceof CoordError ? error.code : error;
    }
  };
  assertEquals(code(["x", "--payload", "[]"]), "bad_payload");
  assertEquals(code(["x", "--payload", "{"]), "bad_payload");
  assertEquals(code(["x", "--payload", "[]", "--bogus"]), "bad_args");
});

it("parse() takes -0 for a flag where a command has it, and for a number elsewhere", () => {
  const command: Described = {
    operands: [{ name: "TITLE", summary: "one", as: "title" }],
    flags: {
      null: { type: "boolean", summary: "a digit", short: "0" },
      priority: { type: "integer", summary: "an integer" },
    },
  };
  const of = (...args: string[]): Record<string, unknown> => {
    const { values, json } = parsed(args, {}, command);
    return { ...values, json };
  };
  assertEquals(of("-0"), { null: true, json: false });
  assertEquals(of("-0j"), { null: true, json: true });
  assertEquals(of("-j0", "--priority", "-5"), { null: true, priority: -5, json: true });
  assertEquals(of("-05"), { title: "-05", json: false });
  assertEquals(of("-1"), { title: "-1", json: false });
  assertEquals(of("--", "-0"), { title: "-0", json: false });
});
