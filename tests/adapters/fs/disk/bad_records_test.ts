import { assert_, assertEquals, it } from "../../../deps.ts";
import { MAX_RECORD_BYTES } from "../../../../src/domain/limits.ts";
import { makeFifo, makeSymlink } from "../../../support/scene/scratch.ts";
import { workspace } from "../../../support/scene/workspace.ts";

const NAME = "b".repeat(64);

/** Everything that may lie where a record is expected, and why it is none. */
const JUNK: [kind: string, reason: string, make: (path: string, write: Write) => void][] = [
  ["broken JSON", "is not JSON", (name, write) => write(name, `{"title": `)],
  ["an empty file", "is empty", (name, write) => write(name, "")],
  ["a truncated file", "is not JSON", (name, write) => write(name, `{"title":"x","prio`)],
  ["a huge file", "is larger than", (name, write) => write(name, " ".repeat(MAX_RECORD_BYTES + 1))],
  [
    "other bytes than UTF-8",
    "is not UTF-8",
    (name, write) => write(name, Uint8Array.of(0xff, 0xfe)),
  ],
  ["a JSON list", "is not a JSON object", (name, write) => write(name, "[]")],
  ["JSON nested too deep", "is nested deeper", (name, write) => {
    write(
      name,
      `{"title":"x","created_at":"2026-11-21T09:30:00Z","payload":{"a":${"[".repeat(90_000)}${
        "]".repeat(90_000)
      }}}`,
    );
  }],
  ["wrong types", "has no valid", (name, write) => write(name, `{"title":5,"claimer_run_id":5}`)],
];

type Write = (name: string, content: string | Uint8Array) => void;

for (const [kind, reason, make] of JUNK) {
  it(`list() and claim() skip ${kind} in tasks/ with a warning and hide nothing`, async () => {
    const scene = await workspace();
    make(`tasks/${NAME}.json`, scene.write);
    const task = await scene.coord.tasks.enqueue({ title: "good", runId: "p" });
    const list = await scene.coord.tasks.list();
    assertEquals([list.total, list.pending], [1, 1]);
    assertEquals(scene.warnings.length, 1, scene.warnings.join());
    assert_(scene.warnings[0]?.includes(`tasks/${NAME}.json`), scene.warnings[0]);
    assert_(scene.warnings[0]?.includes(reason), scene.warnings[0]);
    const claim = await scene.open().tasks.claim({ runId: "a" });
    assertEquals(claim.status === "claimed" && claim.task_id, task.task_id);
    assertEquals((await scene.open().tasks.claim({ runId: "a" })).status, "empty");
    assert_(scene.names("tasks").includes(`${NAME}.json`), "it is still there");
  });

  it(`${kind} in claims/ hides its task for a minute and is kept when it must go`, async () => {
    const scene = await workspace();
    const task = await scene.coord.tasks.enqueue({ title: "good", runId: "p" });
    const hex = task.task_id.slice(7);
    make(`claims/${hex}.json`, scene.write);
    scene.clock.ms = Date.now();
    assertEquals((await scene.open().tasks.claim({ runId: "a" })).status, "empty");
    assert_(scene.warnings.some((text) => text.includes(`claims/${hex}.json`)));
    assertEquals((await scene.open().tasks.list()).claimed, 1);
    scene.clock.advance(62);
    const claim = await scene.open().tasks.claim({ runId: "a" });
    assertEquals(claim.status === "claimed" && [claim.task_id, claim.attempt], [task.task_id, 2]);
    assertEquals(scene.names("quarantine").length, 1);
    const done = await scene.open().tasks.complete({ id: task.task_id, runId: "a" });
    assertEquals(done.status, "completed");
  });
}

it("claim() never gives a task whose end cannot be read, and list() shows it as failed", async () => {
  const scene = await workspace();
  const { task_id: id } = await scene.coord.tasks.enqueue({ title: "x", runId: "p" });
  await scene.coord.tasks.claim({ runId: "a", claimTtl: 60 });
  await scene.coord.tasks.complete({ id, runId: "a" });
  for (const name of [`${id.slice(7)}.json`, `${id.slice(7)}.end`]) {
    scene.write(`claims/${name}`, "");
  }
  scene.clock.ms = Date.now() + 3_600_000;
  scene.host.fs.remove(`${scene.path}/index/checked`);
  assertEquals((await scene.open().tasks.claim({ runId: "b" })).status, "empty");
  const { claim } = await scene.open().tasks.get(id);
  assertEquals([claim?.status, claim?.error], [
    "failed",
    `claims/${id.slice(7)}.end cannot be read`,
  ]);
  assertEquals((await scene.open().tasks.complete({ id, runId: "a" })).status, "terminal");
  assert_(scene.warnings.some((text) => text.includes("its task counts as failed")));
});

it("a FIFO, a symlink and a folder among the tasks are never opened", async () => {
  const scene = await workspace();
  const good = await scene.coord.tasks.enqueue({ title: "good", runId: "p" });
  makeFifo(`${scene.path}/tasks/${"1".repeat(64)}.json`);
  makeSymlink("/dev/zero", `${scene.path}/tasks/${"2".repeat(64)}.json`);
  makeSymlink(`${good.task_id.slice(7)}.json`, `${scene.path}/tasks/${"3".repeat(64)}.json`);
  scene.host.fs.makeDir(`${scene.path}/tasks/${"4".repeat(64)}.json`);
  scene.write("tasks/not_an_id.json", "{}");
  scene.write("tasks/README", "not a record at all");
  const list = await scene.open().tasks.list();
  assertEquals(list.total, 1);
  assertEquals(scene.warnings.length, 5, scene.warnings.join("\n"));
  for (const name of ["1", "2", "3", "4"]) {
    assert_(scene.warnings.some((text) => text.startsWith(`tasks/${name.repeat(64)}.json is `)));
  }
  const claim = await scene.open().tasks.claim({ runId: "a" });
  assertEquals(claim.status === "claimed" && claim.task_id, good.task_id);
  assertEquals((await scene.open().tasks.claim({ runId: "a" })).status, "empty");
});

it("claim() does not block on a FIFO, a symlink or a folder in the place of a claim", async () => {
  const scene = await workspace();
  scene.clock.ms = Date.now();
  const makers = [
    (path: string) => makeFifo(path),
    (path: string) => makeSymlink("/dev/zero", path),
    (path: string) => scene.host.fs.makeDir(path),
  ];
  for (const make of makers) {
    const task = await scene.coord.tasks.enqueue({ title: "good", runId: "p" });
    make(`${scene.path}/claims/${task.task_id.slice(7)}.json`);
  }
  assertEquals((await scene.open().tasks.claim({ runId: "a" })).status, "empty");
  scene.clock.advance(62);
  for (const _ of makers) {
    const claim = await scene.open().tasks.claim({ runId: "a" });
    if (claim.status !== "claimed") throw new Error("the task did not come back");
    const done = await scene.open().tasks.complete({ id: claim.task_id, runId: "a" });
    assertEquals(done.status, "completed");
  }
  assertEquals((await scene.open().tasks.list()).completed, 3);
});

it("a record folder that is a symlink is skipped by listings, and nothing is written through it", async () => {
  for (const folder of ["tasks", "claims"]) {
    const scene = await workspace();
    scene.host.fs.removeDir(`${scene.path}/${folder}`);
    scene.host.fs.makeDir(`${scene.dir}/elsewhere`);
    makeSymlink(`${scene.dir}/elsewhere`, `${scene.path}/${folder}`);
    const error = await scene.coord.tasks.enqueue({ title: "x", runId: "p" }).catch((e) => e);
    assertEquals(error.code, "io_error");
    assertEquals(scene.host.fs.list(`${scene.dir}/elsewhere`), []);
    assertEquals((await scene.open().tasks.list()).total, 0);
    assert_(scene.warnings[0]?.includes(`${folder}": it is a symbolic link`), scene.warnings[0]);
  }
});
