import { assertEquals, it } from "../../deps.ts";
import {
  evidenceOf,
  judgeLiveness,
  type LaneLivenessEvidence,
} from "../../../src/domain/lane/liveness.ts";
import { adoptEntry, heartbeatEntry } from "../../../src/domain/journal/entries.ts";
import { acquire, replay, stamp, START } from "../../support/scene/lanes.ts";

const MINUTE = 60_000;

function judged(
  given: Partial<LaneLivenessEvidence> = {},
  windows?: { spin: number; grace: number },
) {
  const evidence = {
    commits: 0,
    commit_age_s: null,
    journal_events: 0,
    held_s: 3600,
    heartbeat_age_s: 10,
    pid_alive: null,
    ...given,
  };
  return judgeLiveness(evidence, windows);
}

function verdict(given: Partial<LaneLivenessEvidence>, windows?: { spin: number; grace: number }) {
  return judged(given, windows).verdict;
}

it("judgeLiveness() takes commits and events for progress, whatever else is known", () => {
  const gone = { heartbeat_age_s: null, pid_alive: false };
  assertEquals(verdict({ ...gone, commits: 1 }), "ADVANCING");
  assertEquals(verdict({ ...gone, journal_events: 1 }), "ADVANCING");
  assertEquals(
    judged({ commits: 2, commit_age_s: 40 }).reason,
    "2 commits since, the newest 40 s old",
  );
});

it("judgeLiveness() calls a holder spinning that beats and gets nowhere", () => {
  const { verdict, reason, evidence } = judged();
  assertEquals(verdict, "SPINNING");
  assertEquals(reason, "no commit, no event in the journal, though the last heartbeat is 10 s old");
  assertEquals(evidence.heartbeat_age_s, 10);
});

it("judgeLiveness() calls a holder stalled that is silent for more than 15 minutes", () => {
  assertEquals(verdict({ heartbeat_age_s: 900 }), "SPINNING");
  assertEquals(verdict({ heartbeat_age_s: 901 }), "STALLED");
  assertEquals(verdict({ heartbeat_age_s: null }), "STALLED");
  assertEquals(
    judged({ commits: null, heartbeat_age_s: 901 }).reason,
    "no event in the journal, and the last heartbeat is 901 s old",
  );
});

it("judgeLiveness() accuses no holder that has held the lane for less than 30 minutes", () => {
  assertEquals(verdict({ held_s: 1799 }), "ADVANCING");
  assertEquals(verdict({ held_s: 1800 }), "SPINNING");
  assertEquals(verdict({ held_s: 60, heartbeat_age_s: 901 }), "STALLED");
});

it("judgeLiveness() uses the windows that it is given", () => {
  assertEquals(verdict({ heartbeat_age_s: 10 }, { spin: 9, grace: 0 }), "STALLED");
  assertEquals(verdict({ heartbeat_age_s: 9, held_s: 5 }, { spin: 9, grace: 6 }), "ADVANCING");
});

it("judgeLiveness() lets a process only take from the answer", () => {
  const rank = { STALLED: 0, SPINNING: 1, ADVANCING: 2 };
  for (const commits of [null, 0, 1]) {
    for (const held_s of [0, 5000]) {
      for (const heartbeat_age_s of [null, 5, 5000]) {
        const given = { commits, held_s, heartbeat_age_s };
        const unknown = verdict(given);
        assertEquals(verdict({ ...given, pid_alive: true }), unknown);
        const gone = verdict({ ...given, pid_alive: false });
        assertEquals(rank[gone] <= rank[unknown], true, JSON.stringify(given));
      }
    }
  }
  assertEquals(verdict({ pid_alive: false }), "STALLED");
  assertEquals(verdict({ pid_alive: false, held_s: 60 }), "STALLED");
});

it("evidenceOf() counts from the last sign of life and from when the holder got the lane", () => {
  const state = replay([acquire(1)]);
  const [lease] = state.live();
  if (lease === undefined) throw new Error("nothing is live");
  const found = { commits: null, commit_age_s: null, pid_alive: null };
  const at = START + 60 * MINUTE;
  assertEquals(evidenceOf(lease, at, found), {
    ...{ ...found, journal_events: 0 },
    ...{ held_s: 3600, heartbeat_age_s: 3600 },
  });
  const adoption = { holder: "b", host_id: "here", pid: 2, baseSeq: 1, reason: "" };
  state.apply(adoptEntry(stamp(2, START + 20 * MINUTE), lease, adoption));
  const [adopted] = state.live();
  if (adopted === undefined) throw new Error("nothing is live");
  state.apply(heartbeatEntry(stamp(3, START + 50 * MINUTE), adopted));
  const [renewed] = state.live();
  if (renewed === undefined) throw new Error("nothing is live");
  const { held_s, heartbeat_age_s } = evidenceOf(renewed, at, found);
  assertEquals([held_s, heartbeat_age_s], [2400, 600]);
});

it("evidenceOf() knows of the ACQUIRE that granted a live lease again, and not of the first", () => {
  const again = { op: "ACQUIRE", lane: "api", loop_ts: "api-1", seq: 2, holder: "a" };
  const [lease] = replay([acquire(1), again]).live();
  if (lease === undefined) throw new Error("nothing is live");
  const found = { commits: 0, commit_age_s: null, pid_alive: null };
  assertEquals(evidenceOf(lease, START, found).journal_events, 1);
});
