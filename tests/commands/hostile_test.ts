/**
 * Whatever agents and other tools write, nothing of it acts on a terminal and every answer in JSON
 * stays one line.
 */
import { main } from "../../src/cli/main.ts";
import { jsonLine } from "../../src/domain/json.ts";
import { assert_, assertEquals, it } from "../deps.ts";
import { fakeHost, scratch } from "../support/fake/host.ts";

const UUID = "aaaaaaaa-0000-4000-8000-000000000001";
const OTHER = "bbbbbbbb-0000-4000-8000-000000000002";
const TASK = "c".repeat(64);

const TEXTS: Readonly<Record<string, string>> = {
  "escape sequences": "\x1b[31mred\x1b[0m\x1b]0;title\x07\x9b2J\x1bPq\x1b\\",
  "bidi controls": "\u202aa\u202bb\u202cc\u202dd\u202ee\u2066f\u2067g\u2068h\u2069i\u200ej\u200fk",
  "line breaks": "one\ntwo\r\nthree\u0085four\u2028five\u2029six\vseven\feight",
  "NUL and other controls": "a\0b\x01c\bd\x7fe",
  "10,000 characters": "long".repeat(2_500),
  "half a character": "a\ud800b",
};

/** What may act on a terminal, or what it shows without a trace. */
// deno-lint-ignore no-control-regex
const HARMFUL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\u200e\u200f]/;

/** What a reader of lines may take for the end of one. */
// deno-lint-ignore no-control-regex
const BREAKING = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/** What begins a line only if a text was broken into lines. */
const BROKEN = /^(?:two|three|four|five|six|seven|eight)/m;

/** A workspace in which another tool has left this text in every field. */
function workspaceWith(text: string) {
  const folder = scratch();
  const { fs } = fakeHost();
  const put = (name: string, record: object) => {
    fs.makeDir(`${folder.path}/.coord/${name.split("/")[0]}`);
    const bytes = new TextEncoder().encode(jsonLine(record));
    fs.createNew(`${folder.path}/.coord/${name}.json`, bytes);
  };
  const plan = { run_id: text, branch: text, operation: text, addresses: ["src", text] };
  const created = { created_at: "2026-11-21T09:00:00.000000+00:00" };
  const expires = { expires_at: "2099-11-21T09:00:00.000000+00:00" };
  put(`reservations/${UUID}`, { ...plan, ...created, ...expires, note: text });
  put(`reservations/${OTHER}`, { ...plan, ...created, ...expires, [text]: text });
  put(`intents/${UUID}`, { ...plan, ...created, detail: text, reservation_id: UUID });
  put(`heartbeats/${UUID}`, {
    run_id: text,
    last_beat_at: "2026-11-21T09:00:00Z",
    extended_expires_at: "2099-11-22T09:00:00Z",
  });
  put(`releases/${OTHER}`, { run_id: text, reason: text, released_at: "2026-11-21T09:00:00Z" });
  put(`tasks/${TASK}`, { title: text, created_by: text, tags: [text], ...created, [text]: text });
  put(`claims/${TASK}`, {
    claimer_run_id: text,
    claimed_at: "2026-11-21T09:00:00Z",
    expires_at: "2026-11-21T09:00:01Z",
    error: text,
    result: { [text]: text },
  });
  put(`dependencies/${TASK}`, { depends_on: [text] });
  fs.makeDir(`${folder.path}/.coord/lanes`);
  const journal = `${folder.path}/.coord/lanes/lane-journal.jsonl`;
  fs.createNew(journal, new TextEncoder().encode(journalOf(text)));
  return folder;
}

/** A lanes' journal with this text in every field, and as a line that is none. */
function journalOf(text: string): string {
  const ts = new Date().toISOString();
  const key = { lane: text, loop_ts: text, host_id: text, ts };
  const who = { holder: text, owner: text, lane_kind: text, tree: [text, "src"], run_id: text };
  const lease = { ...key, ...who, acquired_at: ts, ttl_seconds: 3000, process: { boot: text } };
  const entries = [
    { op: "ACQUIRE", seq: 1, ...key, ...who, reason: text, lease },
    { op: "HEARTBEAT", seq: 2, ...key, heartbeat_at: ts },
    { op: "SPAWN", seq: 3, ...key, ...who, handle: text, reason: text },
    { op: "HALT", seq: 4, ...key, handle: text, reason: text, command: text },
    { op: "REFUSE", seq: 5, ...key, ...who, reason: text, conflicts: [{ witness: text }] },
    { op: "ADOPT", seq: 6, ...key, ...who, prev_holder: text, reason: text, heartbeat_at: ts },
    { op: text, seq: 7, ...key, [text]: text },
  ];
  return `${entries.map(jsonLine).join("\n")}\n{"op": "ACQUIRE", ${text}\n`;
}

/** Calls with the text in every place that takes one, and what shows what others wrote. */
function commands(text: string): readonly (readonly string[])[] {
  const me = ["--run-id", "me"];
  const lane = ["--lane", text, "--owner", text, "--loop-ts", text];
  return [
    ["list", "--all"],
    ["forecast"],
    ["reconcile"],
    ["reserve", "src/a.py", ...me, "--branch", "main"],
    ["reserve", "src/a.py", ...me, "--branch", "main", "--exclusive"],
    ["reserve", text, "--run-id", text, "--branch", text, "--op", text],
    ["reserve", "lib", "--run-id", text],
    ["reserve", `lib/${text.slice(0, 1000)}`, ...me],
    ["heartbeat", UUID, ...me],
    ["heartbeat", OTHER, ...me],
    ["heartbeat", UUID, "--run-id", text],
    ["heartbeat", text, ...me],
    ["heartbeat", TASK, ...me],
    ["release", OTHER, ...me],
    ["release", UUID, ...me],
    ["release", UUID, ...me, "--force", "--reason", text],
    ["release", UUID, ...me, "--force"],
    ["intent", "docs", text, "--op", "move", "--run-id", text, "--detail", text],
    ["intent", "docs", "--op", "move", ...me, "--detail", text.slice(0, 4000)],
    ["intent", "docs", "--op", text, "--reservation-id", text],
    ["list", "--run-id", text, "--branch", text, "--kind", text],
    ["forecast", "--run-id", text, "--branch", text],
    ["tasks"],
    ["tasks", "--queue", text, "--status", text, "--run-id", text],
    ["enqueue", text, ...me, "--tags", "a", "--payload", JSON.stringify({ [text]: text })],
    ["enqueue", text, "--run-id", text, "--tags", text, "--queue", text, "--payload", text],
    ["complete", TASK, ...me],
    ["complete", TASK, "--run-id", text, "--result", text],
    ["claim", ...me],
    ["fail-task", TASK, ...me, "--error", text.slice(0, 4000)],
    ["fail-task", TASK, "--run-id", "you", "--error", text],
    ["cancel-task", TASK, ...me],
    ["cancel-task", text, "--run-id", text],
    ["lane", "live"],
    ["lane", "live", "--all"],
    ["lane", "acquire", "src/a", "--lane", "lane-1", "--owner", "me"],
    ["lane", "arbitrate", "src/a", "--lane", "lane-1", "--owner", "me"],
    ["lane", "acquire", text, ...lane, "--kind", text, "--tree", text, "--run-id", text],
    ["lane", "acquire", "docs", "--lane", text.slice(0, 200), "--owner", "me"],
    ["lane", "acquire", `lib/${text}`, "--lane", "lane-2", "--owner", text.slice(0, 200)],
    ["lane", "check", "--lane", text, "--fence", "1"],
    ["lane", "liveness", "--lane", text, "--since", text],
    ["lane", "heartbeat", ...lane],
    ["lane", "heartbeat", "--lane", text, "--owner", "me"],
    ["lane", "adopt", ...lane],
    ["lane", "spawn", ...lane, "--run-id", text, "--reason", text],
    ["lane", "spawn", "--lane", "lane-2", "--owner", "me", "--reason", text.slice(0, 200)],
    ["lane", "halt", text, ...lane.slice(0, 2), "--reason", text, "--command", text],
    ["lane", "halt", text.slice(0, 200), "--lane", "lane-2", "--reason", text.slice(0, 200)],
    ["lane", "release", ...lane],
    ["lane", text],
    ["journal", "tail"],
    ["journal", "replay"],
    ["journal", "verify"],
    ["journal", "replay", "--journal", text],
    ["status"],
    ["gc", "--grace", "0"],
    ["watch", "--once"],
    ["watch", "--once", "--kind", text, "--cursor", text, "--backend", text],
    ["status", "--dir", text],
    [text],
    ["help", text],
    ["list", `--${text}`],
  ];
}

for (const [name, text] of Object.entries(TEXTS)) {
  it(`no command shows ${name} as it is`, async () => {
    using folder = workspaceWith(text);
    for (const args of commands(text)) {
      const called = args.map((arg) => arg === text ? name : arg.slice(0, 40)).join(" ");
      const plain = fakeHost({ args, cwd: folder.path });
      await main(plain);
      const shown = plain.out + plain.err;
      assertEquals([HARMFUL.test(shown), BROKEN.test(shown)], [false, false], called);
      assertEquals(/Internal error.*/.exec(shown)?.[0], undefined, called);
      const json = fakeHost({ args: [...args, "--json"], cwd: folder.path });
      await main(json);
      for (const line of linesOf(json.out)) {
        assertEquals(BREAKING.test(line), false, called);
        assertEquals(typeof JSON.parse(line), "object", called);
      }
    }
  });

  it(`a terminal shows JSON with ${name} escaped`, async () => {
    using folder = workspaceWith(text);
    for (
      const words of ["list --all", "tasks", "lane live --all", "journal tail", "watch --once"]
    ) {
      const args = [...words.split(" "), "--json"];
      const [plain, terminal] = [[], ["stdout"] as const].map((terminals) =>
        fakeHost({ args, cwd: folder.path, terminals })
      );
      assert_(plain && terminal);
      await main(plain);
      await main(terminal);
      assertEquals(HARMFUL.test(terminal.out), false, words);
      assertEquals(linesOf(terminal.out).length, linesOf(plain.out).length, words);
    }
  });
}

function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}

it("one agent's long texts leave room for the others in a table", async () => {
  using folder = workspaceWith("long".repeat(2_500));
  const host = fakeHost({ args: ["list", "--all"], cwd: folder.path });
  await main(host);
  const widest = Math.max(...host.out.split("\n").map((line) => line.length));
  assertEquals(widest < 500, true, `${widest} columns`);
});
