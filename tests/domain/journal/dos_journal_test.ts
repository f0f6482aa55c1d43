import { assert_, assertEquals, it } from "../../deps.ts";
import { compact } from "../../../src/domain/journal/checkpoint.ts";
import type { LaneState } from "../../../src/domain/journal/fold.ts";
import { type JournalEntry, parseLine, type WalLine } from "../../../src/domain/journal/line.ts";
import { dosReplay, replay, START } from "../../support/scene/lanes.ts";

/**
 * A journal as dos writes it: every operation, leases nested and inline, and a line that is torn.
 */
const JOURNAL = `
{"host_id": "box", "lane": "api", "lane_kind": "cluster", "lease": {"acquired_at": "2026-06-01T09:00:00Z", "children": [{"pid": 7, "run_id": "RID-c"}], "holder": "worker-1", "host_id": "box", "lane": "api", "lane_kind": "cluster", "loop_ts": "2026-06-01T09:00Z", "pid": 4711, "run_id": "RID-1", "tree": ["src/api/**"]}, "loop_ts": "2026-06-01T09:00Z", "op": "ACQUIRE", "pid": 4711, "prev_holder": null, "reason": "lane-lease:worker-1", "seq": 1, "tree": ["src/api/**"], "ts": "2026-06-01T09:00:00Z", "ttl_minutes": null}
{"acquired_at": "2026-06-01T09:01:00Z", "holder": "worker-2", "host_id": "box", "lane": "web", "lane_kind": "cluster", "loop_ts": "2026-06-01T09:01Z", "op": "ACQUIRE", "pid": 4712, "seq": 2, "tree": ["src/web/**"], "ts": "2026-06-01T09:01:00Z", "ttl_minutes": 90}
{"lane": "docs", "loop_ts": "2026-06-01T09:02Z", "holder": "worker-3", "host_id": "box", "op": "SPAWN", "pid": 4713, "reason": "spawn:worker-3", "seq": 3, "ts": "2026-06-01T09:02:00Z"}
{"holder": "worker-9", "host_id": "box", "lane": "api", "loop_ts": "2026-06-01T09:03Z", "op": "REFUSE", "reason": "held", "reason_class": "", "run_id": null, "seq": 4, "ts": "2026-06-01T09:03:00Z"}
{"op": "ACQUIRE", "lane": "docs", "loop_ts": "2026-06-01T09:0
{"heartbeat_at": "2026-06-01T09:10:00Z", "host_id": "box", "lane": "api", "loop_ts": "2026-06-01T09:00Z", "op": "HEARTBEAT", "seq": 5, "ts": "2026-06-01T09:10:00Z"}
{"holder": "worker-4", "host_id": "box", "lane": "tmp", "lease": {"holder": "worker-4", "lane": "tmp", "loop_ts": "2026-06-01T09:11Z", "tree": []}, "loop_ts": "2026-06-01T09:11Z", "op": "RECONCILE", "seq": 6, "ts": "2026-06-01T09:11:00Z"}
{"command": "kill 4711", "handle": "4711", "host_id": "box", "lane": "api", "loop_ts": "2026-06-01T09:00Z", "op": "HALT", "reason": "halt", "run_id": null, "seq": 7, "ts": "2026-06-01T09:12:00Z"}
{"heartbeat_at": "2026-06-01T09:13:00Z", "holder": "worker-5", "host_id": "box2", "lane": "web", "loop_ts": "2026-06-01T09:01Z", "op": "ADOPT", "pid": null, "prev_holder": "worker-2", "reason": "adopt:worker-5", "seq": 8, "ts": "2026-06-01T09:13:00Z"}
{"host_id": "box", "lane": "tmp", "loop_ts": "2026-06-01T09:11Z", "op": "SCAVENGE", "pid": null, "prev_holder": "worker-4", "reason": "scavenged", "seq": 9, "ts": "2026-06-01T09:14:00Z"}
{"dispatch_call": true, "lane": "api", "loop_ts": "2026-06-01T09:00Z", "op": "ENFORCE", "seq": 10, "ts": "2026-06-01T09:15:00Z"}
{"host_id": "box", "lane": "api", "loop_ts": "2026-06-01T08:00Z", "op": "RELEASE", "reason": "another hold of it", "seq": 11, "ts": "2026-06-01T09:16:00Z"}
`;

function linesOf(text: string): WalLine[] {
  return text.split("\n").map(parseLine).filter((line) => line !== undefined);
}

function entriesOf(lines: readonly WalLine[]): JournalEntry[] {
  return lines.flatMap((line) => line.kind === "entry" ? [line.entry] : []);
}

/** Lane, holder, host, pid and last heartbeat of each live lease. */
function leasesOf(state: LaneState) {
  return state.live().map(({ lane, holder, host_id, pid, heartbeat_at, ttl_seconds, fence }) =>
    [lane, holder, host_id, pid, heartbeat_at, ttl_seconds, fence] as const
  );
}

it("replay() folds a journal of dos to the leases that dos gets", () => {
  const lines = linesOf(JOURNAL);
  assertEquals(lines.filter((line) => line.kind === "corrupt").length, 1);
  const state = replay(entriesOf(lines));
  assertEquals(leasesOf(state), [
    ["api", "worker-1", "box", 4711, "2026-06-01T09:10:00Z", 3000, 1],
    ["web", "worker-5", "box2", 4712, "2026-06-01T09:13:00Z", 5400, 8],
  ]);
  assertEquals(state.seq, 11);
  const foreign = dosReplay(entriesOf(lines));
  state.live().forEach((lease, i) => {
    for (const [field, value] of Object.entries(foreign[i] ?? {})) {
      assertEquals([field, Reflect.get(lease, field)], [field, value]);
    }
  });
  assertEquals(foreign.length, state.live().length);
});

it("replay() reads a CHECKPOINT of dos, which has neither seq nor fences, and counts on", () => {
  const lines = linesOf(
    `{"op": "ACQUIRE", "lane": "gone", "loop_ts": "1", "seq": 3}
     {"leases": [{"lane": "api", "loop_ts": "t1", "holder": "w", "tree": ["src/**"]}, 5, {"tree": []}], "op": "CHECKPOINT", "seq_watermark": 40}
     {"_line": 3, "_raw": "{torn", "op": "_CORRUPT"}
     {"op": "ACQUIRE", "lane": "web", "loop_ts": "t2", "seq": 41, "base_seq": 40, "lease": {"tree": ["web/**"]}}
     {"op": "ACQUIRE", "lane": "late", "loop_ts": "t3", "seq": 40, "base_seq": 39, "lease": {"tree": ["src/a"]}}`,
  );
  const state = replay(entriesOf(lines));
  assertEquals(leasesOf(state).map(([lane, holder, , , , , fence]) => [lane, holder, fence]), [
    ["api", "w", 40],
    ["web", "", 41],
  ]);
  assertEquals(state.seq, 42);
});

it("replay() keeps two leases that dos granted on one lane, and replaces one of the same hold", () => {
  const one = { op: "ACQUIRE", lane: "api", loop_ts: "1", tree: ["a"], holder: "x", seq: 1 };
  const two = { ...one, loop_ts: "2", holder: "y", seq: 2 };
  const entries = [one, two, { ...one, holder: "z", tree: ["b"], seq: 3 }];
  assertEquals(replay(entries).live().map(({ holder, fence }) => [holder, fence]), [
    ["z", 3],
    ["y", 2],
  ]);
  assertEquals(dosReplay(entries).map((lease) => lease["holder"]), ["z", "y"]);
});

it("compact() writes a CHECKPOINT that dos reads to the same leases", () => {
  const lines = linesOf(JOURNAL);
  const [checkpoint, ...rest] = compact(lines, START);
  assert_(checkpoint?.kind === "entry");
  assertEquals(rest.map(({ kind }) => kind), ["corrupt"]);
  const { leases: _, ...fields } = checkpoint.entry;
  assertEquals(fields, {
    op: "CHECKPOINT",
    seq: 11,
    seq_watermark: 11,
    ts: "2026-06-01T00:00:00.000Z",
    reached_at: "2026-06-01T09:16:00.000Z",
  });
  const before = dosReplay(entriesOf(lines));
  dosReplay([checkpoint.entry]).forEach((lease, i) => {
    for (const [field, value] of Object.entries(before[i] ?? { missing: true })) {
      assertEquals([field, lease[field]], [field, value]);
    }
  });
});
