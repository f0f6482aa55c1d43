/** A process that kills itself at the n-th file operation of one call on a queue. */
import process from "node:process";
import { detectHost } from "../../../src/host/detect.ts";
import { openQueue } from "./queue_cases.ts";
import { ALL_CASES } from "./requeue_cases.ts";
import { faulty } from "./faulty_fs.ts";

const { workspace, id, name, at } = JSON.parse(process.argv[2] ?? "");
const crash = ALL_CASES.find((one) => one.name === name);
if (crash === undefined) throw new RangeError(`There is no case ${name}`);
const host = await detectHost();
const stop = () => {
  process.kill(process.pid, "SIGKILL");
  while (true); // until the signal arrives
};
const { queue } = openQueue(
  workspace,
  crash.second,
  faulty(host.fs, { kind: "stop", at, stop }).fs,
);
await crash.act(queue, id);
process.stdout.write("done");
