import { assert_, assertEquals, it } from "../../deps.ts";
import { type Applied, LaneState } from "../../../src/domain/journal/fold.ts";
import { deathOf, lastBeat, type Lease } from "../../../src/domain/lane/lease.ts";
import type { JournalEntry } from "../../../src/domain/journal/line.ts";
import {
  adoptEntry,
  haltEntry,
  heartbeatEntry,
  reconcileEntry,
  refuseEntry,
  releaseEntry,
  scavengeEntry,
  spawnEntry,
} from "../../../src/domain/journal/entries.ts";
import { checkpointEntry } from "../../../src/domain/journal/checkpoint.ts";
import { Tree } from "../../../src/domain/glob/tree.ts";
import { acquire, factsOf, holders, replay, stamp, START } from "../../support/scene/lanes.ts";

const HOUR = 3_600_000;

/** A state, what each entry did, and a way to go on. */
function story(...entries: JournalEntry[]) {
  const state = new LaneState();
  const effects: string[] = [];
  const append = (entry: JournalEntry): Applied => {
    const applied = state.apply(entry);
    effects.push(applied.effect);
    return applied;
  };
  entries.forEach(append);
  const lease = (lane = "api"): Lease => {
    const found = state.leases.ofLane(lane).at(-1);
    assert_(found !== undefined, `${lane} is held`);
    return found;
  };
  return { state, effects, append, lease };
}

function evidence(lease: Lease, now: number) {
  const found = deathOf(lease, now, undefined);
  assert_(found !== undefined, "it is dead");
  return found;
}

it("apply() grants, renews and releases, and the fence is the number of the ACQUIRE", () => {
  const { state, append, lease } = story(acquire(1));
  assertEquals([lease().fence, lease().holder, lease().exclusive], [1, "a", false]);
  append(heartbeatEntry(stamp(2, START + 5000), lease()));
  assertEquals(lease().heartbeat_at, "2026-06-01T00:00:05.000Z");
  assertEquals([lease().fence, lease().renewed_seq], [1, 2]);
  assertEquals(append(releaseEntry(stamp(3), lease(), "explicit")).effect, "released");
  assertEquals(factsOf(state), { seq: 3, live: [] });
  append(acquire(4));
  assertEquals(lease().fence, 4);
});

it("apply() voids an ACQUIRE that was decided before another took the same lane", () => {
  const { state, append } = story(acquire(1, { holder: "a" }));
  const late = append(
    acquire(1, { holder: "b", tree: ["docs/**"], loop_ts: "b-1" }, { baseSeq: 0 }),
  );
  assertEquals([late.effect, late.seq, late.against?.holder], ["void", 2, "a"]);
  assertEquals(late.reason, 'lane "api" came first, with fence 1');
  assertEquals(holders(state), ["api/a"]);
  append(
    releaseEntry(stamp(3), { lane: "api", loop_ts: "b-1", host_id: "here", fence: late.seq }, ""),
  );
  assertEquals(holders(state), ["api/a"]);
});

it("apply() voids an ACQUIRE whose tree meets one that was granted after its decision", () => {
  const { state, effects, append } = story(
    acquire(1, { lane: "x", tree: ["src/**/*.ts"] }),
    acquire(2, { lane: "y", tree: ["src/api/a.ts"] }, { baseSeq: 0 }),
    acquire(3, { lane: "z", tree: ["src/**/*.md"] }, { baseSeq: 0 }),
  );
  assertEquals(effects, ["granted", "void", "granted"]);
  append(acquire(4, { lane: "w", tree: ["src/../odd"] }, { baseSeq: 3 }));
  assertEquals(holders(state), ["x/a", "z/a", "w/a"], "what its decision saw is its own business");
});

it("apply() voids beside an exclusive lease whatever was decided before it, and the reverse", () => {
  const exclusive = { lane: "release", tree: ["rel/**"], exclusive: true };
  assertEquals(
    story(acquire(1, exclusive), acquire(2, {}, { baseSeq: 0 })).effects,
    ["granted", "void"],
  );
  assertEquals(
    story(acquire(1), acquire(2, exclusive, { baseSeq: 0 })).effects,
    ["granted", "void"],
  );
});

it("apply() voids an ACQUIRE when its kind has no room left", () => {
  const of = (seq: number, most: number | null) =>
    acquire(seq, { lane: `p${seq}`, tree: [`p${seq}/**`], lane_kind: "priority" }, {
      baseSeq: 0,
      maxConcurrent: most,
    });
  assertEquals(story(of(1, 2), of(2, 2), of(3, 2), of(4, 3)).effects, [
    ...["granted", "granted", "void", "granted"],
  ]);
  assertEquals(story(of(1, null), of(2, null), of(3, null)).effects, Array(3).fill("granted"));
});

it("apply() grants late what is free again: leases that ended block no other", () => {
  const { state, append, lease } = story(acquire(1, { holder: "a" }));
  append(releaseEntry(stamp(2), lease(), ""));
  append(acquire(2, { holder: "b", loop_ts: "b-1" }, { baseSeq: 0 }));
  assertEquals(holders(state), ["api/b"]);
  assertEquals(lease().fence, 3, "a fence of its own, though its seq was taken");
});

it("apply() lets an ACQUIRE without base_seq stand as it is, like dos", () => {
  const { base_seq: _, ...foreign } = acquire(2, { lane: "other", holder: "dos", loop_ts: "d" });
  const { state } = story(acquire(1), foreign as JournalEntry);
  assertEquals(holders(state), ["api/a", "other/dos"]);
});

it("apply() trusts no decision on entries that this journal does not have", () => {
  const { effects } = story(
    acquire(1, { lane: "x" }),
    acquire(9, { lane: "y" }, { baseSeq: 8 }),
    acquire(10, { lane: "z", tree: ["docs/**"] }, { baseSeq: 9 }),
  );
  assertEquals(effects, ["granted", "void", "granted"]);
  assertEquals(story({ ...acquire(2, { lane: "y" }), base_seq: "1" }, acquire(3)).effects, [
    ...["granted", "granted"],
  ]);
  const bad = { ...acquire(2, { lane: "y" }), base_seq: "1" };
  assertEquals(story(acquire(1), bad).effects, ["granted", "void"]);
});

it("apply() skips a late RELEASE and a late HEARTBEAT of an older grant", () => {
  const { state, effects, append, lease } = story(acquire(1));
  const old = lease();
  append(scavengeEntry(stamp(2), old, evidence(old, START + HOUR), { baseSeq: 1, by: "b" }));
  append(acquire(3, { holder: "b", loop_ts: old.loop_ts }));
  const before = factsOf(state).live;
  const late = append(releaseEntry(stamp(4), old, "done"));
  assertEquals(late.reason, "the fence is 3, and this is about 1");
  append(heartbeatEntry(stamp(5, START + 2 * HOUR), old));
  assertEquals(effects, ["granted", "scavenged", "granted", "none", "none"]);
  assertEquals(factsOf(state).live, before);
});

it("apply() skips a SCAVENGE when the holder sent a heartbeat after its evidence", () => {
  const { state, effects, append, lease } = story(acquire(1));
  const seen = lease();
  append(heartbeatEntry(stamp(2, START + HOUR), seen));
  const late = scavengeEntry(stamp(2), seen, evidence(seen, START + HOUR), { baseSeq: 1, by: "b" });
  assertEquals(append(late).reason, "its holder has shown life since");
  append(acquire(3, { lane: "b", holder: "b" }, { baseSeq: 1 }));
  assertEquals(effects, ["granted", "renewed", "none", "void"], "nor what was to come of it");
  assertEquals(holders(state), ["api/a"]);
});

it("apply() skips a SCAVENGE of a lease that was adopted in between", () => {
  const { effects, append, lease } = story(acquire(1));
  const seen = lease();
  const adoption = { holder: "b", host_id: "there", pid: 7, baseSeq: 1, reason: "" };
  append(adoptEntry(stamp(2, START + HOUR), seen, adoption));
  append(scavengeEntry(stamp(3), seen, evidence(seen, START + HOUR), { baseSeq: 1, by: "c" }));
  assertEquals(effects, ["granted", "adopted", "none"]);
  assertEquals([lease().holder, lease().host_id, lease().pid, lease().fence], ["b", "there", 7, 2]);
});

it("apply() gives an adopted lease a new fence, which shuts its old holder out", () => {
  const { effects, append, lease } = story(acquire(1));
  const old = lease();
  const adoption = { holder: "b", host_id: "there", pid: 7, baseSeq: 1, reason: "" };
  append(adoptEntry(stamp(2, START + 1000), old, adoption));
  append(adoptEntry(stamp(3), old, { ...adoption, holder: "c" }));
  append(releaseEntry(stamp(4), old, ""));
  append(heartbeatEntry(stamp(5), old));
  assertEquals(effects, ["granted", "adopted", "none", "none", "none"]);
  const { holder, run_id, tree, loop_ts } = lease();
  assertEquals([holder, run_id, tree, loop_ts], ["b", "b", old.tree, old.loop_ts]);
  assertEquals(lease().adopted_at, "2026-06-01T00:00:01.000Z");
});

it("apply() never adopts what was released, or beat after the adopter looked", () => {
  const adoption = { holder: "b", host_id: "there", pid: 7, baseSeq: 1, reason: "" };
  const released = story(acquire(1));
  const old = released.lease();
  released.append(releaseEntry(stamp(2), old, ""));
  assertEquals(released.append(adoptEntry(stamp(2), old, adoption)).effect, "none");
  assertEquals(released.state.live(), []);
  const alive = story(acquire(1));
  alive.append(heartbeatEntry(stamp(2), old));
  assertEquals(alive.append(adoptEntry(stamp(2), old, adoption)).effect, "none");
});

it("apply() never makes a lease silent for longer by a heartbeat that comes late", () => {
  const { append, lease } = story(acquire(1));
  append(heartbeatEntry(stamp(2, START + 9000), lease()));
  append(heartbeatEntry(stamp(3, START + 4000), lease()));
  assertEquals([lease().heartbeat_at, lastBeat(lease())], [
    ...["2026-06-01T00:00:04.000Z", START + 9000],
  ]);
  append({
    op: "HEARTBEAT",
    lane: "api",
    loop_ts: "api-1",
    seq: 4,
    heartbeat_at: "2026-06-01T00:00:01Z",
  });
  assertEquals([lease().heartbeat_at, lastBeat(lease())], ["2026-06-01T00:00:01Z", START + 9000]);
});

it("apply() numbers entries by their order where seq is double, low, missing or absurd", () => {
  const { state, append, lease } = story(acquire(5), acquire(5, { lane: "x", tree: ["x"] }));
  assertEquals([lease().fence, lease("x").fence], [5, 6]);
  append(acquire(2, { lane: "y", tree: ["y"] }, { baseSeq: 6 }));
  assertEquals(lease("y").fence, 7);
  append({ op: "SPAWN", lane: "z" });
  append({ op: "SPAWN", lane: "z", seq: 2 ** 53 });
  append({ op: "SPAWN", lane: "z", seq: -1 });
  assertEquals(state.seq, 10);
  append({ op: "SPAWN", lane: "z", seq: 20 });
  assertEquals(state.seq, 20);
});

it("apply() changes nothing for entries that only inform", () => {
  const { state, effects, append, lease } = story(acquire(1));
  const { live } = factsOf(state);
  const origin = { lane: "api", loop_ts: "api-1", host_id: "here", reason: "" };
  append(spawnEntry(stamp(2), { ...origin, holder: "b", pid: 1 }));
  append(haltEntry(stamp(3), { ...origin, handle: "pid:100" }));
  append(refuseEntry(stamp(4), {
    ...{ ...origin, holder: "b", reason_class: "held", tree: ["src/**"] },
    ...{ conflicts: [{ lane: "api" }], baseSeq: 3 },
  }));
  append(reconcileEntry(stamp(5), { ...lease(), holder: "z" }, ""));
  append({ op: "ENFORCE", lane: "api", loop_ts: "api-1", seq: 6 });
  append({ op: "ACQUIRE", seq: 7, lease: { tree: ["x"] } });
  assertEquals(effects, ["granted", ...Array(6).fill("none")]);
  assertEquals(factsOf(state), { seq: 7, live });
});

it("replay() takes the whole workspace for a tree that it cannot read", () => {
  for (const tree of [undefined, "src", [5], [], ["/etc"], ["../x"], ["a{b"]]) {
    const entry = { op: "ACQUIRE", lane: "odd", loop_ts: "1", seq: 1, lease: { tree } };
    const effects = story(entry as JournalEntry, acquire(2, {}, { baseSeq: 0 })).effects;
    assertEquals(effects, ["granted", "void"], JSON.stringify(tree));
  }
});

it("replay() is the same when folded at once and entry by entry", () => {
  const entries = [
    acquire(1),
    acquire(2, { lane: "x", tree: ["x"] }),
    acquire(3, {}, { baseSeq: 0 }),
  ];
  assertEquals(factsOf(replay(entries)), factsOf(story(...entries).state));
});

it("appliedOf() returns what an entry did by its nonce, for the last thousand", () => {
  const state = new LaneState();
  state.apply(acquire(1));
  state.apply(acquire(2, { lane: "b", tree: ["src"] }, { baseSeq: 0 }));
  const effects = ["nonce-1", "nonce-2", "nonce-3"].map((nonce) => state.appliedOf(nonce)?.effect);
  assertEquals(effects, ["granted", "void", undefined]);
  for (let seq = 3; seq <= 1_001; seq++) {
    state.apply(releaseEntry(stamp(seq), { lane: "no", loop_ts: "", host_id: "", fence: 0 }, ""));
  }
  assertEquals([state.appliedOf("nonce-1"), state.appliedOf("nonce-2")?.seq], [undefined, 2]);
});

it("apply() goes on from the highest number that an entry may give, also past lost lines", () => {
  const { state, append, lease } = story(acquire(1), { op: "SPAWN", lane: "z", seq: 2 ** 48 });
  assertEquals(state.seq, 2 ** 48);
  append({ op: "SPAWN", lane: "z", seq: 2 ** 48 + 2 });
  assertEquals(state.seq, 2 ** 48 + 1, "one that is not believed counts as one more");
  state.lose({ kind: "corrupt", reason: "is not JSON", raw: "{" });
  const next = state.seq + 1;
  append(acquire(next, { lane: "x", tree: ["src/**"] }));
  assertEquals(lease("x").fence, next, "no lease gets the number that was lost");
  append(acquire(next + 1, { lane: "y", tree: ["src/a"] }, { baseSeq: next - 1 }));
  assertEquals(holders(state), ["api/a", "x/a"], "what its decision did not see is in its way");
});

it("apply() takes a path that was a file for that file alone, also from a checkpoint", () => {
  const held = acquire(1, { lane: "one", tree: ["src/x.ts", "docs"], files: ["src/x.ts"] });
  const late = (lane: string, glob: string, files: string[] = []) =>
    acquire(2, { lane, tree: [glob], files }, { baseSeq: 0 });
  const checkpoint = checkpointEntry(replay([held]), START);
  for (const first of [held, checkpoint]) {
    for (
      const [glob, effect] of [
        ["src/**/*.md", "granted"],
        ["src/*.ts", "void"],
        ["src/x.ts/y", "void"],
        ["docs/**/*.md", "void"],
      ] as const
    ) {
      const { append, lease } = story(first);
      assertEquals([glob, append(late("other", glob)).effect], [glob, effect]);
      assertEquals(lease("one").files, ["src/x.ts"]);
    }
  }
  // And the other way round.
  const { append } = story(acquire(1, { lane: "one", tree: ["src/**/*.md"] }));
  assertEquals(append(late("file", "src/x.ts", ["src/x.ts"])).effect, "granted");
  const same = { lane: "one", tree: ["src/x.ts"] };
  const { state, append: appendAgain } = story(acquire(1, same));
  appendAgain(reconcileOf({ ...same, loop_ts: "one-1", files: ["src/x.ts"] }));
  const [met] = state.leases.meeting(new Tree(["src/**/*.md"]), { left: 10_000 });
  assertEquals(met, undefined);
});

function reconcileOf(lease: Record<string, unknown>): JournalEntry {
  return { op: "RECONCILE", seq: 2, lane: "one", loop_ts: "one-1", lease } as JournalEntry;
}
