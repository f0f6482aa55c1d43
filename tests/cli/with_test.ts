import { assert_, assertEquals, it, itIf } from "../deps.ts";
import { openWorkspace } from "../../mod.ts";
import { isHeavy } from "../support/length.ts";
import { hasShell } from "../support/program/posix_shell.ts";
import {
  isRunning,
  isWritten,
  kill,
  namesIn,
  Running,
  SLOW_CHILD,
  until,
  written,
} from "../support/program/working.ts";
import { hasTerminals, OnTerminal } from "../support/program/terminal.ts";
import { sleep } from "../support/race/processes.ts";
import { write } from "../support/scene/journals.ts";
import { makeTempDir } from "../support/scene/scratch.ts";
import { workspace } from "../support/scene/workspace.ts";

const itSh = itIf(hasShell, "there is no shell of POSIX");
const itTerminal = itIf(hasTerminals, "there is no program that makes terminals");

/** Two processes that stay, of which one is the other's child. */
const STAY = "sleep 60 & echo $$ $! > pids; wait";

/** A workspace on real time. */
async function scene() {
  const { dir } = await workspace();
  const coord = await openWorkspace({ dir });
  return {
    dir,
    coord,
    /** `coord with`, whose command is a shell script. */
    run: (script: string, flags: readonly string[] = ["src"], input?: string) => {
      const args = ["with", "--run-id", "a", ...flags, "--", "/bin/sh", "-c", script];
      return new Running(dir, args, {}, input);
    },
    has: (name: string) => isWritten(`${dir}/${name}`),
    /** What is live now. */
    live: async () => {
      const { reservations } = await coord.reservations.list();
      const { leases } = await coord.lanes.live();
      return [
        ...reservations.map(({ addresses }) => addresses.join()),
        ...leases.map(({ lane }) => lane),
      ];
    },
    /** Waits until what wrote its number to a file has gone. */
    gone: async (name = "pids") => {
      for (const pid of written(`${dir}/${name}`).split(/\s+/).map(Number)) {
        await until("it is gone", () => !isRunning(pid));
      }
    },
  };
}

itSh("coord with gives its streams, holds and exit code to its command", async () => {
  const { coord, dir, run, live } = await scene();
  const script = `cat; echo said >&2; echo "$COORD_RUN_ID $COORD_LANE $COORD_FENCE" > env
    echo "$COORD_DIR $COORD_RESERVATION_ID" >> env; until [ -s seen ]; do sleep 0.01; done; exit 7`;
  await using call = run(script, ["docs", "src", "--lane", "@x"], "typed\n");
  await until("it runs", () => isWritten(`${dir}/env`));
  assertEquals(await live(), ["docs,src", "@x"]);
  const [held] = (await coord.reservations.list()).reservations;
  const other = await coord.reservations.reserve({
    addresses: ["src/a"],
    runId: "b",
    exclusive: true,
  });
  write(`${dir}/seen`, "1");
  assertEquals(await call.ended, 7);
  assertEquals([call.out, call.err, other.status], ["typed\n", "said\n", "conflict"]);
  assertEquals(written(`${dir}/env`), `a @x 1\n${coord.location} ${held?.reservation_id}`);
  assertEquals(await live(), []);
});

itSh("coord with leaves no hold of another call in the environment", async () => {
  const { dir } = await workspace();
  const script = 'echo "[$COORD_LANE] [$COORD_FENCE]"';
  const args = ["with", "--run-id", "a", "src", "--notice", "--", "/bin/sh", "-c", script];
  await using call = new Running(dir, args, { COORD_LANE: "outer", COORD_FENCE: "9" });
  assertEquals([await call.ended, call.out, call.err], [0, "[] []\n", ""]);
});

itSh("coord with --json answers alone on standard output", async () => {
  const { run } = await scene();
  await using call = run("echo said; exit 3", ["src", "--json"]);
  assertEquals([await call.ended, call.err], [3, "said\n"]);
  const { ok, exit_code, status, command_exit_code, run_id, lane, fence } = JSON.parse(call.out);
  assertEquals({ ok, exit_code, status, command_exit_code, run_id, lane, fence }, {
    ok: false,
    exit_code: 3,
    status: "done",
    command_exit_code: 3,
    run_id: "a",
    lane: null,
    fence: 1,
  });
});

itSh("coord with does not run its command when another agent holds what overlaps", async () => {
  const { coord, run, has } = await scene();
  await using _lease = await coord.lanes.hold({ lane: "@x", owner: "b" });
  const calls = [["src", "--lane", "@x"], ["--lane", "@x", "--wait", "0.2"]];
  const codes = await Promise.all(calls.map(async (flags) => {
    await using call = run("echo 1 > ran", flags);
    return { code: await call.ended, says: /lane "@x".*"b"/.test(call.err) };
  }));
  assertEquals(codes, [{ code: 1, says: true }, { code: 75, says: true }]);
  assertEquals(has("ran"), false);
});

itSh("coord with runs its command as soon as what was in the way has gone", async () => {
  const { coord, run } = await scene();
  const taken = await coord.reservations.hold({ addresses: ["src"], runId: "b", exclusive: true });
  await using call = run("true", ["src", "--wait", "60"]);
  await sleep(isHeavy() ? 1_000 : 100);
  await taken[Symbol.asyncDispose]();
  assertEquals(await call.ended, 0);
});

itSh("coord with that is stopped while it waits runs nothing", async () => {
  const { coord, dir, run, has } = await scene();
  await using _lease = await coord.lanes.hold({ lane: "@x", owner: "b" });
  await using call = run("echo 1 > ran", ["src", "--lane", "@x", "--wait", "60"]);
  await until("it waits", () => namesIn(`${dir}/.coord/reservations`).length > 0);
  call.signal("SIGTERM");
  assertEquals([await call.ended, call.err], [1, "coord: Cannot run CMD: the call was stopped\n"]);
  assertEquals(has("ran"), false);
});

itSh("coord with that cannot start its command holds nothing, and says why", async () => {
  const { dir, live } = await scene();
  const codes = await Promise.all(["./missing", "./"].map(async (program) => {
    await using call = new Running(dir, ["with", "--run-id", "a", "src", "--", program]);
    const code = await call.ended;
    return { code, says: call.err.startsWith(`coord: Cannot run "${program}": `) };
  }));
  assertEquals(codes, [{ code: 127, says: true }, { code: 126, says: true }]);
  assertEquals(await live(), []);
});

for (const [name, code] of [["SIGTERM", 143], ["SIGINT", 130]] as const) {
  itSh(
    `coord with passes ${name} on, once, and gives its holds back after its command`,
    async () => {
      const { run, has, live, dir } = await scene();
      const trap =
        `trap 'echo ${name} >> got; trap - ${name.slice(3)}; kill -${name.slice(3)} $$' ` +
        name.slice(3);
      await using call = run(`${trap}; echo 1 > began; while :; do sleep 0.02; done`);
      await until("it runs", () => has("began"));
      call.signal(name);
      assertEquals(await call.ended, code);
      assertEquals(written(`${dir}/got`), name);
      assertEquals(await live(), []);
    },
  );
}

const itHeavy = itIf(hasShell && isHeavy(), "it takes seconds");

itHeavy("coord with keeps its holds while its command cleans up after SIGTERM", async () => {
  const { dir, run, has, live } = await scene();
  const script = `trap 'echo 1 > got; until [ -s go ]; do sleep 0.02; done; exit 5' TERM
    echo 1 > began; while :; do sleep 0.02; done`;
  await using call = run(script, ["src", "--ttl", "4"]);
  await until("it runs", () => has("began"));
  call.signal("SIGTERM");
  await until("it cleans up", () => has("got"));
  await sleep(5_000);
  assertEquals(await live(), ["src"]);
  write(`${dir}/go`, "1");
  assertEquals(await call.ended, 5);
});

itSh("coord with ends its command when a hold is lost", async () => {
  const { coord, run, has, live, gone } = await scene();
  const stubborn = isHeavy() ? "trap '' TERM; " : "";
  await using call = run(stubborn + STAY, ["--lane", "@x", "src"]);
  await until("it runs", () => has("pids"));
  await coord.lanes.adopt({ lane: "@x", owner: "b" });
  assertEquals(await call.ended, 143);
  assert_(/lane "@x"/.test(call.err), call.err);
  await gone();
  assertEquals(await live(), ["@x"]);
});

itSh("coord with leaves what its command started the time to clean up after SIGTERM", async () => {
  const { run, has } = await scene();
  await using call = run(SLOW_CHILD);
  await until("it runs", () => has("began"));
  call.signal("SIGTERM");
  assertEquals([await call.ended, has("cleaned")], [143, true]);
});

itSh("coord with that is killed takes its command along", async () => {
  const { run, has, gone } = await scene();
  await using call = run(STAY);
  await until("it runs", () => has("pids"));
  call.signal("SIGKILL");
  await gone();
});

itSh("coord with ends what its command leaves running, after its last words", async () => {
  const { run, gone } = await scene();
  const script = `(trap '' HUP TERM; sleep 60 & echo $! > pids; wait) &
    (sleep 0.1; echo last words) & until [ -s pids ]; do sleep 0.01; done`;
  await using call = run(script);
  assertEquals([await call.ended, call.out], [0, "last words\n"]);
  await gone();
});

itTerminal("coord with runs its command in the foreground of a terminal", async () => {
  const { dir, has, live } = await scene();
  const script = `trap 'echo 1 >> got' INT; echo $$ > began
    until [ -s got ]; do sleep 0.02; done; read -r line < /dev/tty; echo "read: $line"; exit 4`;
  await using terminal = new OnTerminal(dir, script);
  await until("it runs", () => has("began"));
  terminal.type("\x03");
  await until("it has been interrupted", () => has("got"));
  terminal.type("typed\n");
  await terminal.ended();
  assertEquals(written(`${dir}/got`), "1");
  assertEquals(terminal.out.match(/read: .*|ended .*/g), ["read: typed", "ended with 4"]);
  assertEquals(await live(), []);
});

itTerminal(
  "coord with ends all that its command started on a terminal, when a hold is lost",
  async () => {
    const { coord, dir, has, gone } = await scene();
    await using terminal = new OnTerminal(dir, STAY);
    await until("it runs", () => has("pids"));
    await coord.lanes.adopt({ lane: "@x", owner: "b" });
    await terminal.ended();
    assertEquals(terminal.out.match(/ended .*/g), ["ended with 143"]);
    await gone();
  },
);

itTerminal("coord with that is killed takes its command along from a terminal", async () => {
  const { dir, has, gone } = await scene();
  await using terminal = new OnTerminal(dir, `echo $PPID > coord; ${STAY}`);
  await until("it runs", () => has("pids"));
  kill(Number(written(`${dir}/coord`)));
  await gone();
  await until("the shell goes on", () => terminal.out.includes("ended with 137"));
});

it("coord with needs a workspace", async () => {
  await using call = new Running(makeTempDir(), ["with", "--run-id", "a", "src", "--", "true"]);
  assertEquals(await call.ended, 2);
});
