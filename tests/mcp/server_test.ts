/** How the server begins and ends, and what it makes of lines that no client should write. */
import { main } from "../../src/cli/main.ts";
import { detectHost } from "../../src/host/detect.ts";
import { openOn } from "../../src/workspace/open.ts";
import { assertEquals, assertMatch, assertStringIncludes, it } from "../deps.ts";
import { fakeHost } from "../support/fake/host.ts";
import { Lines, serverIn, workspace } from "../support/program/mcp.ts";

const START = {
  id: 1,
  method: "initialize",
  params: {
    protocolVersion: "2025-06-18",
    capabilities: {},
    clientInfo: { name: "test", version: "1" },
  },
};

/** A message, as a line. */
function line(message: object): string {
  return JSON.stringify({ jsonrpc: "2.0", ...message });
}

/** A call of a tool, as a line. */
function call(id: number, name: string, args: object): string {
  return line({ id, method: "tools/call", params: { name, arguments: args } });
}

/** A server that has begun; `answer` resolves to the message that answers a request. */
async function begun(dir: string) {
  const answers = new Map<number, object>();
  let wake = () => {};
  const server = serverIn(dir, {
    env: { COORD_RUN_ID: "agent-1" },
    onLine(text) {
      const message = JSON.parse(text);
      answers.set(message.id, message);
      wake();
    },
  });
  const answer = async (id: number) => {
    // deno-lint-ignore no-explicit-any
    for (let found: any;;) {
      if ((found = answers.get(id)) !== undefined) return found;
      await new Promise<void>((resolve) => wake = resolve);
    }
  };
  server.input.push(line(START));
  await answer(1);
  server.input.push(line({ method: "notifications/initialized" }));
  return { ...server, answers, answer };
}

async function coordIn(dir: string) {
  return openOn(await detectHost(), { dir });
}

it("the server answers a client of the older revision in that, and ends with its input", async () => {
  const { input, answer, host, code } = await begun(await workspace());
  assertEquals((await answer(1)).result.protocolVersion, "2025-06-18");
  input.end();
  assertEquals([await code, host.err], [0, ""]);
});

it("a call that waits when the input ends takes nothing", async () => {
  const dir = await workspace();
  const { input, code } = await begun(dir);
  input.push(call(2, "coord_task_take", { wait_seconds: 100 }));
  input.end();
  assertEquals(await code, 0);
  const coord = await coordIn(dir);
  await coord.tasks.enqueue({ title: "Lint", runId: "planner" });
  assertEquals((await coord.tasks.list()).pending, 1);
});

it("what was granted is given back when its answer cannot be written", async () => {
  for (
    const [name, args] of [
      ["coord_task_take", {}],
      ["coord_reserve", { addresses: ["a.ts"] }],
    ] as const
  ) {
    const dir = await workspace();
    const coord = await coordIn(dir);
    await coord.tasks.enqueue({ title: "Lint", runId: "planner" });
    const input = new Lines();
    const host = fakeHost({
      args: ["mcp"],
      cwd: dir,
      env: { COORD_RUN_ID: "agent-1" },
      stdin: input,
      readerGoesAfter: 1,
    });
    input.push(line(START));
    input.push(call(2, name, args));
    // Its input is open still.
    assertEquals(await main(host), 0);
    const { live } = await coord.reservations.list();
    assertEquals({ name, free: (await coord.tasks.claim({ runId: "b" })).status, live }, {
      name,
      free: "claimed",
      live: 0,
    });
  }
});

it("a call that its client cancels takes nothing", async () => {
  const dir = await workspace();
  const coord = await coordIn(dir);
  const addresses = ["a.ts"];
  const { reservation_id: id } = await coord.reservations.reserve({ addresses, runId: "agent-2" });
  const held = await coord.reservations.reserve({ addresses, runId: "agent-2", exclusive: true });
  const { input, answer, answers, code } = await begun(dir);
  input.push(call(2, "coord_reserve", { addresses, wait_seconds: 100 }));
  input.push(line({ method: "notifications/cancelled", params: { requestId: 2 } }));
  input.push(call(3, "coord_status", {}));
  await answer(3);
  if (held.status === "reserved") {
    await coord.reservations.release({ id: held.reservation_id, runId: "agent-2" });
  }
  input.end();
  assertEquals(await code, 0);
  const { reservations } = await coord.reservations.list();
  assertEquals(reservations.map(({ reservation_id }) => reservation_id), [id]);
  assertEquals(answers.has(2), false);
});

it("a request whose numbers would be rounded is refused, and other lines are left out", async () => {
  const { input, answer, host, code } = await begun(await workspace());
  input.push("{");
  input.push("");
  input.push('{"id":1}');
  input.push(`"${"x".repeat(600_000)}"`);
  const big = call(2, "coord_task_add", { title: "Lint", payload: { n: 0 } })
    .replace('"n":0', '"n":9007199254740993');
  input.push(big);
  const { error } = await answer(2);
  assertEquals(error.code, -32602);
  assertStringIncludes(error.message, "9007199254740993");
  input.push(line({ id: 3, method: "ping" }));
  assertEquals((await answer(3)).result, {});
  input.end();
  assertEquals(await code, 0);
  assertMatch(
    host.err,
    /^coord: A line is no message: [^\n]+\ncoord: A line is no message: it is not one of JSON-RPC\ncoord: A line is no message: it is too long\n$/,
  );
});

it("a number of another tool's task goes out with the digits that it has", async () => {
  const dir = await workspace();
  const { task_id } = await (await coordIn(dir)).tasks.enqueue({ title: "x", payload: { n: 1 } });
  const { fs } = fakeHost();
  const path = `${dir}/.coord/tasks/${task_id.slice("sha256:".length)}.json`;
  const text = new TextDecoder().decode(fs.read(path));
  fs.remove(path);
  fs.createNew(path, new TextEncoder().encode(text.replace('"n":1', '"n":9007199254740993')));
  const { input, answer, host, code } = await begun(dir);
  input.push(call(2, "coord_task_take", {}));
  await answer(2);
  assertStringIncludes(host.out, '"payload":{"n":9007199254740993}');
  input.end();
  assertEquals(await code, 0);
});

it("SIGTERM ends the server as the end of its input does", async () => {
  const { host, code } = await begun(await workspace());
  host.interrupt();
  assertEquals(await code, 0);
});

it("coord mcp refuses arguments that it does not know", async () => {
  const host = fakeHost({ args: ["mcp", "--tols"] });
  assertEquals(await main(host), 64);
  assertStringIncludes(host.err, "--tols");
});
