import { main } from "../../src/cli/main.ts";
import { printerOf, printProblems } from "../../src/cli/print.ts";
import { assertEquals, it } from "../deps.ts";
import { fakeHost, type FakeOptions, scratch } from "../support/fake/host.ts";

async function run(cwd: string, args: readonly string[], options: FakeOptions = {}) {
  const host = fakeHost({ ...options, args, cwd });
  const code = await main(host);
  return { code, out: host.out, err: host.err };
}

/** What is printed of an answer that is fine. */
function printed(command: string, fields: readonly string[], answer: object, isTerminal = false) {
  return printerOf(command, fields, isTerminal)({ ok: true, ...answer });
}

it("printerOf() prints texts as they are, other values as JSON, and nothing for null", () => {
  const answer = { task_id: "a b", title: '"q"', priority: 5, tags: ["x"], payload: { n: null } };
  assertEquals(
    printed("enqueue", ["task_id", "title", "priority", "tags", "payload", "payload.n"], answer),
    ['a b\t"q"\t5\t["x"]\t{"n":null}\t'],
  );
});

it("printerOf() reaches into objects and lists, to what is their own", () => {
  const payload = { "0": "zero", list: [{ a: 1 }] };
  const paths = [
    "0",
    "list.0.a",
    "list.length",
    "list.1",
    "list.0.a.b",
    "constructor",
    "toString.name",
  ];
  assertEquals(
    printed("enqueue", paths.map((path) => `payload.${path}`), { payload }),
    ["zero\t1\t\t\t\t\t"],
  );
});

it("printerOf() keeps a column a column whatever a value holds", () => {
  const title = "a\tb\nc\r\n\u001b]0;x\u0007\u0085\u2028\u009b31m\u0000\\t";
  const [line = "", ...more] = printed("enqueue", ["title", "queue"], { title, queue: "q" });
  assertEquals(more, []);
  assertEquals(line.split("\t"), [
    "a\\tb\\nc\\r\\n\\u001b]0;x\\u0007\\u0085\\u2028\\u009b31m\\u0000\\t",
    "q",
  ]);
  const payload = { [title]: title };
  const [json = "", rest] = printed("enqueue", ["payload", "queue"], { payload, queue: "q" })[0]
    ?.split("\t") ?? [];
  assertEquals([JSON.parse(json), rest], [payload, "q"]);
});

it("printerOf() escapes for a terminal what it would not show", () => {
  const title = "a\u202eb\u200d";
  assertEquals(printed("enqueue", ["title"], { title }), [title]);
  assertEquals(printed("enqueue", ["title"], { title }, true), ["a\\u202eb\\u200d"]);
});

it("printerOf() prints a line for each record of all lists, and one of fields of the answer", () => {
  const answer = {
    total: 2,
    reservations: [{ reservation_id: "r", run_id: "a" }],
    intents: [{ intent_id: "i", run_id: "b" }],
  };
  assertEquals(printed("list", ["run_id", "intent_id", "total"], answer), ["a\t\t2", "b\ti\t2"]);
  assertEquals(printed("list", ["total"], answer), ["2"]);
  assertEquals(printed("list", ["run_id"], { reservations: [], intents: [] }), []);
});

it("printerOf() prints of a no what it has, or nothing", () => {
  const no = { ok: false, status: "empty" };
  assertEquals(printerOf("claim", ["task_id"], false)(no), []);
  assertEquals(printerOf("claim", ["status", "task_id"], false)(no), ["empty\t"]);
});

it("printProblems() names the nearest field, also within another", () => {
  const messages = (command: string, ...fields: string[]) =>
    printProblems(command, fields).map(({ message }) => message);
  assertEquals(messages("claim", "task_id", "task.title", "task.payload.any.thing", "ok"), []);
  assertEquals(messages("claim", "taskid", "title", "task.", "task.title.x", "qqqqqqq"), [
    'names the unknown field "taskid", did you mean task_id?',
    'names the unknown field "title", did you mean task.title?',
    'names the unknown field "task.", did you mean task?',
    'names the unknown field "task.title.x", did you mean task.title?',
    'names the unknown field "qqqqqqq", see "coord help claim"',
  ]);
});

it("coord enqueue --print adds nothing when a field is unknown", async () => {
  using folder = scratch();
  await run(folder.path, ["init"]);
  const { code, out } = await run(folder.path, ["enqueue", "x", "--print", "taskid"]);
  assertEquals({ code, out }, { code: 64, out: "" });
  assertEquals((await run(folder.path, ["tasks", "--print", "total"])).out, "0\n");
});

it("coord --print may stand before the command, and gives back what no reader takes", async () => {
  using folder = scratch();
  await run(folder.path, ["init"]);
  await run(folder.path, ["enqueue", "x", "--run-id", "p"]);
  const claim = ["--print", "task.title", "claim", "--run-id", "a"];
  const gone = await run(folder.path, claim, { readerGoesAfter: 0 });
  assertEquals(gone, { code: 0, out: "", err: "" });
  assertEquals(await run(folder.path, claim), { code: 0, out: "x\n", err: "" });
});
