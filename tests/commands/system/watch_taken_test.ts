/** What takes an event of `coord watch --cursor`: a line on standard input, or a command. */
import { main } from "../../../src/cli/main.ts";
import { EXEC_RETRIES_S } from "../../../src/domain/limits.ts";
import { handOver } from "../../../src/engine/watch/hand_over.ts";
import type { RecordEvent, WatchEvent } from "../../../src/domain/watch/event.ts";
import { assertEquals, assertMatch, assertRejects, it } from "../../deps.ts";
import { fakeHost, type FakeOptions, scratch } from "../../support/fake/host.ts";
import { FakeTime } from "../../support/fake/time.ts";

async function run(cwd: string, args: readonly string[], options: FakeOptions = {}) {
  const host = fakeHost({ ...options, args, cwd });
  const code = await main(host);
  return { code, out: host.out, err: host.err };
}

async function workspace(titles: readonly string[]) {
  const folder = scratch();
  await run(folder.path, ["init"]);
  for (const title of titles) await run(folder.path, ["enqueue", title, "--run-id", "p"]);
  return folder;
}

/** `added One` */
function briefs(ndjson: string): string[] {
  return ndjson.split("\n").filter((line) => line !== "").map((line) => {
    const { event_type, data } = JSON.parse(line);
    return data === undefined ? event_type : `${event_type} ${data.title}`;
  });
}

const WATCH = ["watch", "--json", "--kind", "task", "--cursor", "position"];

it("coord watch --ack takes one event a line, and emits the others again", async () => {
  using folder = await workspace(["One", "Two", "Three"]);
  const lines = Promise.withResolvers<void>();
  const host = fakeHost({
    args: [...WATCH, "--ack", "--synced"],
    cwd: folder.path,
    stdin: (async function* () {
      await lines.promise;
      yield new TextEncoder().encode("done\nor");
      yield new TextEncoder().encode(" not\nno line's end");
    })(),
  });
  const running = main(host);
  while (!host.out.includes("synced")) await new Promise((resolve) => setTimeout(resolve, 5));
  lines.resolve();
  assertEquals(await running, 0);
  assertEquals(briefs(host.out), ["snapshot One", "snapshot Two", "snapshot Three", "synced"]);
  const rest = await run(folder.path, [...WATCH, "--once"]);
  assertEquals(briefs(rest.out), ["added Three"]);
});

it("coord watch --ack ignores a line that comes before any event, and says so", async () => {
  using folder = await workspace(["One"]);
  const { code, err } = await run(folder.path, [...WATCH, "--ack"], { stdin: "\n\n" });
  assertEquals({ code, err }, {
    code: 0,
    err: "coord: warning: A line came while no event waited: ignored\n",
  });
  const rest = await run(folder.path, [...WATCH, "--once"]);
  assertEquals(briefs(rest.out), ["added One"]);
});

it("coord watch --exec hands each event over, and takes it when the command exits with 0", async () => {
  using folder = await workspace(["One", "Two"]);
  const inputs: string[] = [];
  const commands = new Set<string>();
  const shell = (command: string, input: string) => {
    commands.add(command);
    inputs.push(input);
    return Promise.resolve(0);
  };
  const args = [...WATCH, "--once", "--synced", "--exec", "./notify.sh"];
  const { code, out } = await run(folder.path, args, { shell });
  assertEquals({ code, out }, { code: 0, out: "" });
  assertEquals(briefs(inputs.join("")), ["snapshot One", "snapshot Two", "synced"]);
  assertEquals([...commands], ["./notify.sh"]);
  assertEquals((await run(folder.path, [...WATCH, "--once"])).out, "");
});

it("coord watch --exec ends where the command cannot start, and begins with that event", async () => {
  using folder = await workspace(["One", "Two"]);
  const codes = [0, 127];
  const shell = () => Promise.resolve(codes.shift() ?? 0);
  const failed = await run(folder.path, [...WATCH, "--once", "--exec", "none"], { shell });
  assertEquals(failed.code, 3);
  assertMatch(
    failed.out,
    /"error":"Cannot hand over \\"snapshot task sha256:\w+\\": the command exited with 127"/,
  );
  assertEquals(briefs((await run(folder.path, [...WATCH, "--once"])).out), ["added Two"]);
});

it("coord watch --ack and --exec need a cursor, and exclude each other", async () => {
  using folder = await workspace([]);
  const { code, err } = await run(folder.path, ["watch", "--ack", "--exec", "true"]);
  assertEquals({ code, err }, {
    code: 64,
    err: "coord: --ack goes together with --cursor\n" +
      "coord: --exec goes together with --cursor\n" +
      "coord: --exec cannot go together with --ack\n",
  });
});

const EVENT: RecordEvent = {
  schema_version: "0",
  event_type: "added",
  kind: "intent",
  id: "i",
  timestamp: "",
  data: {},
};

/** A delivery on a clock of its own; `taken` counts the events that were asked for after it. */
function delivery(run: () => Promise<number>) {
  const time = new FakeTime();
  const abort = new AbortController();
  const warnings: string[] = [];
  const seen = { taken: false, ended: false };
  async function* events(): AsyncGenerator<WatchEvent> {
    try {
      yield EVENT;
      seen.taken = true;
    } finally {
      seen.ended = true;
    }
  }
  const context = { stop: abort.signal, warn: (message: string) => void warnings.push(message) };
  const done = handOver(context, events(), run, time.timers);
  done.catch(() => {});
  return { time, abort, warnings, seen, done };
}

it("handOver() tries a command that failed again, and ends after the last failure", async () => {
  let runs = 0;
  const { time, warnings, seen, done } = delivery(() => Promise.resolve(runs++ * 0 + 3));
  await time.advance(EXEC_RETRIES_S.reduce((sum, seconds) => sum + seconds, 0) - 0.001);
  assertEquals({ runs, ...seen }, { runs: EXEC_RETRIES_S.length, taken: false, ended: false });
  await time.advance(0.001);
  const error = await assertRejects(() => done) as Error;
  assertEquals(
    error.message,
    'Cannot hand over "added intent i": the command exited with 3, 6 times',
  );
  assertEquals(warnings[0], "The command exited with 3 on added intent i: trying again in 1 s");
  assertEquals(seen, { taken: false, ended: true });
});

it("handOver() takes an event whose command succeeded at last", async () => {
  let runs = 0;
  const { time, seen, done } = delivery(() => Promise.resolve(++runs < 3 ? 1 : 0));
  await time.advance(3);
  await done;
  assertEquals({ runs, ...seen }, { runs: 3, taken: true, ended: true });
});

it("handOver() takes nothing when a signal comes while it waits for another try", async () => {
  const { time, abort, seen, done } = delivery(() => Promise.resolve(1));
  await time.settle();
  abort.abort();
  await done;
  assertEquals(seen, { taken: false, ended: true });
});
