/** coord on systems that this machine is not: emulated arm64, and the Nodes that the README names. */
import { assert_, assertEquals, assertMatch, itIf } from "../deps.ts";
import { bundleForNpm } from "../../scripts/bundle.ts";
import { run } from "../../scripts/support/run.ts";
import { fileName, TARGETS } from "../../scripts/compile/targets.ts";
import { nodePath } from "../../scripts/support/toolchain.ts";
import { VERSION } from "../../src/domain/version.ts";
import { build } from "../support/program/built.ts";
import { hasProgram, itWith } from "../support/program/programs.ts";
import { COORD } from "../support/program/working.ts";
import { isHeavy } from "../support/length.ts";
import { makeTempDir } from "../support/scene/scratch.ts";

/** The emulator, with the folder where Debian keeps the libraries of arm64. */
const EMULATOR = ["qemu-aarch64-static", "-L", "/usr/aarch64-linux-gnu"] as const;
const LIBRARY = "/usr/aarch64-linux-gnu/lib/libc.so.6";
/** Node's oldest release that has all that coord calls, and a newer one. */
const NODES = ["20.16.0", "22"];

const itHeavy = itIf(isHeavy(), "it starts other runtimes and machines, only with COORD_HEAVY=1");
const hasLibrary = (() => {
  try {
    return Deno.statSync(LIBRARY).isFile;
  } catch {
    return false;
  }
})();
const itEmulated = isHeavy() && Deno.build.arch === "x86_64"
  ? itWith(EMULATOR[0], hasProgram(EMULATOR[0]) && hasLibrary)
  : itHeavy;

/** Seconds after which a program that hangs is killed: an emulator is slow. */
const LIMIT = 300;

/** coord from its source on the runtime of the test. */
const SOURCE = [Deno.execPath(), ...COORD];

/** Calls of one coord in one folder, which must end well. */
function calls(command: readonly string[], cwd: string) {
  const [program = "", ...before] = command;
  return async (...args: string[]) => {
    const { code, output } = await run(program, [...before, ...args], { cwd, limit: LIMIT });
    assertEquals(code, 0, output);
    return output;
  };
}

/** What two agents do in one workspace: one by the command under test, one by coord's source. */
async function agentsShare(command: readonly string[]): Promise<void> {
  const cwd = makeTempDir();
  const [there, here] = [calls(command, cwd), calls(SOURCE, cwd)];
  assertMatch(await there("--version"), new RegExp(`^coord ${VERSION} `));
  await there("init");
  await here("enqueue", "A task", "--run-id", "planner");
  const claim = JSON.parse(await there("claim", "--run-id", "a", "--json"));
  assertEquals(claim.task.title, "A task");
  assertEquals(await here("tasks", "--print", "status,claimer_run_id"), "claimed\ta\n");
  await there("lane", "acquire", "src/**", "--lane", "src", "--owner", "a");
  assertEquals(await here("lane", "live", "--print", "lane,holder"), "src\ta\n");
  await there("complete", claim.task_id, "--run-id", "a");

  const [program = "", ...before] = command;
  const args = [...before, "watch", "--kind", "tasks", "--no-snapshot", "--synced", "--json"];
  const watching = new Deno.Command(program, { args, cwd, stdout: "piped" }).spawn();
  const killed = setTimeout(() => watching.kill("SIGKILL"), LIMIT * 1000);
  const seen: string[] = [];
  for await (const text of watching.stdout.pipeThrough(new TextDecoderStream())) {
    for (const line of text.trim().split("\n")) {
      const { event_type, data } = JSON.parse(line);
      seen.push(data?.title ?? event_type);
      if (event_type === "synced") await here("enqueue", "Another", "--run-id", "planner");
      else watching.kill("SIGTERM");
    }
  }
  clearTimeout(killed);
  assertEquals([seen, (await watching.status).code], [["synced", "Another"], 0]);
}

itEmulated("the executable for Linux on arm64 shares a workspace with this machine", async () => {
  const target = TARGETS.find(({ name }) => name === "linux-arm64");
  assert_(target !== undefined);
  const { dist } = await build({ targets: [target], runtime: "bun" });
  await agentsShare([...EMULATOR, `${dist}/${fileName(target)}`]);
});

itHeavy("the bundle runs on the Nodes that the README names", async () => {
  const file = await bundleForNpm(`${makeTempDir()}/npm`);
  for (const version of NODES) {
    const command = [await nodePath(version), file];
    await agentsShare(command);
    const cwd = makeTempDir();
    const coord = calls(command, cwd);
    await coord("init");
    await Deno.writeTextFile(`${cwd}/.coord/tasks/notes.json`, "{");
    await Deno.utime(`${cwd}/.coord/tasks/notes.json`, 0, 0);
    assertMatch(await coord("fsck", "--repair"), /^Repaired: 1/);
    assertMatch(await coord("doctor"), /^sound: 10 of 11/);
  }
});
