/**
 * A journal that another program wrote, by hand from the rules of its format, seen from outside.
 */
import { assert_, assertEquals, it } from "../../deps.ts";
import { main } from "../../../src/cli/main.ts";
import { parseLine } from "../../../src/domain/journal/line.ts";
import { detectHost } from "../../../src/host/detect.ts";
import { fakeHost } from "../../support/fake/host.ts";
import { dosReplay } from "../../support/scene/lanes.ts";
import { workspace } from "../../support/scene/workspace.ts";

const host = await detectHost();

/**
 * A snapshot in the middle, each operation after it, leases nested and inline, two lines that are
 * none, and a last one that a crash tore.
 */
const LINES = [
  `{"host_id": "box", "lane": "gone", "lease": {"holder": "w0", "lane": "gone", "loop_ts": "2026-11-21T08:00:00Z", "tree": ["src/**"]}, "loop_ts": "2026-11-21T08:00:00Z", "op": "ACQUIRE", "seq": 139, "ts": "2026-11-21T08:00:00Z"}`,
  `{"host_id": "box", "lane": "gone", "loop_ts": "2026-11-21T08:00:00Z", "op": "RELEASE", "seq": 140, "ts": "2026-11-21T08:01:00Z"}`,
  `{"leases": [{"acquired_at": "2026-11-21T09:00:00Z", "children": [{"pid": 12}], "holder": "w1", "host_id": "box", "lane": "api", "lane_kind": "cluster", "loop_ts": "2026-11-21T09:00:00Z", "pid": 11, "tree": ["src/api/**"]}, {"acquired_at": "2026-11-21T09:01:00Z", "holder": "w2", "lane": "docs", "loop_ts": "2026-11-21T09:01:00Z", "tree": ["docs/*.md"], "ttl_minutes": 20}], "op": "CHECKPOINT", "seq_watermark": 140}`,
  `{"_line": 2, "_raw": "{\\"op\\": \\"ACQ", "op": "_CORRUPT"}`,
  `{"host_id": "box", "lane": "web", "lease": {"acquired_at": "2026-11-21T09:05:00Z", "holder": "wörker 3", "host_id": "box", "lane": "web", "lane_kind": "cluster", "loop_ts": "2026-11-21T09:05:00Z", "pid": 13, "run_id": "RID-7", "tree": ["src/web/**"]}, "loop_ts": "2026-11-21T09:05:00Z", "op": "ACQUIRE", "prev_holder": null, "reason": "lane-lease:w3", "seq": 141, "ts": "2026-11-21T09:05:00Z"}`,
  `{"acquired_at": "2026-11-21T09:06:00Z", "host_id": "box", "lane": "tools", "lane_kind": "", "loop_ts": "2026-11-21T09:06:00Z", "op": "ACQUIRE", "pid": 14, "seq": 142, "tree": ["tools"], "ts": "2026-11-21T09:06:00Z", "ttl_minutes": 90}`,
  `{"heartbeat_at": "2026-11-21T09:20:00Z", "host_id": "box", "lane": "api", "loop_ts": "2026-11-21T09:00:00Z", "op": "HEARTBEAT", "seq": 143, "ts": "2026-11-21T09:20:00Z"}`,
  `{"host_id": "box", "lane": "web", "loop_ts"`,
  `{"host_id": "box", "lane": "docs", "loop_ts": "2026-11-21T07:00:00Z", "op": "RELEASE", "reason": "another hold", "seq": 144, "ts": "2026-11-21T09:21:00Z"}`,
  `{"host_id": "box", "lane": "docs", "loop_ts": "2026-11-21T09:01:00Z", "op": "RELEASE", "reason": "lane-lease:w2", "seq": 145, "ts": "2026-11-21T09:22:00Z"}`,
  `{"heartbeat_at": "2026-11-21T09:23:00Z", "lane": "docs", "loop_ts": "2026-11-21T09:01:00Z", "op": "HEARTBEAT", "seq": 146, "ts": "2026-11-21T09:23:00Z"}`,
  `{"heartbeat_at": "2026-11-21T09:24:00Z", "holder": "w9", "host_id": "crate", "lane": "web", "loop_ts": "2026-11-21T09:05:00Z", "op": "ADOPT", "pid": 99, "prev_holder": "wörker 3", "reason": "adopt:w9", "seq": 147, "ts": "2026-11-21T09:24:00Z"}`,
  `{"holder": "w4", "host_id": "box", "lane": "soon", "loop_ts": "2026-11-21T09:25:00Z", "op": "SPAWN", "pid": 15, "reason": "spawn:w4", "seq": 148, "ts": "2026-11-21T09:25:00Z"}`,
  `{"command": "kill 11", "handle": "11", "lane": "api", "loop_ts": "2026-11-21T09:00:00Z", "op": "HALT", "reason": "halt", "seq": 149, "ts": "2026-11-21T09:26:00Z"}`,
  `{"holder": "w5", "lane": "api", "loop_ts": "2026-11-21T09:27:00Z", "op": "REFUSE", "reason": "held", "reason_class": "", "seq": 150, "ts": "2026-11-21T09:27:00Z"}`,
  `{"lane": "found", "lease": {"acquired_at": "2026-11-21T09:00:00Z", "holder": "w6", "lane": "found", "loop_ts": "2026-11-21T09:28:00Z", "tree": ["lib/found"]}, "loop_ts": "2026-11-21T09:28:00Z", "op": "RECONCILE", "seq": 151, "ts": "2026-11-21T09:28:00Z"}`,
  `{"lane": "lost", "lease": {"holder": "w7", "lane": "lost", "loop_ts": "2026-11-21T09:28:30Z", "tree": ["lib/lost"]}, "loop_ts": "2026-11-21T09:28:30Z", "op": "RECONCILE", "seq": 152, "ts": "2026-11-21T09:28:30Z"}`,
  `{"lane": "lost", "loop_ts": "2026-11-21T09:28:30Z", "op": "SCAVENGE", "prev_holder": "w7", "reason": "scavenged", "seq": 153, "ts": "2026-11-21T09:29:00Z"}`,
  `{"lane": "api", "loop_ts": "2026-11-21T09:00:00Z", "op": "ENFORCE", "seq": 154, "ts": "2026-11-21T09:29:30Z"}`,
  `{"host_id": "box", "lane": "torn", "lease": {"holder": "w8", "lane": "torn", "tr`,
];

/** By the rules: lane, holder, host, process, last heartbeat, tree, and what is kept besides. */
const LIVE = [
  ["api", "w1", "box", 11, "2026-11-21T09:20:00Z", ["src/api/**"], [{ pid: 12 }]],
  ["web", "w9", "crate", 99, "2026-11-21T09:24:00Z", ["src/web/**"], undefined],
  ["tools", "", "box", 14, undefined, ["tools"], undefined],
  ["found", "w6", "", null, undefined, ["lib/found"], undefined],
];

interface Answer {
  readonly code: number;
  readonly status: string;
  readonly seq: number;
  readonly fence: number;
  readonly leases: readonly Readonly<Record<string, unknown>>[];
  readonly problems: readonly { readonly line: number; readonly kind: string }[];
  readonly conflicts: readonly { readonly lane: string }[];
}

async function scene() {
  const place = await workspace();
  const file = `${place.dir}/dos.jsonl`;
  const text = LINES.join("\n");
  host.fs.createNew(file, new TextEncoder().encode(text));
  const coord = async (...args: string[]): Promise<Answer> => {
    const env = { DISPATCH_LANE_JOURNAL_PATH: file };
    const fake = fakeHost({ args: [...args, "--json"], cwd: place.dir, env });
    const code = await main(fake, place.clock.now);
    return { ...JSON.parse(fake.out), code };
  };
  const content = () => new TextDecoder().decode(host.fs.read(file));
  return { file, text, coord, content };
}

const summaries = (leases: Answer["leases"]) =>
  leases.map((lease) => {
    const { lane, holder, host_id, pid, heartbeat_at, tree, children } = lease;
    return [lane, holder, host_id, pid, heartbeat_at, tree, children];
  });

it("journal replay folds a journal of dos to the leases of its rules, and leaves it alone", async () => {
  const { file, text, coord, content } = await scene();
  const answer = await coord("journal", "replay", "--journal", file);
  assertEquals(answer.code, 0);
  assertEquals(summaries(answer.leases), LIVE);
  assertEquals(answer.seq, 154);
  assertEquals(answer.problems.map(({ line, kind }) => [line, kind]), [
    ...[[4, "corrupt"], [8, "corrupt"], [20, "torn"]],
  ]);
  assertEquals(content(), text);
});

it("lane acquire goes on in a journal of dos, and dos reads what it wrote", async () => {
  const { text, coord, content } = await scene();
  const no = await coord("lane", "acquire", "tools/x", "--owner", "me", "--lane", "x");
  assertEquals([no.code, no.status, no.conflicts[0]?.lane], [1, "refused", "tools"]);
  const yes = await coord("lane", "acquire", "docs/a.md", "--owner", "me", "--lane", "y");
  assertEquals([yes.code, yes.fence], [0, 156]);
  assert_(content().startsWith(text + "\n"), "nothing that was there has changed");
  const seen = () =>
    dosReplay(
      content().split("\n").flatMap((line) => {
        const parsed = parseLine(line);
        return parsed?.kind === "entry" ? [parsed.entry] : [];
      }),
    ).map(({ lane, holder }) => [lane, holder ?? ""]);
  const all = [...LIVE.map(([lane, holder]) => [lane, holder]), ["y", "me"]];
  assertEquals(seen(), all);
  assertEquals((await coord("journal", "compact")).status, "compacted");
  assertEquals(seen(), all, "also after a compaction");
  const after = await coord("lane", "acquire", "z", "--owner", "me", "--lane", "z");
  assertEquals(after.fence, 157);
});
