/** A process that stops at the n-th file operation of one call that works on batches, and may go on. */
import process from "node:process";
import { FsCollector } from "../../../src/adapters/fs/upkeep/gc.ts";
import { Layout } from "../../../src/adapters/fs/layout.ts";
import { detectHost } from "../../../src/host/detect.ts";
import { openQueue, quickFs, T0 } from "../crash/queue_cases.ts";
import { faulty } from "../crash/faulty_fs.ts";

const { workspace, call, at } = JSON.parse(process.argv[2] ?? "");
const { fs } = faulty(quickFs, {
  kind: "stop",
  at,
  stop: () => void process.kill(process.pid, "SIGSTOP"),
});
const { queue } = openQueue(workspace, 0, fs);
if (call === "add") {
  await queue.enqueueAll(["a", "b", "c"].map((title) => ({ title, runId: "maker" })));
} else if (call === "repair") {
  await queue.claim({ runId: "late" }).then(async (claim) => {
    if (claim.status === "claimed") await queue.complete({ id: claim.task_id, runId: "late" });
  });
} else {
  const host = { ...await detectHost(), fs };
  const gc = new FsCollector(host, new Layout(workspace), () => T0, () => {});
  await gc.sweep({ graceMs: 0, execute: true });
}
process.stdout.write("done");
