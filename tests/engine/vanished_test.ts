import { openFilesOn } from "../../src/workspace/open.ts";
import { initWorkspace } from "../../src/adapters/fs/layout.ts";
import { detectHost } from "../../src/host/detect.ts";
import { SAFETY_LOOK_MS } from "../../src/domain/limits.ts";
import { assert_, assertEquals, it } from "../deps.ts";
import { makeTempDir, removeTree } from "../support/scene/scratch.ts";

const host = await detectHost();

/** A workspace that is removed while a call waits in it; returns what the call ended with. */
async function vanishing(call: (coord: ReturnType<typeof openFilesOn>) => Promise<unknown>) {
  const project = makeTempDir();
  const { path } = initWorkspace(host, project);
  const coord = openFilesOn(host, { dir: project });
  const running = call(coord).catch((error: unknown) => error);
  await new Promise((resolve) => setTimeout(resolve, 50));
  removeTree(path);
  const { code } = await running as { code?: unknown };
  return { code, again: host.fs.lstat(path) };
}

const GONE = { code: "no_workspace", again: undefined };

it("claim() that waits ends when the workspace is removed, and makes nothing again", async () => {
  const start = performance.now();
  assertEquals(await vanishing((coord) => coord.tasks.claim({ runId: "a", wait: 30 })), GONE);
  const took = performance.now() - start;
  assert_(took < SAFETY_LOOK_MS / 2, `it ended after ${took} ms`);
});

it("watch() ends when the workspace is removed, notified or not", async () => {
  for (const backend of ["auto", "poll"] as const) {
    const ended = await vanishing(async (coord) => {
      for await (const event of coord.watch({ backend, pollInterval: 0.05, timeout: 30 })) {
        assertEquals(event, undefined);
      }
    });
    assertEquals(ended, GONE);
  }
});

it("a hold is lost with no_workspace when the workspace is removed", async () => {
  const lost = (signal: AbortSignal) =>
    new Promise((resolve) => {
      if (signal.aborted) resolve(signal.reason);
      signal.addEventListener("abort", () => resolve(signal.reason));
    });
  const holds = [
    async (coord: ReturnType<typeof openFilesOn>) => {
      await coord.tasks.enqueue({ title: "t", runId: "a" });
      const hold = await coord.tasks.hold({ runId: "a", claimTtl: 3 });
      return hold.status === "held" ? lost(hold.lost) : undefined;
    },
    async (coord: ReturnType<typeof openFilesOn>) => {
      const hold = await coord.reservations.hold({ addresses: ["a"], runId: "a", ttl: 3 });
      return hold.status === "held" ? lost(hold.lost) : undefined;
    },
    async (coord: ReturnType<typeof openFilesOn>) => {
      const hold = await coord.lanes.hold({ tree: ["a"], owner: "a", ttl: 3 });
      return hold.status === "held" ? lost(hold.lost) : undefined;
    },
  ];
  assertEquals(await Promise.all(holds.map((hold) => vanishing(hold))), holds.map(() => GONE));
});

it("no call makes a workspace again that was removed", async () => {
  const project = makeTempDir();
  const { path } = initWorkspace(host, project);
  const coord = openFilesOn(host, { dir: project });
  await coord.tasks.enqueue({ title: "t", runId: "a" });
  removeTree(path);
  const calls = [
    () => coord.tasks.enqueue({ title: "t", runId: "a" }),
    () => coord.tasks.claim({ runId: "a" }),
    () => coord.tasks.list(),
    () => coord.reservations.reserve({ addresses: ["a"], runId: "a" }),
    () => coord.reservations.reserve({ addresses: ["a"], runId: "a", exclusive: true }),
    () => coord.reservations.intent({ addresses: ["a"], runId: "a", operation: "modify" }),
    () => coord.reservations.list(),
    () => coord.lanes.acquire({ tree: ["a"], owner: "a" }),
    () => coord.lanes.live(),
    () => coord.status(),
    () => coord.gc({ execute: true }),
  ];
  const codes = [];
  for (const call of calls) {
    codes.push(await call().then(() => "answered", (error: { code?: unknown }) => error.code));
  }
  assertEquals(codes, calls.map(() => "no_workspace"));
  assertEquals(host.fs.lstat(path), undefined);
});
