/** A workspace that is served, with a task that a run has. */
import type { ServeInput } from "../../../src/commands/command.ts";
import { serveFleet } from "../../../src/web/serve.ts";
import { type Ask, ask, EventReader } from "../program/http.ts";
import { workspace } from "./workspace.ts";

/** Serves a new workspace until it is disposed of. */
export async function served(how: ServeInput = {}) {
  const scene = await workspace();
  const { coord, clock } = scene;
  await coord.tasks.enqueue({ title: "Refactor billing", runId: "planner" });
  const claimed = await coord.tasks.claim({ runId: "agent-1" });
  if (claimed.status === "empty") throw new Error("there is no task");
  const end = new AbortController();
  const { url, port, run_id } = await serveFleet(coord, how, clock.now, end.signal);
  const token = new URL(url).searchParams.get("token") ?? "";
  return {
    ...scene,
    id: claimed.task_id,
    url,
    port,
    token,
    run_id,
    end: () => end.abort(),
    [Symbol.dispose]: () => end.abort(),
    ask: (request: Ask) => ask(port, request),
    /** A request with the token. */
    get: (path: string) => ask(port, { path, headers: [["x-coord-token", token]] }),
    /** What the page asks to be done. */
    post: (body: string, headers: Ask["headers"] = []) =>
      ask(port, {
        method: "POST",
        path: "/control",
        headers: [
          ["x-coord-token", token],
          ["origin", `http://127.0.0.1:${port}`],
          ["content-type", "application/json"],
          ...headers,
        ],
        body,
      }),
    events: () => new EventReader(port, `/events?token=${token}`),
  };
}
