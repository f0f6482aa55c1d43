import { main } from "../../../src/cli/main.ts";
import { readTasks } from "../../../src/commands/task/enqueue_lines.ts";
import { CoordError } from "../../../src/domain/errors.ts";
import { MAX_LINE_BYTES } from "../../../src/domain/limits.ts";
import { assertEquals, assertStringIncludes, fail, it } from "../../deps.ts";
import { fakeHost, scratch } from "../../support/fake/host.ts";

/** A stream of these chunks. */
async function* chunks(...parts: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for (const part of parts) yield typeof part === "string" ? encoder.encode(part) : part;
}

function read(...parts: readonly (string | Uint8Array)[]) {
  return readTasks(chunks(...parts), {}, () => {});
}

async function failure(...parts: readonly (string | Uint8Array)[]): Promise<CoordError> {
  try {
    await read(...parts);
  } catch (error) {
    if (error instanceof CoordError) return error;
    throw error;
  }
  return fail("no line was wrong");
}

it("readTasks() joins lines that come in pieces, with and without a last newline", async () => {
  const whole = 'one\r\n\n{"title":"twö","priority":2}\n  three  ';
  const expected = [{ title: "one" }, { title: "twö", priority: 2 }, { title: "three" }];
  assertEquals(await read(whole), expected);
  assertEquals(await read(`${whole}\n`), expected);
  const bytes = [...new TextEncoder().encode(whole)].map((byte) => Uint8Array.of(byte));
  assertEquals(await read(...bytes), expected);
});

it("readTasks() keeps what it read when the runtime uses a chunk's memory again", async () => {
  async function* reused() {
    const memory = new Uint8Array(2);
    for (const text of ["ab", "cd", "\ne"]) {
      memory.set(new TextEncoder().encode(text));
      yield memory;
    }
  }
  assertEquals(await readTasks(reused(), {}, () => {}), [{ title: "abcd" }, { title: "e" }]);
});

it("readTasks() takes the defaults where a line is silent", async () => {
  const defaults = { queue: "q", runId: "me", tags: ["t"] };
  const lines = chunks('a\n{"title":"b","queue":"r","run_id":"you","tags":[]}\n');
  assertEquals(await readTasks(lines, defaults, () => {}), [
    { queue: "q", runId: "me", tags: ["t"], title: "a" },
    { queue: "r", runId: "you", tags: [], title: "b" },
  ]);
});

it("readTasks() takes a byte order mark at the start for what it is", async () => {
  assertEquals(await read("\uFEFFone\n"), [{ title: "one" }]);
});

it("readTasks() refuses a line that is too long, also when no newline ever comes", async () => {
  const long = "x".repeat(MAX_LINE_BYTES + 1);
  const message = `line 2 is longer than ${MAX_LINE_BYTES} bytes`;
  assertEquals((await failure("a\n", long, "\nb\n")).message, message);
  assertEquals((await failure(`a\n${long}`)).message, message);
  assertEquals((await failure(`a\n${long}\nb`)).message, message);
  const parts = Array<string>(100).fill("x".repeat(10_000));
  assertEquals((await failure("a\n", ...parts)).message, message);
  const [task] = await read(`{"title":"x"}${" ".repeat(MAX_LINE_BYTES - 13)}\n`);
  assertEquals(task, { title: "x" });
});

it("readTasks() refuses what is not UTF-8", async () => {
  const error = await failure("a\n", Uint8Array.of(0x61, 0xff, 0x0a), "b\n");
  assertEquals([error.code, error.message], ["bad_args", "line 2 is not UTF-8 text"]);
});

it("readTasks() refuses unknown fields, and wrong values, with their lines", async () => {
  const error = await failure('{"title":"a","constructor":1}\n{"title":5,"tags":"x"}\n');
  assertEquals(error.details.problems, [
    {
      field: 'line 1: "constructor"',
      code: "bad_args",
      message:
        "is unknown; known are title, priority, queue, ttl, run_id, payload, tags, needs, not_before, delay, max_attempts, backoff, key, after, on_failure",
    },
    { field: "line 2: title", code: "bad_args", message: "must be text" },
    { field: "line 2: tags", code: "bad_args", message: "must be a list of texts" },
  ]);
});

it("readTasks() reports twenty problems and counts the rest", async () => {
  const error = await failure("{\n".repeat(50));
  const { problems, more } = error.details;
  assertEquals([Array.isArray(problems) && problems.length, more], [20, 30]);
  assertEquals(error.message.endsWith("; and 30 more"), true);
});

it("enqueue --stdin prints twenty problems and the number of the others", async () => {
  using folder = scratch();
  const args = ["enqueue", "--stdin"];
  const host = fakeHost({ args, cwd: folder.path, stdin: "{\n".repeat(50) });
  assertEquals(await main(host), 64);
  const lines = host.err.trimEnd().split("\n");
  assertEquals([lines.length, lines.at(0), lines.at(-1), host.out], [
    21,
    'coord: line 1 begins with "{" and is not a JSON object',
    "coord: and 30 more problems",
    "",
  ]);
});

it("enqueue --stdin warns of twenty cut titles and counts the rest", async () => {
  using folder = scratch();
  await main(fakeHost({ args: ["init"], cwd: folder.path }));
  const stdin = Array.from({ length: 30 }, (_, at) => "t".repeat(201 + at)).join("\n");
  const args = ["enqueue", "--stdin", "--run-id", "a"];
  const host = fakeHost({ args, cwd: folder.path, stdin });
  assertEquals(await main(host), 0);
  const lines = host.err.trimEnd().split("\n");
  assertEquals([lines.length, lines.at(-1)], [21, "coord: warning: and 10 more warnings"]);
});

it("enqueue --stdin shows its progress on a terminal, and takes it away", async () => {
  using folder = scratch();
  await main(fakeHost({ args: ["init"], cwd: folder.path }));
  const args = ["enqueue", "--stdin", "--run-id", "a"];
  const options = { args, cwd: folder.path, stdin: "x\n".repeat(1_000) };
  const shown = fakeHost({ ...options, terminals: ["stderr"] });
  assertEquals(await main(shown), 0);
  assertStringIncludes(shown.err, "1000 lines read");
  assertEquals(shown.err.endsWith("\r\x1b[K"), true);
  for (const [stdin, text] of [["x\n", "writing 1 task"], ["x\ny\n", "writing 2 tasks"]]) {
    const few = fakeHost({ ...options, stdin, terminals: ["stderr"] });
    assertEquals([await main(few), few.err], [0, `\r\x1b[K${text}\r\x1b[K`]);
  }
  const piped = fakeHost(options);
  assertEquals([await main(piped), piped.err], [0, ""]);
});

it("enqueue --stdin writes the answers of a large batch in few large chunks", async () => {
  using folder = scratch();
  await main(fakeHost({ args: ["init"], cwd: folder.path }));
  const args = ["enqueue", "--stdin", "--run-id", "a", "-j"];
  const host = fakeHost({ args, cwd: folder.path, stdin: "x\n".repeat(2_000) });
  assertEquals(await main(host), 0);
  const lines = host.out.trimEnd().split("\n");
  assertEquals([lines.length, host.writes < 30], [2_000, true]);
  const ids = new Set(lines.map((line) => JSON.parse(line).task_id));
  assertEquals(ids.size, 2_000);
});
