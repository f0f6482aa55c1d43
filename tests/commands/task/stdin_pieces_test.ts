/**
 * What `enqueue --stdin` makes of input that is framed or encoded in other ways than one line a
 * task.
 */
import { readTasks } from "../../../src/commands/task/enqueue_lines.ts";
import { CoordError } from "../../../src/domain/errors.ts";
import { MAX_LINE_BYTES } from "../../../src/domain/limits.ts";
import { assertEquals, it, itIf } from "../../deps.ts";
import { scratch } from "../../support/fake/host.ts";
import { hasShell, shell } from "../../support/program/posix_shell.ts";
import { newSeed } from "../../support/random.ts";

const encoder = new TextEncoder();

type Part = string | Uint8Array;

function bytesOf(part: Part): Uint8Array {
  return typeof part === "string" ? encoder.encode(part) : part;
}

async function* chunks(parts: readonly Part[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield bytesOf(part);
}

/** The titles of what is read, or what is wrong. */
async function outcomeOf(parts: readonly Part[], isNul = false): Promise<string[] | string> {
  try {
    const tasks = await readTasks(chunks(parts), {}, () => {}, { isNul });
    return tasks.map(({ title }) => title);
  } catch (error) {
    if (error instanceof CoordError && error.code === "bad_args") return error.message;
    throw error;
  }
}

const read = (...parts: Part[]) => outcomeOf(parts);
const readNul = (...parts: Part[]) => outcomeOf(parts, true);

it("readTasks() takes a line that looks like JSON and is none for a title", async () => {
  const names = [
    "{{cookiecutter.slug}}/setup.py",
    "{a,b}.ts",
    "{title: x}",
    "{}x",
    "[id]/page.tsx",
    "[...all].ts",
    "[[...slug]]/page.tsx",
    "[WIP] fix it",
    "[",
    "[1, 2",
    "[]",
    "[]/x",
    "]",
    "}",
    '"quoted"',
    "null",
    "7",
  ];
  assertEquals(await read(names.join("\n")), names);
  for (const name of names.filter((name) => name !== "[]")) {
    assertEquals(await read(name), [name]);
    assertEquals(await read(`${name}\nREADME.md\n`), [name, "README.md"]);
  }
});

it("readTasks() refuses such a line where another is an object: it must be a slip", async () => {
  const object = '{"title":"a"}';
  const slip = 'begins with "{" and is not a JSON object';
  assertEquals(await read(`${object}\n{title: "b"}\n`), `line 2 ${slip}`);
  assertEquals(await read(`{title: "b"}\n\n${object}\n`), `line 1 ${slip}`);
  assertEquals(
    await read(`{title: "b"}\nplain\n${object}\n{{x}}\n{"title":7}`),
    [
      ...[`line 1 ${slip}`, `line 4 ${slip}`, "line 5: title must be text"],
    ].join("; "),
  );
  assertEquals(await read(`[WIP] fix\n${object}`), ["[WIP] fix", "a"]);
});

it("readTasks() refuses what begins as only JSON does, wherever it stands", async () => {
  const slip = 'begins with "{" and is not a JSON object';
  assertEquals(await read('plain\n{"title": "b"'), `line 2 ${slip}`);
  assertEquals(await read('{\n  "title": "b"\n}'), `line 1 ${slip}`);
  assertEquals(
    await read('{"title":"a"},\n{"title":"b"}\n'),
    "line 1 ends in a comma: a line is one JSON object, and an array has its brackets",
  );
  const part = "begins a JSON array, which must be the whole input";
  assertEquals(await read('a\n[{"title":"b"}]\n'), `line 2 ${part}`);
});

it("readTasks() counts slips among the problems that it does not name", async () => {
  const lines = ['{"title":"a"}', ...Array(30).fill("{x}"), ...Array(5).fill('{"title":1}')];
  try {
    await readTasks(chunks([lines.join("\n")]), {}, () => {});
  } catch (error) {
    const { problems, more } = (error as CoordError).details;
    const fields = (problems as { field: string }[]).map(({ field }) => field);
    assertEquals([fields, more], [Array.from({ length: 20 }, (_, at) => `line ${at + 2}`), 15]);
    return;
  }
  throw new Error("nothing was wrong");
});

it("readTasks() reads one JSON array, on one line or over many, of any length", async () => {
  const items = [{ title: "a" }, { title: "b\nc", priority: 3 }, "d"];
  const titles = ["a", "b\nc", "d"];
  for (const text of [JSON.stringify(items), JSON.stringify(items, undefined, 2)]) {
    assertEquals(await read(text), titles);
    assertEquals(await read(`\uFEFF\r\n \t${text}\n\n`), titles);
    assertEquals(await read(...[...text].map((character) => character)), titles);
  }
  assertEquals(await read("[]"), []);
  assertEquals(await read(" [\n] \n"), []);
  const many = Array.from({ length: 3_000 }, (_, at) => ({ title: `${at}`.padEnd(200, "x") }));
  const text = JSON.stringify(many);
  assertEquals([text.length > MAX_LINE_BYTES, (await read(text)).length], [true, 3_000]);
});

it("readTasks() says which item of an array is wrong, or that it is none", async () => {
  assertEquals(
    await read('[{"title":"a"},{"title":""},7,{"title":"b","colour":1}]'),
    "item 2: title must not be empty; item 3 must be an object with a title, or a title; " +
      'item 4: "colour" is unknown; known are title, priority, queue, ttl, run_id, payload, tags, needs, not_before, delay, max_attempts, backoff, key, after, on_failure',
  );
  const none = "standard input begins as a JSON array and is none";
  assertEquals(await read('[{"title":"a"},]'), `${none}: there is a comma before its end`);
  assertEquals(await read('[{"title":"a"}\n{"title":"b"}]'), none);
  assertEquals(await read('[{"title":"a"}]\n[{"title":"b"}]'), none);
  assertEquals(await read('["a'), none);
  assertEquals(
    await read('[{"title":"a","payload":{"n":12345678901234567890}}]'),
    "standard input holds the number 12345678901234567890, which would become " +
      "12345678901234567000; put it in quotes to keep it as it is",
  );
});

it("readTasks() refuses titles that end in zero bytes, and says how they are read", async () => {
  const refusal = "standard input holds a zero byte: use -0 for titles that end in one, as from " +
    "git ls-files -z; other input must be UTF-8 text";
  assertEquals(await read("a.ts\0b.ts\0c.ts\0"), refusal);
  assertEquals(await read("a\nb\n", "c\0d"), refusal);
  assertEquals(await read('[{"title":"a\0"}]'), refusal);
  assertEquals(await read(`${"x".repeat(MAX_LINE_BYTES + 9)}\0`), refusal);
});

it("readTasks() with -0 takes titles as they are", async () => {
  assertEquals(await readNul("a.ts\0 b c \0\0d\ne\0{}\0[{\0f\r"), [
    ...["a.ts", " b c ", "d\ne", "{}", "[{", "f\r"],
  ]);
  assertEquals(await readNul("\uFEFFone\0", "tw", "o"), ["one", "two"]);
  assertEquals(await readNul("a"), ["a"]);
  assertEquals(await readNul(""), []);
  assertEquals(await readNul("a\0\n"), ["a"]);
  assertEquals(await readNul("a\0", Uint8Array.of(0xff), "\0"), "title 2 is not UTF-8 text");
  const long = "x".repeat(MAX_LINE_BYTES + 1);
  assertEquals(await readNul(`a\0${long}\0`), `title 2 is longer than ${MAX_LINE_BYTES} bytes`);
});

it("readTasks() with -0 refuses lines", async () => {
  const refusal =
    "standard input holds newlines and no zero byte: leave -0 out for one title a line";
  assertEquals(await readNul("a\nb\n"), refusal);
  assertEquals(await readNul("a\n"), refusal);
  assertEquals(await readNul("a\n".repeat(MAX_LINE_BYTES)), refusal);
});

it("readTasks() refuses other encodings and other ends of lines", async () => {
  const encoded =
    "standard input must be UTF-8, and its byte order mark is that of UTF-16 or UTF-32";
  const utf16 = Uint8Array.of(0xff, 0xfe, 0x61, 0, 0x0a, 0);
  assertEquals(await read(utf16), encoded);
  assertEquals(await read(utf16.slice(0, 1), utf16.slice(1)), encoded);
  assertEquals(await read(Uint8Array.of(0xfe, 0xff, 0, 0x61)), encoded);
  assertEquals(await readNul(utf16), encoded);
  assertEquals(await read("\uFEFFa\r\nb\r\n"), ["a", "b"]);
  assertEquals(
    await read("a\rb\r\n"),
    "line 1 holds a carriage return: lines end in a newline, with or without one before it",
  );
  assertEquals(await read('{"title":\r"a"}\r\n'), ["a"]);
  assertEquals(await read(Uint8Array.of(0xef)), "line 1 is not UTF-8 text");
  assertEquals(await read("", "\n", " \t\r\n"), []);
});

it("readTasks() comes to the same whatever the pieces that input comes in", async () => {
  const random = newSeed("pieces");
  const parts = [
    "{",
    "[",
    '"',
    "a",
    "\n",
    "\0",
    "\r",
    '{"title":"x"}',
    "[{}]",
    "\uFEFF",
    "é",
    ",",
    "]",
  ];
  for (let round = 0; round < 2_000; round++) {
    const length = random.below(8);
    const bytes = encoder.encode(Array.from({ length }, () => random.pick(parts)).join(""));
    const isNul = random.chance(0.3);
    const cuts = [...bytes].map((byte) => Uint8Array.of(byte));
    const where = `seed ${random.seed}: ${JSON.stringify(new TextDecoder().decode(bytes))}`;
    assertEquals(await outcomeOf(cuts, isNul), await outcomeOf([bytes], isNul), where);
  }
});

itIf(hasShell, "it needs a shell of POSIX")(
  "enqueue --stdin says that a directory is none, or that its input cannot be read",
  async () => {
    using folder = scratch();
    const run = (script: string) => shell(folder.path, script).ended;
    assertEquals((await run("coord init")).code, 0);
    assertEquals(await run("coord enqueue --stdin --run-id a < ."), {
      code: 64,
      out: "",
      err: "coord: standard input must be a file or a pipe, and it is a directory\n",
    });
    const { code, err } = await run("coord enqueue --stdin --run-id a 0> out");
    assertEquals({ code, isInternal: /internal/i.test(err) }, { code: 3, isInternal: false });
  },
);
