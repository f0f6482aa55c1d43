import { detectHost } from "../../src/host/detect.ts";
import { Processes, type ProcReader } from "../../src/host/system/process_identity.ts";
import { assert_, assertEquals, it, itIf } from "../deps.ts";
import { start } from "../support/race/processes.ts";

const host = await detectHost();
const onLinux = itIf(host.os === "linux", "it needs /proc");

/** A line of `/proc/<pid>/stat`. */
function stat(
  pid: number,
  start: number,
  { state = "S", name = "deno", parent = 1 } = {},
): string {
  return `${pid} (${name}) ${state} ${parent} ${"0 ".repeat(17)}${start} 0 0`;
}

/** A machine with process 7, ours, that started at 70. */
function machine(files: Record<string, string> = {}, pidns = "pid:[1]"): Processes {
  const all: Record<string, string> = {
    "/proc/sys/kernel/random/boot_id": "boot\n",
    "/proc/self/stat": stat(7, 70),
    "/proc/7/stat": stat(7, 70),
    "/proc/1/stat": stat(1, 1),
    ...files,
  };
  const reader: ProcReader = {
    pid: 7,
    hostname: () => "box",
    readText: (path) => all[path] || undefined,
    readLink: (path) =>
      path === "/proc/self/ns/pid" ? pidns : path === "/proc/6/exe" ? "/usr/bin/node" : undefined,
  };
  return new Processes(reader);
}

const OWN = { pid: 7, host: "box", boot: "boot", pidns: "pid:[1]", start: "70" };

it("own() says who this process is, and only its number where /proc cannot be trusted", () => {
  assertEquals(machine().own(), OWN);
  const bare = { pid: 7, host: "box" };
  assertEquals(machine({ "/proc/self/stat": stat(3, 70) }).own(), bare, "of another namespace");
  assertEquals(machine({ "/proc/self/stat": "" }).own(), bare);
  assertEquals(machine({ "/proc/sys/kernel/random/boot_id": "" }).own(), bare);
});

it("isAlive() compares number and start, and says nothing of other machines", () => {
  const files = {
    "/proc/8/stat": stat(8, 80, { name: "a) Z 1 (b" }),
    "/proc/9/stat": stat(9, 90, { state: "Z" }),
  };
  const ours = machine(files);
  assertEquals(ours.isAlive(OWN), true);
  assertEquals(ours.isAlive({ ...OWN, pid: 8, start: "80" }), true);
  assertEquals(ours.isAlive({ ...OWN, pid: 8, start: "79" }), false, "the number is used again");
  assertEquals(ours.isAlive({ ...OWN, pid: 9, start: "90" }), false, "a zombie does nothing more");
  assertEquals(ours.isAlive({ ...OWN, pid: 10 }), false);
  for (const other of [{ host: "b" }, { boot: "b" }, { pidns: "b" }]) {
    assertEquals(ours.isAlive({ ...OWN, ...other, pid: 10 }), undefined);
  }
  assertEquals(ours.isAlive({ pid: 10, host: "box" }), undefined, "it did not say when it started");
  const hidden = machine({ "/proc/1/stat": "" });
  assertEquals(hidden.isAlive({ ...OWN, pid: 10 }), undefined, "/proc hides processes of others");
});

it("identify() reports of another process what can be seen", () => {
  const ours = machine({ "/proc/8/stat": stat(8, 80) });
  assertEquals(ours.identify(8), { ...OWN, pid: 8, start: "80" });
  const { start: _start, ...unseen } = { ...OWN, pid: 9 };
  assertEquals(ours.identify(9), unseen);
});

it("above() has the processes above this one up to the first of all, as far as they can be seen", () => {
  const files = {
    "/proc/self/stat": stat(7, 70, { parent: 6 }),
    "/proc/6/stat": stat(6, 60, { name: "a) S 9 (b", parent: 5 }),
    "/proc/5/stat": stat(5, 50, { name: "bash", parent: 1 }),
  };
  const at = (pid: number) => ({ ...OWN, pid, start: `${pid}0` });
  assertEquals(machine(files).above(), [
    { process: at(6), names: ["a) S 9 (b", "node"] },
    { process: at(5), names: ["bash"] },
  ]);
  const hidden = { ...files, "/proc/5/stat": "" };
  assertEquals(machine(hidden).above().map(({ process }) => process.pid), [6]);
  assertEquals(machine({ "/proc/self/stat": stat(3, 70, { parent: 6 }) }).above(), []);
});

onLinux("processesAbove() of the real host begins with its parent", () => {
  const [parent] = host.processesAbove();
  assert_(parent !== undefined && host.isAlive(parent.process) === true);
  assertEquals(parent.names.length, 2);
});

onLinux("isAlive() of the real host notices that a process has ended", async () => {
  const child = start("race/sleeper.ts", 60);
  const identity = host.processIdentity(child.pid);
  assertEquals(host.isAlive(identity), true);
  child.kill();
  await child.ended;
  assertEquals(host.isAlive(identity), false);
  assertEquals(host.isAlive(host.processIdentity()), true);
  assert_(identity.start !== undefined && identity.boot !== undefined);
});
