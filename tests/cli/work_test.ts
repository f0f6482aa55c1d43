import { assert_, assertEquals, it, itIf } from "../deps.ts";
import { openWorkspace } from "../../mod.ts";
import { isHeavy } from "../support/length.ts";
import { hasShell } from "../support/program/posix_shell.ts";
import {
  isRunning,
  isWritten,
  namesIn,
  SLOW_CHILD,
  until,
  Working,
  written,
} from "../support/program/working.ts";
import { sleep } from "../support/race/processes.ts";
import { makeTempDir } from "../support/scene/scratch.ts";
import { workspace } from "../support/scene/workspace.ts";

const itSh = itIf(hasShell, "there is no shell of POSIX");
const itHeavy = itIf(hasShell && isHeavy(), "it takes seconds");

/** A workspace on real time with these tasks. */
async function scene(titles: readonly string[]) {
  const { dir } = await workspace();
  const { tasks } = await openWorkspace({ dir });
  await tasks.enqueueAll(titles.map((title) => ({ title, runId: "p", payload: { n: 1 } })));
  return {
    dir,
    tasks,
    work: (script: string, ...flags: readonly string[]) => new Working(dir, flags, script),
    /** Numbers that a script wrote to a file. */
    numbers: (name: string) => written(`${dir}/${name}`).split(/\s+/).map(Number),
    has: (name: string) => isWritten(`${dir}/${name}`),
  };
}

const ended = { queue: "default", run_id: "a", attempt: 1, fence: 1, result: null, error: null };

const EVERY_END = `
case $COORD_TITLE in
  broken) echo '{"a":' > $COORD_RESULT_FILE ;;
  list) echo '[1]' > $COORD_RESULT_FILE ;;
  none) ;;
  large) head -c 70000 /dev/zero | tr '\\0' 1 | sed 's/.*/{"a":"&"}/' > $COORD_RESULT_FILE ;;
  larger) head -c 2000000 /dev/zero > $COORD_RESULT_FILE ;;
  empty) : > $COORD_RESULT_FILE ;;
  folder) mkdir $COORD_RESULT_FILE ;;
  silent) exit 3 ;;
  result) printf '{"title": "%s", "payload": %s}' "$COORD_TITLE" "$(cat $COORD_PAYLOAD_FILE)" > $COORD_RESULT_FILE ;;
  killed) kill -9 $$ ;;
  binary) printf '\\377\\376\\000x' >&2; exit 4 ;;
  stdin) cat; [ -z "$(cat)" ] ;;
  huge) head -c 3000000 /dev/zero | tr '\\0' y >&2; printf 'at the end' >&2; exit 5 ;;
  '$(touch hacked)"; touch hacked') [ "$COORD_TITLE" = '$(touch hacked)"; touch hacked' ] ;;
esac`;

itSh("coord work reports each way in which a command ends", async () => {
  // Two that fail, one that does not: after three in a row the worker pauses.
  const titles = EVERY_END.split("\n").flatMap((line) => /^ {2}(\w+)\)/.exec(line)?.[1] ?? []);
  const evil = '$(touch hacked)"; touch hacked';
  const { dir, tasks, work } = await scene([...titles, evil]);
  await using worker = work(EVERY_END, "--drain", "--concurrency", "2");
  assertEquals(await worker.ended, 1);
  const took = "Cannot take the result of the command: ";
  const completed = (title: string, result: object | null = null) => ({
    ...ended,
    status: "completed",
    title,
    result,
  });
  const failed = (title: string, error: string) => ({ ...ended, status: "failed", title, error });
  const byTitle = new Map(worker.lines.map((line) => [line.title, line]));
  assertEquals(titles.length, 13);
  assertEquals(byTitle.size, titles.length + 1);
  assertEquals([...titles, evil].map((title) => byTitle.get(title)), [
    failed("broken", `${took}it is not valid JSON`),
    failed("list", `${took}it must be a JSON object`),
    completed("none"),
    failed("large", `${took}it is larger than 65536 bytes (70008)`),
    failed("larger", `${took}it is larger than 65536 bytes (2000000)`),
    completed("empty"),
    failed("folder", `${took}$COORD_RESULT_FILE is no file`),
    failed("silent", "exit code 3"),
    completed("result", { title: "result", payload: { n: 1 } }),
    failed("killed", "exit code 137"),
    failed("binary", "exit code 4: \0x"),
    completed("stdin"),
    failed("huge", `exit code 5: ${"y".repeat(4_096 - 13 - 10)}at the end`),
    completed(evil),
  ]);
  assert_(worker.err.length > 3_000_000, "all that commands write is passed on");
  assertEquals(namesIn(dir).includes("hacked"), false);
  assertEquals((await tasks.list()).claimed, 0);
});

itSh("coord work gives a task back at exit code 75, and takes it again", async () => {
  const { work } = await scene(["x"]);
  await using worker = work('[ "$COORD_ATTEMPT" = 2 ] || exit 75', "--drain");
  assertEquals(await worker.ended, 0);
  assertEquals(worker.lines, [
    { ...ended, status: "given_back", title: "x" },
    { ...ended, status: "completed", title: "x", attempt: 2, fence: 3 },
  ]);
});

itSh("coord work ends what a command leaves running, and waits for its last words", async () => {
  const { work, numbers } = await scene(["x"]);
  const script = `(trap '' HUP TERM; sleep 60 & echo $! > left; wait) > /dev/null 2>&1 &
    (sleep 0.1; echo last words >&2) & until [ -s left ]; do sleep 0.01; done`;
  await using worker = work(script, "--once");
  assertEquals(await worker.ended, 0);
  assertEquals(worker.err, "last words\n");
  for (const pid of numbers("left")) await until("it is gone", () => !isRunning(pid));
});

itSh("coord work finishes the task in hand at a first SIGTERM, and leaves the next", async () => {
  const { tasks, work, has } = await scene(["x", "y"]);
  await using worker = work("echo 1 > began; sleep 1");
  await until("the command runs", () => has("began"));
  worker.signal("SIGTERM");
  assertEquals(await worker.ended, 0);
  assertEquals(worker.lines, [{ ...ended, status: "completed", title: "x" }]);
  assertEquals((await tasks.list()).pending, 1);
});

itSh("coord work ends its command at a second SIGTERM, and gives the task back", async () => {
  const { tasks, work, has, numbers } = await scene(["x"]);
  const stubborn = isHeavy() ? "trap '' TERM; " : "";
  await using worker = work(`${stubborn}sleep 60 & echo $$ $! > pids; wait`);
  await until("the command runs", () => has("pids"));
  const exit = worker.ended;
  worker.signal("SIGTERM");
  await sleep(100);
  worker.signal("SIGTERM");
  // Two that come before a busy process looks are one.
  if (await Promise.race([exit, sleep(10_000)]) === undefined) worker.signal("SIGTERM");
  assertEquals(await exit, 0);
  assertEquals(worker.lines, [
    { ...ended, status: "given_back", title: "x", error: "coord was stopped" },
  ]);
  for (const pid of numbers("pids")) await until("it is gone", () => !isRunning(pid));
  assertEquals((await tasks.claim({ runId: "b" })).status, "claimed");
});

itHeavy(
  "coord work leaves what its command started the time to clean up after SIGTERM",
  async () => {
    const { work, has } = await scene(["one"]);
    await using worker = work(SLOW_CHILD, "--once");
    await until("it runs", () => has("began"));
    const exit = worker.ended;
    worker.signal("SIGTERM");
    await sleep(100);
    worker.signal("SIGTERM");
    // Two that come before a busy process looks are one.
    if (await Promise.race([exit, sleep(10_000)]) === undefined) worker.signal("SIGTERM");
    await exit;
    assertEquals([worker.lines.map(({ status }) => status), has("cleaned")], [
      ["given_back"],
      true,
    ]);
  },
);

itSh("coord work takes its command along when it is killed", async () => {
  const { work, has, numbers } = await scene(["x"]);
  await using worker = work("sleep 60 & echo $$ $! > pids; wait");
  await until("the command runs", () => has("pids"));
  worker.signal("SIGKILL");
  for (const pid of numbers("pids")) await until("it is gone", () => !isRunning(pid));
});

itSh("coord work that is killed takes its command along, whatever tidied up before", async () => {
  const { dir, numbers, has } = await scene(["x"]);
  const temporary = makeTempDir();
  const script = 'rm -r "$TMPDIR"/*; sleep 60 & echo $$ $! > pids; wait';
  await using worker = new Working(dir, [], script, { TMPDIR: temporary });
  await until("the command runs", () => has("pids"));
  assertEquals(namesIn(temporary), []);
  worker.signal("SIGKILL");
  for (const pid of numbers("pids")) await until("it is gone", () => !isRunning(pid));
});

itSh("coord work that slept past its claim ends its command and reports nothing", async () => {
  const { tasks, work, has, numbers } = await scene(["x"]);
  await using worker = work("sleep 60 & echo $$ $! > pids; wait", "--once", "--claim-ttl", "1");
  await until("the command runs", () => has("pids"));
  worker.signal("SIGSTOP");
  const other = await tasks.claim({ runId: "b", wait: 10, claimTtl: 600 });
  assert_(other.status === "claimed");
  worker.signal("SIGCONT");
  assertEquals(await worker.ended, 0);
  assertEquals(worker.lines.map(({ status, title }) => ({ status, title })), [
    { status: "lost", title: "x" },
  ]);
  for (const pid of numbers("pids")) await until("it is gone", () => !isRunning(pid));
  const { claim } = await tasks.get(other.task_id);
  assertEquals([claim?.status, claim?.claimer_run_id], ["claimed", "b"]);
});

itSh("coord work ends a command that takes longer than it may", async () => {
  const { work } = await scene(["x"]);
  await using worker = work("sleep 60 & wait", "--drain", "--max-runtime", "0.3");
  assertEquals(await worker.ended, 1);
  const error = "Cannot go on with the task: it took longer than 0.3 s";
  assertEquals(worker.lines, [{ ...ended, status: "failed", title: "x", error }]);
});

itSh(
  "coord work ends when the reader of its output has gone, and gives back what it has",
  async () => {
    const { tasks, work, has } = await scene(["x", "y"]);
    await using worker = work(
      // The first may not end before the other was claimed.
      `if [ "$COORD_TITLE" = x ]; then until [ -s y ]; do sleep 0.02; done; echo 1 > x
       else echo 1 > y; sleep 60 & wait; fi`,
      "--concurrency",
      "2",
    );
    worker.closeOutput();
    await until("both began", () => has("x") && has("y"));
    assertEquals(await worker.ended, 0);
    const { completed, timed_out } = await tasks.list();
    assertEquals([completed, timed_out], [1, 1]);
  },
);

itSh("coord work keeps the files of its tasks in one folder, and leaves none", async () => {
  const { dir } = await scene([]);
  const temporary = makeTempDir();
  const { tasks } = await openWorkspace({ dir });
  for (const title of ["x", "y"]) await tasks.enqueue({ title, runId: "p" });
  // A folder may go that lies there for long.
  const script =
    `for file in "$COORD_PAYLOAD_FILE" "$COORD_RESULT_FILE"; do echo "$file" >> places; done
    [ -s "$COORD_PAYLOAD_FILE" ] && [ "$(ls "$TMPDIR" | grep -c coord-work)" = 1 ] || exit 1
    if [ "$COORD_TITLE" = x ]; then rm -r "$(dirname "$COORD_RESULT_FILE")"
    else echo '{}' > $COORD_RESULT_FILE; fi`;
  await using worker = new Working(dir, ["--drain"], script, { TMPDIR: temporary });
  assertEquals([await worker.ended, worker.err], [0, ""]);
  const places = written(`${dir}/places`).split("\n");
  const folders = new Set(places.map((path) => path.replace(/\/[^/]*$/, "")));
  assertEquals([places.length, new Set(places).size, folders.size], [4, 4, 1]);
  assert_(places.every((path) => path.startsWith(temporary)));
  assertEquals(namesIn(temporary), []);
});

itSh("coord work that cannot start its command gives the task back, and ends", async () => {
  const { dir, tasks } = await scene(["x"]);
  await using worker = new Working(dir, ["--", "./missing", "--help"], "");
  assertEquals(await worker.ended, 64);
  const [line, error] = worker.lines;
  assertEquals(line, { ...ended, status: "given_back", title: "x" });
  assertEquals(error?.error, 'Cannot run "./missing": no such file or directory (ENOENT)');
  assertEquals((await tasks.claim({ runId: "b" })).status, "claimed");
});

it("coord work needs a workspace", async () => {
  await using worker = new Working(makeTempDir(), ["--once"], "");
  assertEquals(await worker.ended, 2);
});
