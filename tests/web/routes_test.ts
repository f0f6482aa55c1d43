/** What the server answers: a real one, on a port that is free. */
import { assertEquals, it } from "../deps.ts";
import type { Ask } from "../support/program/http.ts";
import { served } from "../support/scene/web.ts";

it("the page comes with a policy that allows its own script alone, and is not kept", async () => {
  using server = await served();
  const { status, headers, body } = await server.get("/");
  const [, nonce] = /script-src 'nonce-([0-9a-f]{32})'/.exec(
    headers["content-security-policy"] ?? "",
  ) ?? [];
  assertEquals(status, 200);
  assertEquals(body.includes(`<script nonce="${nonce}" type="module">`), true);
  assertEquals(body.includes("__NONCE__"), false);
  assertEquals(headers["content-security-policy"]?.includes("frame-ancestors 'none'"), true);
  const { "cache-control": cache, "x-content-type-options": type, "referrer-policy": referrer } =
    headers;
  assertEquals({ cache, type, referrer }, {
    cache: "no-store",
    type: "nosniff",
    referrer: "no-referrer",
  });
  const again = await server.get("/");
  assertEquals(again.headers["content-security-policy"]?.includes(`${nonce}`), false);
  assertEquals(Object.keys(headers).filter((name) => name.startsWith("access-control")), []);
});

const EVIL = ["origin", "http://evil.example"] as const;

/** Requests that must be refused; all but the first two have the token. */
const FOREIGN: Readonly<Record<string, Ask>> = {
  "a wrong token": { path: "/?token=x" },
  "no token, for what is not there": { path: "/nothing" },
  "a foreign host": { path: "/", headers: [["host", "evil.example"]] },
  "a host of another port": { path: "/", headers: [["host", "127.0.0.1:1"]] },
  "a foreign origin": { path: "/", headers: [EVIL] },
  "the origin null": { path: "/events", headers: [["origin", "null"]] },
  "a POST without an origin": { path: "/control", method: "POST" },
  "a question before a POST of another site": {
    path: "/control",
    method: "OPTIONS",
    headers: [EVIL, ["access-control-request-method", "POST"]],
  },
};

it("what is foreign is refused, and nothing is said", async () => {
  using server = await served({ control: true });
  for (const [what, request] of Object.entries(FOREIGN)) {
    const token = what.includes("token") ? [] : [["x-coord-token", server.token] as const];
    const headers = [...request.headers ?? [], ...token];
    const { status, body, headers: said } = await server.ask({ ...request, headers });
    const cors = Object.keys(said).filter((name) => name.startsWith("access-control"));
    assertEquals({ what, status, body, cors }, { what, status: 403, body: "", cors: [] });
  }
});

it("record, log and tasks answer as their verbs do", async () => {
  using server = await served();
  const json = async (path: string) => {
    const { status, body } = await server.get(path);
    return { http: status, ...JSON.parse(body) };
  };
  const record = await json(`/record?id=${server.id}`);
  assertEquals([record.http, record.ok, record.kind, record.claim.claimer_run_id], [
    200,
    true,
    "task",
    "agent-1",
  ]);
  const log = await json("/log?limit=1&kind=task");
  assertEquals([log.total, log.events.length, log.events[0].event], [2, 1, "claimed"]);
  const tasks = await json("/tasks?status=claimed&status=failed&queue=default");
  assertEquals(tasks.items.map((each: { task_id: string }) => each.task_id), [server.id]);
  const absent = await json(`/record?id=sha256:${"0".repeat(64)}`);
  assertEquals([absent.http, absent.ok, absent.status, absent.exit_code], [
    200,
    false,
    "not_found",
    4,
  ]);
  for (const path of ["/log?limit=501", "/tasks?limit=0", "/log?kind=x", "/tasks?status=x"]) {
    const { ok, status } = await json(path);
    assertEquals({ path, ok, status }, { path, ok: false, status: "bad_args" });
  }
});

it("there is nothing at other paths, and no file can be reached", async () => {
  using server = await served();
  for (const path of ["/x", "/..", "/%2e%2e/%2e%2e/etc/passwd", "//127.0.0.1/", "/page.ts"]) {
    const { status, body } = await server.get(path);
    assertEquals({ path, status, body }, { path, status: 404, body: "" });
  }
});

it("the page only reads without --control", async () => {
  using server = await served();
  const { status, body } = await server.post(JSON.stringify({ action: "cancel", id: server.id }));
  assertEquals({ status, body }, { status: 403, body: "" });
  assertEquals((await server.coord.tasks.list({ status: "claimed" })).matched, 1);
});

it("control does what the verbs do, by force, and the log has it under the server's run id", async () => {
  using server = await served({ control: true, runId: "web-me" });
  const { coord } = server;
  const doing = async (body: object) => JSON.parse((await server.post(JSON.stringify(body))).body);
  const requeued = await doing({ action: "requeue", id: server.id, reason: "again" });
  assertEquals([requeued.ok, requeued.status], [true, "requeued"]);
  const cancelled = await doing({ action: "cancel", id: server.id });
  assertEquals([cancelled.ok, cancelled.status], [true, "cancelled"]);
  const reserved = await coord.reservations.reserve({
    addresses: ["src/a.ts"],
    runId: "agent-2",
    exclusive: true,
  });
  if (reserved.status !== "reserved") throw new Error("it is not reserved");
  const released = await doing({ action: "release", id: reserved.reservation_id });
  assertEquals([released.ok, released.status], [true, "released"]);
  await coord.lanes.acquire({ lane: "api", owner: "agent-3", ttl: 60 });
  const lane = await doing({ action: "release", id: "lane:api" });
  assertEquals([lane.ok, lane.status], [true, "released"]);
  assertEquals((await coord.lanes.live({ all: true })).leases, []);
  const { events } = await coord.log({ runId: "web-me" });
  assertEquals(events.map(({ kind, event }) => `${kind} ${event}`).sort(), [
    "lane adopted",
    "lane released",
    "reservation released",
    "task cancelled",
    "task requeued",
  ]);
});

it("control says no as the verbs do", async () => {
  using server = await served({ control: true });
  const doing = async (body: object) => JSON.parse((await server.post(JSON.stringify(body))).body);
  const none = await doing({ action: "cancel", id: `sha256:${"0".repeat(64)}` });
  assertEquals([none.ok, none.status], [false, "not_found"]);
  const free = await doing({ action: "release", id: "lane:free" });
  assertEquals([free.ok, free.exit_code], [false, 1]);
});

const NO_REASON = "reason is kept of a requeue, and of the release of a reservation";

/** What is wrong with what a page might send. */
const BODIES: readonly (readonly [body: string, problem: string])[] = [
  ["", "body must be JSON"],
  ["[]", "body must be an object"],
  [`{"action":"drop","id":"x"}`, "action must be one of requeue, cancel, release"],
  [`{"action":"cancel"}`, "id must be a string"],
  [`{"action":"release","id":"x","reason":1}`, "reason must be a string"],
  [`{"action":"cancel","id":"x","reason":"y"}`, NO_REASON],
  [`{"action":"release","id":"lane:x","reason":"y"}`, NO_REASON],
  [
    `{"action":"cancel","id":"x","__proto__":{}}`,
    "body has fields other than action, id and reason",
  ],
];

it("control says what is wrong with a body", async () => {
  using server = await served({ control: true });
  for (const [body, problem] of BODIES) {
    const came = await server.post(body);
    const { ok, status, error } = JSON.parse(came.body);
    assertEquals({ http: came.status, ok, status, error }, {
      http: 400,
      ok: false,
      status: "bad_args",
      error: problem,
    });
  }
});

it("control takes JSON alone, and by POST", async () => {
  using server = await served({ control: true });
  const headers = [["x-coord-token", server.token], [
    "origin",
    `http://127.0.0.1:${server.port}`,
  ]] as const;
  const body = JSON.stringify({ action: "cancel", id: server.id });
  const form = [...headers, ["content-type", "text/plain"]] as const;
  const request = { path: "/control", method: "POST", body } as const;
  assertEquals((await server.ask({ ...request, headers: form })).status, 415);
  assertEquals((await server.ask({ ...request, headers })).status, 415);
  assertEquals((await server.ask({ path: "/control", headers })).status, 405);
  assertEquals((await server.ask({ path: "/", method: "POST", headers })).status, 405);
  assertEquals((await server.coord.tasks.list({ status: "claimed" })).matched, 1);
});

it("a port that another program has is an error of the machine", async () => {
  using server = await served();
  try {
    using _second = await served({ port: server.port });
    throw new Error("both listen");
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    assertEquals({ code, message }, {
      code: "io_error",
      message: `Cannot listen on "127.0.0.1:${server.port}": another program has it (EADDRINUSE)`,
    });
  }
});
