import { readHead } from "../../../../src/adapters/fs/task/claim_chain.ts";
import { ClaimFiles } from "../../../../src/adapters/fs/task/claim_files.ts";
import { FsRecordSource } from "../../../../src/adapters/fs/watch/record_source.ts";
import type { CoordError } from "../../../../src/domain/errors.ts";
import { HostError } from "../../../../src/ports/host.ts";
import type { RecordHint } from "../../../../src/adapters/fs/watch/records.ts";
import { assert_, assertEquals, assertMatch, assertRejects, it } from "../../../deps.ts";
import { WatchWorkspace } from "../../../support/scene/watch_workspace.ts";
import { jsonOf } from "../../../support/scene/event_data.ts";

const HEX = "ab".repeat(32);
const ID = `sha256:${HEX}`;

/** Runs a test in a workspace of its own. */
function inWorkspace(name: string, body: (workspace: WatchWorkspace) => Promise<void> | void) {
  it(name, async () => {
    const workspace = await WatchWorkspace.create();
    try {
      await body(workspace);
    } finally {
      workspace.delete();
    }
  });
}

/** Waits for something that must happen within five seconds. */
async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (!holds()) {
    assert_(performance.now() < deadline, "it did not happen");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function claimAt(transition: number, status = "claimed", expires = "2099-01-01T00:00:00.000Z") {
  return {
    task_id: ID,
    claimer_run_id: "agent-1",
    claimed_at: "2026-11-21T09:00:00.000Z",
    expires_at: expires,
    heartbeat_at: "2026-11-21T09:00:00.000Z",
    status,
    claim_nonce: `n${transition}`,
    attempt: 1,
    fence: 1,
    transition,
    result: null,
    error: null,
  };
}

/** What a look found, in a word: the transition, or the kind of answer. */
function transitionOf(workspace: WatchWorkspace, known?: string): unknown {
  const before = workspace.source.look("claim", ID, known);
  const listing = workspace.source.list("claim");
  const listed = listing.ids.includes(ID) ? listing.look(ID, known) : { kind: "gone" } as const;
  const direct = workspace.source.look("claim", ID, known);
  // A version says whether its file has just changed, so it may differ once, as time goes on.
  const isEarlier = JSON.stringify(listed) === JSON.stringify(before);
  assertEquals(listed, isEarlier ? before : direct, "a listing and a look agree");
  return direct.kind === "record" ? direct.data.transition : direct.kind;
}

function versionOf(workspace: WatchWorkspace): string {
  const found = workspace.source.look("claim", ID, undefined);
  return found.kind === "record" ? found.version : found.kind;
}

inWorkspace("look() returns a claim's newest state, whatever its view shows", async (workspace) => {
  assertEquals(transitionOf(workspace), "gone");
  workspace.put(`claims/${HEX}.json`, claimAt(1));
  assertEquals(transitionOf(workspace), 1);
  const first = versionOf(workspace);
  workspace.put(`claims/${HEX}.2`, claimAt(2));
  workspace.put(`claims/${HEX}.3`, claimAt(3));
  assertEquals(transitionOf(workspace, first), 3);
  const third = versionOf(workspace);
  workspace.put(`claims/${HEX}.json`, claimAt(3));
  const files = new ClaimFiles(workspace.host.fs, workspace.layout, () => {});
  assertEquals(readHead(files, HEX)?.transition, 3);
  await new Promise((resolve) => setTimeout(resolve, 40)); // the time stamps settle
  assertEquals(workspace.source.look("claim", ID, third).kind, "same");
  workspace.put(`claims/${HEX}.json`, claimAt(2)); // a slow writer sets the view back
  assertEquals(workspace.source.list("claim").look(ID, third).kind, "same");
  workspace.put(`claims/${HEX}.end`, claimAt(4, "completed"));
  assertEquals(transitionOf(workspace, third), 4);
  const fourth = versionOf(workspace);
  for (const name of ["2", "3"]) workspace.remove(`claims/${HEX}.${name}`);
  workspace.put(`claims/${HEX}.json`, claimAt(4, "completed"));
  assertEquals(workspace.source.look("claim", ID, fourth).kind, "same");
  workspace.remove(`claims/${HEX}.json`);
  assertEquals(workspace.source.look("claim", ID, fourth).kind, "same");
  workspace.remove(`claims/${HEX}.end`);
  assertEquals(transitionOf(workspace, fourth), "gone");
});

inWorkspace("look() knows a claim that another tool rewrote without a transition", (workspace) => {
  const { transition: _, ...foreign } = claimAt(1);
  workspace.put(`claims/${HEX}.json`, foreign);
  const before = versionOf(workspace);
  workspace.put(`claims/${HEX}.json`, { ...foreign, claimer_run_id: "agent-2" });
  const after = workspace.source.look("claim", ID, before);
  assertEquals(after.kind === "record" && after.data.claimer_run_id, "agent-2");
});

inWorkspace("look() sees changes of the same size within one tick of the clock", (workspace) => {
  workspace.put("heartbeats/aaaa01.json", { n: 0 });
  for (let n = 1; n <= 300; n++) {
    const before = workspace.source.look("heartbeat", "aaaa01", undefined);
    if (before.kind !== "record") throw new Error(before.kind);
    workspace.put("heartbeats/aaaa01.json", { n: n % 10 });
    const after = workspace.source.look("heartbeat", "aaaa01", before.version);
    assertEquals(after.kind === "record" && after.data, { n: n % 10 });
  }
});

inWorkspace("look() knows a record again by what it says, not by its file", (workspace) => {
  workspace.put("heartbeats/aaaa01.json", { n: 1 });
  const before = workspace.source.look("heartbeat", "aaaa01", undefined);
  if (before.kind !== "record") throw new Error(before.kind);
  workspace.put("heartbeats/aaaa01.json", { n: 1 });
  const after = workspace.source.look("heartbeat", "aaaa01", before.version);
  assertEquals(after.kind, "same");
  assert_(after.kind === "same" && after.version !== before.version);
});

inWorkspace("mark() differs after every kind of change, and settles", async (workspace) => {
  const marks = new Set<string>();
  const steps = [
    () => {},
    () => workspace.put("heartbeats/aaaa01.json", "1"),
    () => workspace.put("heartbeats/aaaa01.json", "2"),
    () => workspace.remove("heartbeats/aaaa01.json"),
    () => workspace.removeFolder("heartbeats"),
  ];
  for (const step of steps) {
    step();
    marks.add(workspace.source.mark("heartbeat").mark);
    await until(() => workspace.source.mark("heartbeat").settled);
  }
  assertEquals(marks.size, steps.length);
  // The look must come within a tick of the change, which a machine under load may miss at times.
  let unsettled = false;
  for (let tries = 0; tries < 50 && !unsettled; tries++) {
    workspace.host.fs.makeDir(workspace.path("heartbeat", ""));
    unsettled = !workspace.source.mark("heartbeat").settled;
    workspace.removeFolder("heartbeats");
  }
  assert_(unsettled, "what has just changed is not settled");
});

inWorkspace("watch() reports broken files once by name, and hides nothing", async (workspace) => {
  workspace.put("tasks/aaaa03.json", { title: "whole" });
  workspace.put("tasks/face01.json", "{ not json");
  workspace.put("tasks/face02.json", "[]");
  workspace.put("tasks/face03.json", "");
  workspace.put("tasks/face04.json", " ".repeat(1_048_577));
  workspace.put("claims/aaaa06.json", { status: "claimed" });
  workspace.makeFolder("tasks/face05.json");
  workspace.link("tasks/face06.json", "/etc/hostname");
  const names = ["face01", "face02", "face03", "face04", "face05", "face06"];
  if (workspace.pipe("tasks/face07.json")) names.push("face07");
  workspace.put("tasks/.hidden.json", {});
  workspace.put("tasks/notes.txt", "");
  const events = await workspace.collect((all) => all.length > 1, {}, 1);
  assertEquals(events.map((event) => event.id), ["aaaa03"]);
  assertEquals(workspace.warnings.length, names.length + 1, workspace.warnings.join("\n"));
  for (const name of names) {
    const warned = workspace.warnings.filter((text) => text.startsWith(`tasks/${name}.json is `));
    assertEquals(warned.length, 1, name);
  }
  assertMatch(workspace.warnings.join("\n"), /^claims\/aaaa06\.json has no valid claimer_run_id/m);
});

inWorkspace("watch() emits a broken record when it is mended in place", async (workspace) => {
  workspace.overwrite("tasks/aaaa02.json", "{");
  const events = await workspace.collect(({ length }) => length > 0, {
    ...soon(() => workspace.overwrite("tasks/aaaa02.json", `{"title":"x"}`)),
  });
  assertEquals(events.map(({ event_type, id, data }) => [event_type, id, data]), [
    ["added", "aaaa02", { title: "x" }],
  ]);
});

/** Does something while a stream runs; spread into its options, where it adds nothing. */
function soon(body: () => void): object {
  setTimeout(body, 300);
  return {};
}

inWorkspace("watch() refuses a record folder that is a symbolic link, and goes on", async (w) => {
  w.removeFolder("intents");
  w.makeFolder("elsewhere");
  w.put("elsewhere/aaaa04.json", {});
  w.link("intents", `${w.root}/elsewhere`);
  w.put("tasks/aaaa02.json", {});
  soon(() => w.put("intents/aaaa05.json", {}));
  const events = await w.collect(() => false, {}, 0.6);
  assertEquals(events.map((event) => event.id), ["aaaa02"]);
  assertEquals(w.warnings, [
    `Refused to look into ${JSON.stringify(`${w.root}/intents`)}: it is a symbolic link`,
  ]);
  assertEquals(w.source.count("intent"), 0);
});

inWorkspace("watch() takes up a folder that is removed and made again", async (workspace) => {
  for (const way of ["dead01", "dead02"]) {
    const seen: string[] = [];
    soon(() => {
      if (way === "dead01") workspace.removeFolder("intents");
      else workspace.move("intents", "old");
    });
    setTimeout(() => workspace.makeFolder("intents"), 400);
    setTimeout(() => workspace.put(`intents/${way}.json`, {}), 700);
    const began = performance.now();
    for await (const event of workspace.stream({ timeout: 10, kinds: ["intent"] })) {
      seen.push(event.id ?? "");
      break;
    }
    assertEquals(seen, [way]);
    // The round of safety would have found it after five seconds.
    assert_(performance.now() - began < 2_500, "notification was taken up again");
    workspace.remove(`intents/${way}.json`);
  }
});

inWorkspace("watch() makes missing folders, and maps names to records", async (workspace) => {
  for (const kind of ["task", "claim"] as const) workspace.removeFolder(`${kind}s`);
  const hints: RecordHint[] = [];
  const watch = workspace.source.watch(["task", "claim"], (hint) => hints.push(hint), () => {});
  workspace.put("tasks/aaaa02.json", {});
  workspace.put(`claims/${HEX}.2`, {});
  workspace.put(`claims/${HEX}.end`, {});
  workspace.put("claims/staged", {});
  workspace.put("intents/aaaa04.json", {});
  await until(() => hints.some((hint) => hint.about === "other"));
  watch.close();
  assertEquals(
    new Set(hints.map((hint) => JSON.stringify(hint))),
    new Set([
      `{"about":"record","kind":"task","id":"aaaa02"}`,
      `{"about":"record","kind":"claim","id":"${ID}"}`,
      `{"about":"other","kind":"claim"}`,
    ]),
  );
});

inWorkspace(
  "watch() does without making folders, and takes them up when they appear",
  async (w) => {
    // Root may write everywhere, so a host that refuses stands in for a read-only file system.
    const refuses = {
      ...w.host.fs,
      makeDir(path: string) {
        throw new HostError("read_only", "create directory", path);
      },
    };
    const source = new FsRecordSource({ ...w.host, fs: refuses }, w.layout, () => {});
    w.removeFolder("intents");
    const hints: RecordHint[] = [];
    const watch = source.watch(["intent"], (hint) => hints.push(hint), () => {});
    w.makeFolder("intents");
    await until(() => hints.filter((hint) => hint.about === "kind").length >= 2);
    w.put("intents/aaaa04.json", {});
    await until(() => hints.some((hint) => hint.about === "record"));
    watch.close();
  },
);

inWorkspace(
  "watch() emits added, modified and expired through either backend",
  async (workspace) => {
    for (const backend of ["native", "poll"] as const) {
      workspace.remove(`claims/${HEX}.json`);
      workspace.remove(`claims/${HEX}.2`);
      const expires = new Date(Date.now() + 700).toISOString();
      setTimeout(() => workspace.put(`claims/${HEX}.json`, claimAt(1)), 200);
      setTimeout(() => workspace.put(`claims/${HEX}.2`, claimAt(2, "claimed", expires)), 400);
      const events = await workspace.collect(
        (all) => all.at(-1)?.event_type === "expired",
        { backend, pollInterval: 0.02, kinds: ["claim"] },
      );
      assertEquals(events.map((event) => [event.event_type, jsonOf(event).transition]), [
        ["added", 1],
        ["modified", 2],
        ["expired", 2],
      ]);
      const late = Date.parse(events[2]?.timestamp ?? "") - Date.parse(expires);
      assert_(late >= 0 && late < 3_000, `${late} ms late`);
    }
  },
);

inWorkspace("watch() keeps its position in a file across streams", async (workspace) => {
  const cursor = `${workspace.root}/../position-${workspace.root.split("-").at(-1)}`;
  const { fs } = workspace.host;
  try {
    const once = { once: true, cursor };
    workspace.put("tasks/aaaa02.json", { n: 1 });
    workspace.put("heartbeats/aaaa01.json", { n: 1 });
    workspace.put(`claims/${HEX}.json`, claimAt(1));
    assertEquals((await workspace.collect(() => false, once)).length, 3);
    assertEquals(await workspace.collect(() => false, once), []);
    // A backup that is put back: other files, the same records.
    for (
      const [name, content] of Object.entries({
        "tasks/aaaa02": { n: 1 },
        "heartbeats/aaaa01": { n: 1 },
      })
    ) {
      workspace.put(`${name}.json`, content);
    }
    assertEquals(await workspace.collect(() => false, once), []);
    workspace.put("heartbeats/aaaa01.json", { n: 2 });
    workspace.put(`claims/${HEX}.2`, claimAt(2));
    workspace.remove("tasks/aaaa02.json");
    const events = await workspace.collect(() => false, once);
    assertEquals(events.map(({ event_type, kind, data }) => [event_type, kind, data]), [
      ["modified", "heartbeat", { n: 2 }],
      ["removed", "task", { n: 1 }],
      ["modified", "claim", claimAt(2)],
    ]);
    fs.append(cursor, new TextEncoder().encode(`{"kind":"task","id":"to`));
    assertEquals(await workspace.collect(() => false, once), []);
    const text = new TextDecoder().decode(fs.read(cursor));
    assert_(text.endsWith("}\n"), "the torn line is gone");
    const other = await WatchWorkspace.create();
    const error = await assertRejects(() => other.collect(() => false, once)) as CoordError;
    other.delete();
    assertEquals(error.code, "bad_args");
    assertEquals(new TextDecoder().decode(fs.read(cursor)), text);
  } finally {
    fs.remove(cursor);
  }
});
