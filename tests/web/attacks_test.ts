/** Programs on this machine that know no token, and mean no good or speak no HTTP. */
import { assertEquals, it, itIf } from "../deps.ts";
import { isHeavy } from "../support/length.ts";
import { requestText, sendRaw } from "../support/program/http.ts";
import { until } from "../support/race/processes.ts";
import { served } from "../support/scene/web.ts";

const itHeavy = itIf(isHeavy(), "it waits for seconds, only with COORD_HEAVY=1");

/** Milliseconds after which a request that does not arrive has been given up, with room for a busy machine. */
const GIVEN_UP_MS = 30_000;

it("what is no request, or one that is too long, ends its connection, and the server goes on", async () => {
  using server = await served();
  const { port, token } = server;
  const long = "a".repeat(20_000);
  const texts = [
    "\r\n\r\n\0\0\0",
    "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03", // TLS
    `GET / HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nx: ${long}\r\n\r\n`,
    `GET /?token=${token}&x=${long} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n\r\n`,
    requestText(port, { path: "/", headers: [["x", "a\r\n b"]] }),
    requestText(port, { path: "/", headers: [["origin", "a\rb: c"]] }),
    `POST /control HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab`,
    `POST /control HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n`,
  ];
  for (const text of texts) {
    const { status, body } = await sendRaw(port, text);
    // A reason in the status is the runtime's own; nothing of the workspace is said.
    assertEquals({ text, isNo: status === 0 || status >= 400, body: body.includes("coord") }, {
      text,
      isNo: true,
      body: false,
    });
  }
  assertEquals((await server.get("/")).status, 200);
});

it("a line break in what is asked for makes no header", async () => {
  using server = await served();
  const { status, headers } = await server.get(
    "/log?limit=1%0d%0aset-cookie:%20a=b&kind=%0d%0ax:%20y",
  );
  assertEquals({ status, cookie: headers["set-cookie"], x: headers["x"] }, {
    status: 200,
    cookie: undefined,
    x: undefined,
  });
});

it("a body that is too long is refused before it has come", async () => {
  using server = await served({ control: true });
  const id = "a".repeat(5_000);
  const { status, body } = await server.post(JSON.stringify({ action: "cancel", id }));
  assertEquals({ status, body }, { status: 413, body: "" });
  assertEquals((await server.get("/")).status, 200);
});

itHeavy("a request that comes too slowly is given up, its head and its body", async () => {
  using server = await served({ control: true });
  const { port, token } = server;
  const start = performance.now();
  const head = `GET / HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n`;
  const headers = [
    ["x-coord-token", token],
    ["origin", `http://127.0.0.1:${port}`],
    ["content-type", "application/json"],
    ["content-length", "100"],
  ] as const;
  const begun = requestText(port, { method: "POST", path: "/control", headers });
  const ended = await Promise.all([sendRaw(port, head), sendRaw(port, `${begun}{`)]);
  assertEquals(performance.now() - start < GIVEN_UP_MS, true);
  assertEquals(ended.map(({ status }) => status >= 400), [true, true]);
});

it("connections that say nothing keep no one out for long, and do not pile up", async () => {
  using server = await served();
  let closed = 0;
  const silent = Array.from({ length: 100 }, async () => {
    await sendRaw(server.port, "");
    closed++;
  });
  // Those beyond the bound are closed at once. Then all have come: who is still on its way when the server
  // ends may hear nothing of that.
  await until("those beyond 64 are closed", () => closed >= 36);
  server.end();
  await Promise.all(silent);
});
