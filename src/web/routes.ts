/** What the server answers, by path. */
import { badInput } from "../domain/errors.ts";
import { jsonLine } from "../domain/json.ts";
import type { Clock } from "../domain/time.ts";
import type { Coord } from "../engine/coord.ts";
import type { LogKind } from "../engine/watch/log.ts";
import type { TaskStatus } from "../domain/task/task.ts";
import type { HttpReply, HttpRequest } from "../host/people/http.ts";
import { enveloped } from "../cli/envelope.ts";
import { exitCodeOfValue, failureOf } from "../cli/exit_codes.ts";
import { fulfil, wishIn } from "./control.ts";
import type { FleetPages } from "./follow.ts";
import { type Passed, passed } from "./guard.ts";
import { PAGE } from "./page/page.ts";

/** Streams at a time. */
const STREAMS = 16;

/** Bytes of what a page asks to be done. */
const BODY_BYTES = 4_096;

/** What a page lists at most, and where it does not say how much. */
const LISTED = { max: { log: 500, tasks: 200 }, default: 100 } as const;

/** What every answer bears. */
const HEADERS = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "x-frame-options": "DENY",
} as const;

/** The policy of all that is no page. */
const NOTHING_ALLOWED = "default-src 'none'; frame-ancestors 'none'";

/** What the server works with. */
export interface Served {
  readonly coord: Coord;
  readonly pages: FleetPages;
  readonly clock: Clock;
  readonly port: number;
  readonly token: string;
  readonly control: boolean;
  readonly runId: string;
  /** What a page is first sent. */
  readonly hello: object;
}

/** Answers one request. */
export async function respond(
  request: HttpRequest,
  reply: HttpReply,
  served: Served,
): Promise<void> {
  const asked = passed(request, served);
  if (asked === undefined) return refuse(reply, 403);
  const { path, query } = asked;
  if (path === "/control") return await control(request, reply, served);
  const answers: Readonly<Record<string, () => void | Promise<void>>> = {
    "/": () => sendPage(reply),
    "/events": () => stream(reply, served),
    "/record": () => answer(reply, served, () => served.coord.show(query.get("id") ?? "")),
    "/log": () => answer(reply, served, () => served.coord.log(logInput(query))),
    "/tasks": () => answer(reply, served, () => served.coord.tasks.list(tasksInput(query))),
  };
  const body = Object.hasOwn(answers, path) ? answers[path] : undefined;
  if (body === undefined) return refuse(reply, 404);
  if (request.method !== "GET") return refuse(reply, 405);
  await body();
}

/** Says no, and nothing else. */
function refuse(reply: HttpReply, status: number): void {
  reply.send({
    status,
    headers: { ...HEADERS, "content-security-policy": NOTHING_ALLOWED },
    body: "",
  });
}

function sendPage(reply: HttpReply): void {
  const nonce = crypto.randomUUID().replaceAll("-", "");
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src 'nonce-${nonce}'`,
    "connect-src 'self'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  reply.send({
    status: 200,
    headers: {
      ...HEADERS,
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": policy.join("; "),
    },
    body: PAGE.replaceAll("__NONCE__", nonce),
  });
}

function stream(reply: HttpReply, { pages, hello }: Served): void {
  if (pages.size >= STREAMS) return refuse(reply, 503);
  const headers = {
    ...HEADERS,
    "content-type": "text/event-stream; charset=utf-8",
    "content-security-policy": NOTHING_ALLOWED,
  };
  const opened = reply.stream(headers, {
    onReady: () => pages.ready(opened),
    onEnd: () => pages.close(opened),
  });
  pages.open(opened, hello);
}

/** Answers as a verb does with `--json`; a failure is an answer too. */
async function answer(
  reply: HttpReply,
  { clock }: Pick<Served, "clock">,
  ask: () => Promise<object>,
  status?: number,
): Promise<void> {
  const start = performance.now();
  let value: object;
  let exitCode: number;
  try {
    value = await ask();
    exitCode = exitCodeOfValue(value);
  } catch (thrown) {
    const failure = failureOf(thrown);
    value = { error: failure.error, status: failure.status, ...failure.details };
    exitCode = failure.exitCode;
  }
  const durationMs = performance.now() - start;
  const call = { exitCode, durationMs, now: clock(), warnings: [], status: "ok" };
  reply.send({
    status: status ?? 200,
    headers: {
      ...HEADERS,
      "content-type": "application/json; charset=utf-8",
      "content-security-policy": NOTHING_ALLOWED,
    },
    body: `${jsonLine(enveloped(value, call))}\n`,
  });
}

async function control(request: HttpRequest, reply: HttpReply, served: Served): Promise<void> {
  if (!served.control) return refuse(reply, 403);
  if (request.method !== "POST") return refuse(reply, 405);
  const [type = ""] = request.values("content-type");
  if (!/^application\/json *(;|$)/i.test(type)) return refuse(reply, 415);
  const body = await request.body(BODY_BYTES);
  if (body === undefined) return refuse(reply, 413);
  const asked = wishIn(body);
  if (asked instanceof Error) {
    return await answer(reply, served, () => Promise.reject(asked), 400);
  }
  await answer(reply, served, () => fulfil(served.coord, asked, served.runId));
}

/** What a query asks of the log; the engine checks it. */
function logInput(query: Passed["query"]) {
  const run = query.get("run_id");
  const kind = query.get("kind");
  return {
    limit: limitIn(query, LISTED.max.log),
    ...(run !== null && { runId: run }),
    ...(kind !== null && { kind: kind as LogKind }),
  };
}

function tasksInput(query: Passed["query"]) {
  const status = query.getAll("status") as TaskStatus[];
  const queue = query.get("queue");
  return {
    limit: limitIn(query, LISTED.max.tasks),
    ...(status.length > 0 && { status }),
    ...(queue !== null && { queue }),
  };
}

function limitIn(query: Passed["query"], max: number): number {
  const asked = query.get("limit");
  if (asked === null) return LISTED.default;
  const limit = /^\d{1,4}$/.test(asked) ? Number(asked) : 0;
  if (limit >= 1 && limit <= max) return limit;
  const message = `must be a number from 1 to ${max}`;
  throw badInput([{ field: "limit", code: "bad_args", message }]);
}
