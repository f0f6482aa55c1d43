/** What was granted is given back when its answer cannot be delivered, or a signal came before it. */
import { main } from "../../src/cli/main.ts";
import { type Host, HostError } from "../../src/ports/host.ts";
import { assertEquals, assertMatch, assertStringIncludes, it } from "../deps.ts";
import { type FakeHost, fakeHost, type FakeOptions, scratch } from "../support/fake/host.ts";

/** Runs a command line in a folder. */
async function run(cwd: string, args: readonly string[], options: FakeOptions = {}) {
  const host = fakeHost({ ...options, args, cwd });
  const code = await main(host);
  return { code, out: host.out, err: host.err };
}

/** A workspace with one task. */
async function workspace() {
  const folder = scratch();
  await run(folder.path, ["init"]);
  await run(folder.path, ["enqueue", "x", "--run-id", "p"]);
  return folder;
}

/** How many of each kind are held. */
async function held(cwd: string) {
  const read = async (...args: string[]) => JSON.parse((await run(cwd, [...args, "-j"])).out);
  return {
    claimed: (await read("tasks")).claimed,
    reserved: (await read("list")).live,
    leased: (await read("lane", "live")).live,
  };
}

const NOTHING = { claimed: 0, reserved: 0, leased: 0 };

const CLAIM = ["claim", "--run-id", "a"];
const RESERVE = ["reserve", "src", "--run-id", "a"];
const ACQUIRE = ["lane", "acquire", "src", "--lane", "api", "--owner", "a"];

/** Command lines that grant something, and what is held after. */
const GRANTS: readonly (readonly [args: readonly string[], after: object])[] = [
  [CLAIM, { ...NOTHING, claimed: 1 }],
  [[...CLAIM, "--wait", "5"], { ...NOTHING, claimed: 1 }],
  [RESERVE, { ...NOTHING, reserved: 1 }],
  [["reserve", "src"], { ...NOTHING, reserved: 1 }],
  [[...RESERVE, "--exclusive"], { ...NOTHING, reserved: 1 }],
  [ACQUIRE, { ...NOTHING, leased: 1 }],
  [[...ACQUIRE, "--wait", "5"], { ...NOTHING, leased: 1 }],
];

for (const [args, after] of GRANTS) {
  it(`coord ${args.join(" ")} gives back what it got when its reader has gone`, async () => {
    for (const format of [[], ["-j"]]) {
      using folder = await workspace();
      const { code, out, err } = await run(folder.path, [...args, ...format], {
        readerGoesAfter: 0,
      });
      const warned = args.length === 2 && format.length === 0; // of the unknown run id
      assertEquals({ code, out, err: warned ? "" : err }, { code: 0, out: "", err: "" });
      assertEquals(await held(folder.path), NOTHING, `${args.join(" ")} ${format}`);
    }
  });

  it(`coord ${args.join(" ")} keeps what it got when its answer was read`, async () => {
    using folder = await workspace();
    assertEquals((await run(folder.path, args)).code, 0);
    assertEquals(await held(folder.path), after);
  });
}

it("coord claim gives its task back when standard output cannot be written to", async () => {
  using folder = await workspace();
  const host = fakeHost({ args: [...CLAIM, "-j"], cwd: folder.path });
  const full: Host = {
    ...host,
    write(stream, text) {
      if (stream === "stdout") throw new HostError("no_space", "write to", stream);
      host.write(stream, text);
    },
  };
  assertEquals(await main(full), 3);
  assertStringIncludes(host.err, "no space left");
  assertEquals(await held(folder.path), NOTHING);
});

it("coord claim | head -1 keeps the task whose first line was read", async () => {
  using folder = scratch();
  await run(folder.path, ["init"]);
  const payload = JSON.stringify({ text: "long".repeat(2_000) });
  await run(folder.path, ["enqueue", "x", "--run-id", "p", "--payload", payload]);
  const { code, out } = await run(folder.path, CLAIM, { readerGoesAfter: 1 });
  assertEquals({ code, lines: out.split("\n").length }, { code: 0, lines: 2 });
  assertMatch(out, /^task_id +sha256:[0-9a-f]{64}\n$/);
  assertEquals(await held(folder.path), { ...NOTHING, claimed: 1 });
});

it("coord claim --json gives its task back when a part of its line was not read", async () => {
  using folder = scratch();
  await run(folder.path, ["init"]);
  const payload = JSON.stringify({ text: "long".repeat(2_000) });
  await run(folder.path, ["enqueue", "x", "--run-id", "p", "--payload", payload]);
  const { code, out } = await run(folder.path, [...CLAIM, "-j"], { readerGoesAfter: 0 });
  assertEquals({ code, out, held: await held(folder.path) }, { code: 0, out: "", held: NOTHING });
});

it("coord lane acquire leaves a lease that its caller asked for by --loop-ts", async () => {
  using folder = await workspace();
  const args = [...ACQUIRE, "--loop-ts", "1"];
  assertEquals((await run(folder.path, args)).code, 0);
  assertEquals((await run(folder.path, args, { readerGoesAfter: 0 })).code, 0);
  assertEquals(await held(folder.path), { ...NOTHING, leased: 1 });
});

it("coord claim says so when it cannot give its task back", async () => {
  using folder = await workspace();
  const host = fakeHost({ args: CLAIM, cwd: folder.path });
  let gone = false;
  const broken: Host = {
    ...host,
    fs: {
      ...host.fs,
      createNew(...args) {
        if (gone) throw new HostError("no_space", "create", args[0]);
        return host.fs.createNew(...args);
      },
    },
    write(stream, text) {
      if (stream === "stdout") {
        gone = true;
        throw new HostError("broken_pipe", "write to", stream);
      }
      host.write(stream, text);
    },
  };
  assertEquals(await main(broken), 0);
  assertMatch(host.err, /^coord: warning: what was granted is not given back: .*no space left/);
});

/** Runs a command that is stopped while it makes a name, or a moment later. */
async function stopped(cwd: string, args: readonly string[], when: "then" | "soon", name: RegExp) {
  const host: FakeHost = fakeHost({ args, cwd });
  let once = true;
  const stop = (path: string) => {
    if (!once || !name.test(path)) return;
    once = false;
    if (when === "then") host.interrupt();
    else setTimeout(() => host.interrupt(), 0);
  };
  const { fs } = host;
  const stopping: Host = {
    ...host,
    fs: {
      ...fs,
      createNew: (path, ...rest) => (stop(path), fs.createNew(path, ...rest)),
      appendSynced: (path, bytes) => (stop(path), fs.appendSynced(path, bytes)),
      link: (from, to) => (stop(to), fs.link(from, to)),
    },
  };
  const code = await main(stopping);
  return { code, status: host.out === "" ? host.err : JSON.parse(host.out).status, met: !once };
}

for (const when of ["then", "soon"] as const) {
  it(`coord claim --wait that a signal meets at its grant, ${when}, answers empty`, async () => {
    for (const format of ["-j", "--format=text"]) {
      using folder = await workspace();
      const args = [...CLAIM, "--wait", "5", format];
      const { code, status, met } = await stopped(folder.path, args, when, /\/claims\//);
      assertEquals({ code, met }, { code: 1, met: true });
      assertMatch(status, format === "-j" ? /^empty$/ : /^coord: No task to claim\n$/);
      assertEquals(await held(folder.path), NOTHING);
      // Another agent has it at once.
      assertEquals((await run(folder.path, CLAIM)).code, 0);
    }
  });

  it(`coord lane acquire --wait that a signal meets at its grant, ${when}, is refused`, async () => {
    using folder = await workspace();
    await run(folder.path, ["lane", "release", "--lane", "none", "--owner", "a"]); // makes the log
    const args = [...ACQUIRE, "--wait", "5", "-j"];
    const { code, status, met } = await stopped(folder.path, args, when, /lane-journal\.jsonl$/);
    assertEquals({ code, status, met }, { code: 1, status: "refused", met: true });
    assertEquals(await held(folder.path), NOTHING);
  });
}
