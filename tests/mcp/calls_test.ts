/** Each tool and each resource, by the client of the SDK, in both eras of the protocol. */
import { assert_, assertEquals, assertRejects, assertStringIncludes, it } from "../deps.ts";
import { ERAS, serve, updates, workspace } from "../support/program/mcp.ts";
import { makeTempDir } from "../support/scene/scratch.ts";

const [legacy] = ERAS;

for (const era of ERAS) {
  it(`coord_reserve refuses as a result what another run holds, and coord_release gives it back (${era})`, async () => {
    const dir = await workspace();
    const served = await serve(dir, { era });
    const { call } = served;
    assertEquals(served.client.getNegotiatedProtocolVersion(), era);
    const held = await call("coord_reserve", {
      addresses: ["src/a.ts"],
      note: "rename",
      run_id: "agent-1",
    });
    assertEquals(
      [held.isError, held.value.ok, held.value.run_id, held.value.status, held.value.addresses],
      [false, true, "agent-1", "reserved", ["src/a.ts"]],
    );
    const again = await call("coord_reserve", { addresses: ["src/a.ts"], run_id: "agent-1" });
    assertEquals(again.value.reservation_id, held.value.reservation_id);
    const refused = await call("coord_reserve", { addresses: ["src/**"], run_id: "agent-2" });
    assertEquals(
      [refused.isError, refused.value.ok, refused.value.status, refused.value.conflicts[0].run_id],
      [false, false, "conflict", "agent-1"],
    );
    assertStringIncludes(refused.text, "agent-1");
    const notice = await call("coord_reserve", {
      addresses: ["src/**"],
      exclusive: false,
      op: "rename",
      ttl: 60,
      run_id: "agent-2",
    });
    assertEquals([notice.value.ok, notice.value.conflicts_total], [true, 1]);
    const ids = [held.value.reservation_id, notice.value.reservation_id, "sha256:abcdef"];
    const some = await call("coord_release", { ids, run_id: "agent-1" });
    assertEquals(
      [some.isError, some.value.ok, some.value.released],
      [false, false, [held.value.reservation_id]],
    );
    assertEquals(
      some.value.refused.map(({ status }: { status: string }) => status),
      ["not_holder", "not_found"],
    );
    const rest = await call("coord_release", { all: true, run_id: "agent-2" });
    assertEquals(rest.value, {
      ok: true,
      run_id: "agent-2",
      status: "released",
      released: [notice.value.reservation_id],
    });
    assertEquals(await served.end(), 0);
    assertEquals(served.errors(), "");
  });

  it(`a task is added, taken by one agent, and ended (${era})`, async () => {
    const served = await serve(await workspace(), { era });
    const { call } = served;
    const task = { title: "Lint", payload: { n: 1 }, queue: "checks", tags: ["fast"], priority: 2 };
    const added = await call("coord_task_add", { ...task, key: "lint", run_id: "planner" });
    const { task_id } = added.value;
    assertEquals(added.value, {
      ok: true,
      run_id: "planner",
      status: "ok",
      task_id,
      queue: "checks",
      existing: false,
    });
    const twice = await call("coord_task_add", { ...task, key: "lint", run_id: "planner" });
    assertEquals([twice.value.task_id, twice.value.existing], [task_id, true]);
    const other = await call("coord_task_add", { ...task, key: "lint", title: "Other" });
    assertEquals([other.isError, other.value.ok, other.value.status], [
      false,
      false,
      "key_conflict",
    ]);
    const after = await call("coord_task_add", { title: "Ship", after: [task_id] });

    const none = await call("coord_task_take", { queue: "checks", tags: ["slow"] });
    assertEquals([none.isError, none.value.ok, none.value.task, none.value.status], [
      false,
      false,
      null,
      "empty",
    ]);
    const took = await call("coord_task_take", {
      queue: "checks",
      tags: ["fast"],
      claim_ttl: 60,
      run_id: "agent-1",
    });
    assertEquals([took.value.task.payload, took.value.claim.token], [{ n: 1 }, 1]);
    const stolen = await call("coord_task_end", { task_id, outcome: "done", run_id: "agent-2" });
    assertEquals([stolen.isError, stolen.value.ok, stolen.value.status], [
      false,
      false,
      "not_holder",
    ]);
    const back = await call("coord_task_end", {
      task_id,
      outcome: "release",
      note: "lunch",
      run_id: "agent-1",
    });
    assertEquals([back.value.ok, back.value.status], [true, "pending"]);
    assert_(typeof back.value.next_attempt_at === "string");
    await call("coord_task_take", { queue: "checks", run_id: "agent-2" });
    const done = await call("coord_task_end", {
      task_id,
      outcome: "done",
      result: { passed: 12 },
      note: "all green",
      run_id: "agent-2",
    });
    assertEquals(done.value, { ok: true, run_id: "agent-2", status: "completed", task_id });
    // What waited for it may be taken now, and fails.
    const next = await call("coord_task_take", { run_id: "agent-1", wait_seconds: 50 });
    assertEquals(next.value.task.task_id, after.value.task_id);
    const failed = await call("coord_task_end", {
      task_id: after.value.task_id,
      outcome: "fail",
      error: "no network",
      run_id: "agent-1",
    });
    assertEquals([failed.value.ok, failed.value.status], [true, "failed"]);
    assertEquals(await served.end(), 0);
    assertEquals(served.errors(), "");
  });

  it(`a resource that has changed is said to who subscribed to it, and to no other (${era})`, async () => {
    const dir = await workspace();
    const [served, other] = await Promise.all([serve(dir, { era }), serve(dir, { era })]);
    const { client } = served;
    const changed = updates(client);
    const uri = "coord://tasks";
    if (era === legacy) await client.subscribeResource({ uri });
    else await client.listen({ resourceSubscriptions: [uri] });
    // Another resource changes first; then, by another server, the one that is meant.
    await served.call("coord_reserve", { addresses: ["a.ts"] });
    const { value } = await other.call("coord_task_add", { title: "Lint" });
    assertEquals(await changed.next(), uri);
    const { contents: [content] } = await client.readResource({ uri });
    const text = content !== undefined && "text" in content ? content.text : "";
    assertEquals(JSON.parse(text).items[0].task_id, value.task_id);
    assertEquals(await Promise.all([served.end(), other.end()]), [0, 0]);
    assertEquals(served.errors(), "");
  });

  it(`what is no tool, no resource or a bad argument is an error that says what to do (${era})`, async () => {
    const served = await serve(await workspace(), { era });
    const { call, client } = served;
    const bad = await call("coord_reserve", { adresses: ["a.ts"], ttl: 0, op: "burn" });
    assertEquals([bad.isError, bad.value.ok, bad.value.status], [true, false, "bad_args"]);
    assertStringIncludes(bad.text, "adresses is unknown, did you mean addresses?");
    assertStringIncludes(bad.text, "ttl must be between 1 and");
    assertStringIncludes(bad.text, "op must be one of");
    assertStringIncludes(bad.text, "addresses is required");
    const texts = await Promise.all([
      call("coord_reserve", { addresses: ["../x"] }),
      call("coord_reserve", { addresses: ["a"], exclusive: false, wait_seconds: 1 }),
      call("coord_release"),
      call("coord_release", { all: true, ids: ["abcdef"] }),
      call("coord_release", { ids: ["xyz"] }),
      call("coord_release", { ids: [] }),
      call("coord_task_take", { tags: ["a", "b"], wait_seconds: 101 }),
      call("coord_task_take", { tags: [] }),
      call("coord_task_end", { task_id: "abcdef", outcome: "done", error: "x" }),
      call("coord_task_end", { task_id: "abcdef", outcome: "fail", result: {} }),
      call("coord_status", { mine: "yes", run_id: "unknown" }),
      call("coord_status", { mine: true, addresses: ["a.ts"] }),
      call("coord_task_end", { task_id: "abcdef", outcome: "done" }),
    ]);
    assertEquals(texts.map(({ isError }) => isError), texts.map(() => true));
    assertEquals(texts.map(({ value }) => value.status).slice(4), [
      "bad_id",
      "bad_id",
      "bad_args",
      "bad_args",
      "bad_args",
      "bad_args",
      "bad_args",
      "bad_args",
      "not_found",
    ]);
    await assertRejects(() => call("coord_burn"));
    await assertRejects(() => client.readResource({ uri: "coord://burn" }));
    if (era === legacy) {
      await assertRejects(() => client.subscribeResource({ uri: "coord://burn" }));
    }
    await served.end();
  });
}

it("coord_status says who holds what, of all and of one run, and of addresses", async () => {
  const dir = await workspace();
  const served = await serve(dir, { env: { COORD_RUN_ID: "agent-1" } });
  const { call, client } = served;
  await call("coord_reserve", { addresses: ["a.ts"], note: "rename" });
  await call("coord_reserve", { addresses: ["b.ts"], run_id: "agent-2" });
  await call("coord_task_add", { title: "Lint", priority: 1 });
  await call("coord_task_add", { title: "Ship" });
  await call("coord_task_take");
  const all = (await call("coord_status")).value;
  assertEquals([all.holds_total, all.tasks, all.lanes, all.who_total], [
    2,
    { pending: 1, running: 1 },
    [],
    2,
  ]);
  const mine = (await call("coord_status", { mine: true })).value;
  assertEquals(
    [mine.holds[0].addresses, mine.holds[0].note, mine.who[0].task.title],
    [["a.ts"], "rename", "Lint"],
  );
  const status = async (...addresses: string[]) => {
    const { isError, value } = await call("coord_status", { addresses });
    return [isError, value.ok, value.status];
  };
  assertEquals(
    [await status("a.ts"), await status("b.ts"), await status("c.ts")],
    [[false, true, "mine"], [false, false, "held"], [false, true, "free"]],
  );
  const { contents: [holds] } = await client.readResource({ uri: "coord://holds" });
  const text = holds !== undefined && "text" in holds ? holds.text : "{}";
  assertEquals(JSON.parse(text).reservations.length, 2);
  const { contents: [counts] } = await client.readResource({ uri: "coord://status" });
  assertStringIncludes(counts !== undefined && "text" in counts ? counts.text : "", "workspace");
  await served.end();
});

it("a run is who the call, the environment or the host says; else one of the server alone", async () => {
  const dir = await workspace();
  const [named, codex, unnamed] = await Promise.all([
    serve(dir, { env: { CLAUDE_CODE_SESSION_ID: "S" } }),
    serve(dir),
    serve(dir),
  ]);
  const who = async (served: typeof named, args: object = {}, meta?: object) =>
    (await served.call("coord_status", args, meta)).value.run_id;
  assertEquals(
    [
      await who(named),
      await who(named, { run_id: "agent-1" }),
      await who(codex, {}, { threadId: "T" }),
    ],
    ["claude:S", "agent-1", "codex:T"],
  );
  const [own, other] = [await who(unnamed), await who(codex)];
  assert_(/^mcp:[\w-]+$/.test(own) && own === await who(unnamed) && own !== other, own);
  // A subagent's hook has a hold of its own; its session is in no way of it.
  await named.call("coord_reserve", { addresses: ["a.ts"], run_id: "claude:S/A" });
  assertEquals((await named.call("coord_reserve", { addresses: ["a.ts"] })).value.ok, true);
  // One that is not named may be another run for its hooks, which is said where it matters.
  const refused = await unnamed.call("coord_reserve", { addresses: ["a.ts"] });
  const granted = await unnamed.call("coord_reserve", { addresses: ["b.ts"] });
  for (const { value } of [refused, granted]) {
    assertStringIncludes(value.warnings.join(), "give that as run_id");
  }
  assertEquals((await unnamed.call("coord_status")).value.warnings, undefined);
  await Promise.all([named.end(), codex.end(), unnamed.end()]);
});

it("a server without a workspace says so at each call, and finds the one that is made later", async () => {
  const dir = makeTempDir();
  const served = await serve(dir, { env: { COORD_RUN_ID: "agent-1" } });
  const { client, call } = served;
  const changed = updates(client);
  await client.subscribeResource({ uri: "coord://tasks" });
  const none = await call("coord_status");
  assertEquals([none.isError, none.value.ok, none.value.status], [true, false, "no_workspace"]);
  assertStringIncludes(served.errors(), "Changes are not noticed");
  const { initOn } = await import("../../src/workspace/open.ts");
  const { detectHost } = await import("../../src/host/detect.ts");
  initOn(await detectHost(), dir, {});
  await client.subscribeResource({ uri: "coord://tasks" });
  assertEquals((await call("coord_task_add", { title: "Lint" })).value.ok, true);
  assertEquals(await changed.next(), "coord://tasks");
  assertEquals(await served.end(), 0);
});
