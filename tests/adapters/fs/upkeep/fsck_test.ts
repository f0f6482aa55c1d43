/** What a check finds and a repair does, one kind of damage after the other, in memory. */
import { HostError } from "../../../../src/ports/host.ts";
import { assert_, assertEquals, assertRejects, it } from "../../../deps.ts";
import type { MemoryFs } from "../../../support/fake/memory_fs.ts";
import { check, emptyWorkspace, opened } from "../../../support/scene/damaged.ts";

const W = "/w/.coord";
const OLD = 600_000;

/** A workspace whose task has a broken record since ten minutes ago, or since now. */
async function withBroken(age: number) {
  const memory = emptyWorkspace();
  const { coord } = opened(memory);
  const { task_id: id } = await coord.tasks.enqueue({ title: "a", runId: "p" });
  const file = `tasks/${id.slice(7)}.json`;
  return { memory, coord, id, file, harm: () => cut(memory, file, age) };
}

/** In place, so that other names of the file are cut as well. */
function cut(memory: MemoryFs, file: string, age = OLD): void {
  const node = memory.find(`${W}/${file}`);
  if (node === undefined) throw new Error(`no ${file}`);
  node.bytes = node.bytes.slice(0, 20);
  node.mtimeMs = Date.now() - age;
}

function text(memory: MemoryFs, file: string): string {
  return new TextDecoder().decode(memory.find(`${W}/${file}`)?.bytes);
}

it("a repair keeps what it moves by its path, with a note that says why", async () => {
  const { memory, file, harm } = await withBroken(OLD);
  harm();
  const { damages: [damage] } = await check(memory, true);
  assertEquals(damage?.repaired, "moved");
  assertEquals(damage?.kept?.endsWith(`/${file}`), true);
  assertEquals(text(memory, damage?.kept ?? "").length, 20);
  const { at, ...note } = JSON.parse(text(memory, `${damage?.kept}.note.json`));
  assertEquals(note, { file, class: "broken", reason: "is not JSON" });
  assert_(Date.parse(at) <= Date.now());
  assertEquals(memory.find(`${W}/${file}`), undefined);
});

it("a record is not made again of an entry of the index that is damaged as well", async () => {
  for (
    const [title, repaired] of [["a", ["moved", "rebuilt"]], ["b", ["moved", "moved"]]] as const
  ) {
    const { memory, file } = await withBroken(OLD);
    const entry = [...memory.walk(`${W}/index/ready`)].find(({ node }) => node.kind === "file")
      ?.node;
    assert_(entry !== undefined);
    const said = new TextDecoder().decode(entry.bytes);
    memory.put(`${W}/${file}`, "file", {
      bytes: entry.bytes.slice(0, 20),
      mtimeMs: Date.now() - OLD,
    });
    entry.bytes = new TextEncoder().encode(said.replace('"title":"a"', `"title":"${title}"`));
    const { damages } = await check(memory, true);
    assertEquals(damages.map((damage) => damage.repaired), [...repaired]);
    assertEquals((await check(memory)).damages, []);
  }
});

it("without a repair nothing is written", async () => {
  const { memory, harm } = await withBroken(OLD);
  harm();
  const names = () => [...memory.walk(W)].map(({ path, node }) => `${path} ${node.mtimeMs}`);
  const before = names();
  await check(memory);
  assertEquals(names(), before);
});

it("what changed a moment ago is left, since another tool may be writing it", async () => {
  const { memory, file, harm } = await withBroken(1_000);
  harm();
  const { damages: [damage] } = await check(memory, true);
  assertEquals([damage?.remedy, damage?.repaired], ["later", undefined]);
  assert_(memory.find(`${W}/${file}`) !== undefined);
});

it("the broken record of a task stays while an agent works at the task", async () => {
  const { memory, coord, id, file, harm } = await withBroken(OLD);
  await coord.tasks.claim({ runId: "A" });
  harm();
  assertEquals((await check(memory, true)).damages.map(({ remedy }) => remedy), ["later"]);
  assertEquals((await coord.tasks.complete({ id, runId: "A" })).status, "completed");
  assertEquals((await check(memory, true)).damages[0]?.repaired, "moved");
  assertEquals(memory.find(`${W}/${file}`), undefined);
});

it("what has come in the place of a broken file since is put back", async () => {
  const { memory, file, harm } = await withBroken(OLD);
  harm();
  const { rename } = memory.fs;
  let isReplaced = false;
  memory.fs.rename = (from, to) => {
    if (!isReplaced && from === `${W}/${file}`) {
      isReplaced = true;
      memory.put(from, "file", { bytes: new TextEncoder().encode("{}") });
    }
    return rename(from, to);
  };
  const { damages: [damage] } = await check(memory, true);
  assertEquals([damage?.remedy, damage?.repaired], ["later", undefined]);
  assertEquals(text(memory, file), "{}");
  const kept = [...memory.walk(`${W}/quarantine`)].filter(({ node }) => node.kind === "file");
  assertEquals(kept, []);
});

it("no fence comes twice after a broken claim was replaced", async () => {
  const { memory, coord, id } = await withBroken(OLD);
  const first = await coord.tasks.claim({ runId: "A" });
  const claim = `claims/${id.slice(7)}.json`;
  cut(memory, claim);
  const { damages: [damage] } = await check(memory, true);
  assertEquals([damage?.file, damage?.repaired], [claim, "replaced"]);
  assertEquals((await check(memory)).damages, []);
  const second = await coord.tasks.claim({ runId: "B" });
  assert_(first.status === "claimed" && second.status === "claimed");
  assert_(second.fence > first.fence, `${second.fence} after ${first.fence}`);
});

it("no fence of a lane comes twice after the journal was mended, and leases stay", async () => {
  const memory = emptyWorkspace();
  const { coord: { lanes } } = opened(memory);
  for (const lane of ["a", "b", "c"]) await lanes.acquire({ lane, owner: lane });
  const log = memory.find(`${W}/lanes/lane-journal.jsonl`);
  assert_(log !== undefined);
  const lines = new TextDecoder().decode(log.bytes).split("\n");
  lines[2] = lines[2]?.replace("ACQUIRE", "ACQUIRf") ?? "";
  log.bytes = new TextEncoder().encode(lines.join("\n"));
  const { damages } = await check(memory, true);
  assertEquals(damages.map(({ class: kind, repaired }) => [kind, repaired]), [
    ["journal", "rebuilt"],
  ]);
  const { coord } = opened(memory);
  assertEquals((await coord.lanes.live()).leases.map(({ lane }) => lane), ["a", "b"]);
  const again = await coord.lanes.acquire({ lane: "c", owner: "d" });
  assertEquals(again.status === "acquired" && again.fence, 4);
  assertEquals((await coord.journal.verify()).status, "sound");
});

it("a journal that is cut off is found, also where the archive that would stand in is no file", async () => {
  const memory = emptyWorkspace();
  const { coord } = opened(memory);
  await coord.lanes.acquire({ lane: "a", owner: "a" });
  await coord.journal.compact();
  cut(memory, "lanes/lane-journal.jsonl");
  const archive = "lanes/lane-journal.jsonl.archive-000000000001";
  memory.put(`${W}/${archive}`, "symlink", { target: "/w", mtimeMs: Date.now() - OLD });
  const log = "lanes/lane-journal.jsonl";
  const { damages } = await check(memory);
  const found = damages.map(({ class: kind, file }) => `${kind} ${file}`);
  assertEquals(found.sort(), [`journal ${log}`, `journal ${archive}`, `misplaced ${archive}`]);
  const mended = (await check(memory, true)).damages;
  assertEquals(mended.map(({ repaired }) => repaired).sort(), ["moved", "rebuilt"]);
  assertEquals((await check(memory)).damages, []);
});

it("an archive that a compaction has just made is no finding", async () => {
  const memory = emptyWorkspace();
  await opened(memory).coord.lanes.acquire({ lane: "a", owner: "a" });
  const { list } = memory.fs;
  const isNew = [false, true];
  memory.fs.list = (path) => {
    const names = list(path);
    if (path !== `${W}/lanes` || !isNew.shift()) return names;
    const name = "lane-journal.jsonl.archive-000000000001";
    return [...names ?? [], { name, isFile: true, isDirectory: false, isSymlink: false }];
  };
  assertEquals((await check(memory)).damages, []);
  assertEquals(isNew, [], "the journal was looked at");
});

it("a queue whose pause cannot be read stays paused", async () => {
  const memory = emptyWorkspace();
  const { coord } = opened(memory);
  await coord.queues.pause({ queues: ["default"], runId: "ops" });
  cut(memory, "queues/default.json");
  assertEquals((await check(memory, true)).damages[0]?.repaired, "replaced");
  const { queues } = await coord.queues.list();
  assertEquals(queues.map(({ queue, paused_by }) => [queue, paused_by]), [["default", "unknown"]]);
});

it("what lies in a folder that is none is no damage of its own", async () => {
  const { memory } = await withBroken(OLD);
  for (const folder of ["claims", "quarantine"]) {
    memory.put(`${W}/${folder}`, "symlink", { target: "/w", mtimeMs: Date.now() - OLD });
  }
  const files = ["claims", "quarantine"];
  assertEquals((await check(memory)).damages.map(({ file }) => file).sort(), files);
  const { damages } = await check(memory, true);
  assertEquals(damages.map(({ file, repaired }) => [file, repaired]).sort(), [
    ["claims", "moved"],
    ["quarantine", "moved"],
  ]);
  assertEquals((await check(memory)).damages, []);
  assertEquals(memory.find(`${W}/quarantine`)?.kind, "directory");
});

it("a record that was edited is found by its id, and stays", async () => {
  const { memory, file } = await withBroken(OLD);
  const bytes = new TextEncoder().encode(text(memory, file).replace('"a"', '"b"'));
  memory.put(`${W}/${file}`, "file", { bytes });
  const { damages } = await check(memory, true);
  assertEquals(damages.map(({ class: kind, remedy }) => [kind, remedy]), [["altered", "hand"]]);
  assert_(memory.find(`${W}/${file}`) !== undefined);
});

it("a task of another tool needs no entry in the index, and its files stay", async () => {
  const memory = emptyWorkspace();
  const task = { title: "theirs", created_at: new Date().toISOString() };
  const bytes = new TextEncoder().encode(JSON.stringify(task));
  memory.put(`${W}/tasks/aaaaaaaa-0000-4000-8000-000000000000.json`, "file", { bytes });
  memory.put(`${W}/tasks/README.md`, "file", { bytes });
  memory.put(`${W}/claims/other.txt`, "file", { bytes });
  assertEquals((await check(memory, true)).damages, []);
});

it("a task that is made when its sync fails is in the index, though its caller gets a failure", async () => {
  for (const [isKeyed, waits] of [[false, false], [true, false], [false, true], [true, true]]) {
    const memory = emptyWorkspace();
    const { task_id: first } = await opened(memory).coord.tasks.enqueue({ title: "a", runId: "p" });
    const fail = () => {
      throw new HostError("limit", "sync", "here");
    };
    Object.assign(memory.fs, { syncNames: fail, syncNamesAsync: async () => fail() });
    const { coord } = opened(memory);
    const input = {
      ...{ title: "next", runId: "p" },
      ...(isKeyed && { key: "k" }),
      ...(waits && { after: [first] }),
    };
    await assertRejects(() => coord.tasks.enqueueAll([input]));
    assertEquals((await check(memory)).damages, [], JSON.stringify(input));
  }
});
