/** Input that no caller means: command lines, lines, payloads, settings and messages at random. */
import { main } from "../../src/cli/main.ts";
import { DIALECTS } from "../../src/commands/hook/dialects.ts";
import { assert_, assertEquals, it, itIf } from "../deps.ts";
import { fakeHost } from "../support/fake/host.ts";
import { isHeavy, sized } from "../support/length.ts";
import { ownTime, type Passed, stopwatch } from "../support/program/own_time.ts";
import { isLinux } from "../support/race/mutex_race.ts";
import {
  asProcess,
  type Ended,
  endOf,
  LIMIT_MS,
  problemsOf,
  randomJson,
  randomLine,
  randomText,
} from "../support/program/fuzz.ts";
import { newSeed, type Random } from "../support/random.ts";
import { makeFolder, makeTempDir, writeOver } from "../support/scene/scratch.ts";

/** Milliseconds after which a command that waits is interrupted. */
const PATIENCE_MS = 100;

/** Cases that share a workspace. */
const SHARED = 200;

const random = newSeed("fuzz");
const itHeavy = itIf(isHeavy(), "it starts processes, only with COORD_HEAVY=1");

async function inProcess(
  dir: string,
  args: readonly string[],
  stdin: string | readonly Uint8Array[] = "",
): Promise<Ended & { passed: Passed }> {
  const host = fakeHost({ args, cwd: `${dir}/a/b`, env: { HOME: dir }, stdin });
  const stops = setInterval(() => host.interrupt(), PATIENCE_MS);
  const passed = stopwatch();
  try {
    const code = await main(host);
    return { code, out: host.out, err: host.err, passed: passed() };
  } finally {
    clearInterval(stops);
  }
}

async function makeWorkspace(): Promise<string> {
  const dir = makeTempDir();
  makeFolder(`${dir}/a/b`);
  await main(fakeHost({ args: ["init"], cwd: dir }));
  for (const line of ["enqueue a", "reserve src/a.ts", "reserve b --exclusive"]) {
    await inProcess(dir, [...line.split(" "), "--run-id", "me"]);
  }
  return dir;
}

/** Plays cases and asserts that none has a problem. */
async function play(
  cases: number,
  one: (dir: string) => Promise<{ readonly said: unknown; readonly problems: readonly string[] }>,
): Promise<void> {
  let dir = "";
  for (let at = 0; at < cases; at++) {
    if (at % SHARED === 0) dir = await makeWorkspace();
    const { said, problems } = await one(dir);
    assertEquals(problems, [], JSON.stringify(said).slice(0, 3_000));
  }
}

function late({ passed }: { readonly passed: Passed }): string[] {
  const ms = ownTime(passed);
  return ms > LIMIT_MS ? [`it took ${ms.toFixed(0)} ms`] : [];
}

it("late() goes by all time on a free machine, and by that with a processor on a busy one", () => {
  const of = (wall: number, cpu: number, crowded?: number) => {
    return late({ passed: { wall, cpu, crowded } });
  };
  assertEquals(of(4_900, 4_900, 0), []);
  assertEquals(of(5_100, 10, 0), ["it took 5100 ms"]);
  assertEquals(of(60_000, 4_900, 55_500), []);
  assertEquals(of(60_000, 5_100, 59_000), ["it took 5100 ms"]);
  assertEquals(of(60_000, 4_900), []);
  const passed = stopwatch();
  for (let { cpu } = passed(); cpu < 30;) ({ cpu } = passed());
  assert_(ownTime(passed()) >= 30);
});

itIf(isLinux, "it reads /proc")("a process that never ends is found to be late", async () => {
  const command = ["sh", "-c", "while :; do :; done"];
  const ended = await endOf(command, await makeWorkspace(), { limitMs: 300 });
  assertEquals(ended?.err, "it took more than 300 ms");
});

it("any command line is answered with a code of the table, and in JSON mode with JSON", async () => {
  await play(sized(60, 2_500, 50_000), async (dir) => {
    const line = await randomLine(random);
    const ended = await inProcess(dir, line.args);
    return { said: { ...line, ...ended }, problems: [...problemsOf(line, ended), ...late(ended)] };
  });
});

it("problemsOf() finds a code of no table, a trace, and output that is not as it should be", () => {
  const good = { code: 1, out: '{"exit_code":1}\n', err: "Cannot do it\n" };
  const of = (changed: Partial<Ended>) => problemsOf({ prints: "one" }, { ...good, ...changed });
  assertEquals(of({}), []);
  assertEquals(of({ code: null, out: "" }), [
    "exit code null",
    "0 answers",
    "it says another code",
  ]);
  assertEquals(of({ code: 70, out: '{"exit_code":70}\n' }), ["exit code 70"]);
  assertEquals(of({ err: "TypeError: x\n    at f (file:///a.ts:1:2)\n" }), ["a stack trace"]);
  assertEquals(of({ err: "Internal error: x\n" }), ["an internal error"]);
  assertEquals(of({ out: "done\n" }), ["no JSON"]);
  assertEquals(of({ out: `${good.out}${good.out}` }), ["2 answers"]);
  assertEquals(of({ out: good.out.trim() }).at(0), "a part of a line");
  assertEquals(of({ out: '{"exit_code":0}\n' }), ["it says another code"]);
});

const TASK_FIELDS = ["title", "priority", "payload", "queue", "after", "key", "ttl", "tags", "a"];

it("any lines of standard input are taken whole or refused whole", async () => {
  await play(sized(20, 400, 10_000), async (dir) => {
    const length = random.below(4);
    const lines = Array.from(
      { length },
      () => randomText(random, randomJson(random, TASK_FIELDS)).replaceAll("\n", " "),
    );
    const args = random.pick([["enqueue", "--stdin"], ["check", "--stdin0"]]);
    const sent = [...args, "--json", "--run-id", "me"];
    const ended = await inProcess(dir, sent, [bytesOf(lines.join("\n"), random)]);
    const prints = ended.code === 0 && args[0] === "enqueue" ? "lines" : "one";
    return {
      said: { lines, ...ended },
      problems: [...problemsOf({ prints }, ended), ...late(ended)],
    };
  });
});

/** The bytes of a text, one in ten with a byte that is no UTF-8. */
function bytesOf(text: string, random: Random): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length > 0 && random.chance(0.1)) bytes[random.below(bytes.length)] = 0xff;
  return bytes;
}

const PAYLOAD_FIELDS = [
  ...["session_id", "hook_event_name", "tool_name", "tool_input", "file_path", "cwd", "moment"],
  ...[
    "PreToolUse",
    "Write",
    "Bash",
    "command",
    "session",
    "writes",
    "path",
    "edits",
    "tool",
    "args",
  ],
  ...["conversation_id", "workspace_roots", "toolName", "toolArgs", "pre", "post", "SessionStart"],
];

it("any payload of any host gets that host's own answer", async () => {
  await play(sized(40, 1_000, 20_000), async (dir) => {
    const host = random.pick(Object.keys(DIALECTS));
    const text = randomText(random, randomJson(random, PAYLOAD_FIELDS, 4));
    const event = random.chance(0.5) ? [random.pick(PAYLOAD_FIELDS)] : [];
    const ended = await inProcess(dir, ["hook", "run", host, ...event], [bytesOf(text, random)]);
    const problems = problemsOf({ prints: "other" }, ended);
    return { said: { host, event, text, ...ended }, problems: [...problems, ...late(ended)] };
  });
});

const SETTINGS_FIELDS = [
  ...["ttl", "claim_ttl", "lanes", "autopick", "kinds", "hook", "worktrees", "retention", "store"],
  ...["tree", "exclusive", "mode", "git", "ignore", "hooks", "PreToolUse", "matcher", "command"],
];

it("any settings are read or refused, and never crash a command", async () => {
  await play(sized(10, 300, 5_000), async (dir) => {
    const file = random.pick(["coord.json", ".coord/lanes.json", ".claude/settings.json"]);
    const text = randomText(random, randomJson(random, SETTINGS_FIELDS));
    makeFolder(`${dir}/.claude`);
    writeOver(`${dir}/${file}`, bytesOf(text, random));
    const problems: string[] = [];
    const asked = ["config", "status", "lane live", "hook status", "hook install claude --dry-run"];
    const line = random.pick(asked);
    const ended = await inProcess(dir, [...line.split(" "), "--json"]);
    problems.push(...problemsOf({ prints: "one" }, ended), ...late(ended));
    writeOver(`${dir}/${file}`, "{}");
    return { said: { line, file, text, ...ended }, problems };
  });
});

const MESSAGE_FIELDS = [
  ...["jsonrpc", "2.0", "id", "method", "params", "initialize", "tools/call", "tools/list", "name"],
  ...["arguments", "coord_reserve", "coord_task_add", "coord_task_take", "addresses", "title"],
  ...["protocolVersion", "2025-06-18", "resources/read", "uri", "coord://status", "ping", "_meta"],
];

it("any messages leave the server of the Model Context Protocol alive to its end", async () => {
  await play(sized(4, 100, 2_000), async (dir) => {
    const lines = Array.from({ length: 5 }, () => {
      const message = { jsonrpc: "2.0", ...randomJson(random, MESSAGE_FIELDS) as object };
      return randomText(random, message).replaceAll("\n", " ");
    });
    const ended = await inProcess(dir, ["mcp"], [bytesOf(`${lines.join("\n")}\n`, random)]);
    const problems = ended.code === 0 ? [] : [`exit code ${ended.code}`];
    problems.push(...problemsOf({ prints: "lines" }, ended), ...late(ended));
    return { said: { lines, ...ended }, problems };
  });
});

itHeavy("the same holds of processes", async () => {
  let dir = await makeWorkspace();
  for (let at = 0; at < sized(1, 50, 500); at++) {
    if (at % SHARED === 0) dir = await makeWorkspace();
    const lines = await Promise.all(Array.from({ length: 4 }, async () => {
      const line = await randomLine(random);
      // The system takes neither a NUL nor half a surrogate.
      return { ...line, args: line.args.map((arg) => arg.replaceAll("\0", "").toWellFormed()) };
    }));
    await Promise.all(lines.map(async (line) => {
      const ended = await asProcess(dir, line);
      if (ended === undefined) return;
      assertEquals(problemsOf(line, ended), [], JSON.stringify({ line, ...ended }).slice(0, 3_000));
    }));
  }
});
