/** Lanes where the clocks of those who write differ, or jump in the middle of a hold. */
import { assert_, assertEquals, it } from "../../deps.ts";
import type { Coord } from "../../../mod.ts";
import { openFilesOn } from "../../../src/workspace/open.ts";
import { LANE_GRACE_S } from "../../../src/domain/limits.ts";
import { workspace } from "../../support/scene/workspace.ts";

const HOUR = 3_600;
const DAY = 24 * HOUR;
const TTL = 3_000;

/** Agents with clocks of their own, all of which one clock moves. */
async function scene() {
  const place = await workspace();
  const warnings: string[] = [];
  /** An agent whose clock is ahead by that number of seconds; set it to change that. */
  const agent = (name: string, ahead = 0) => {
    const self = { ahead };
    const clock = () => place.clock.ms + self.ahead * 1000;
    const onWarning = (message: string) => void warnings.push(message);
    // A process of its own for each call, as the command line is.
    const coord = (): Coord => openFilesOn(place.host, { dir: place.dir, clock, onWarning });
    const lane = "api";
    return Object.assign(self, {
      acquire: async (given: object = {}) => {
        const input = { lane: name, tree: ["src/**"], owner: name, ttl: TTL, ...given };
        return (await coord().lanes.acquire(input)).status;
      },
      beat: async (coalesceWithin = 0) => {
        const answer = await coord().lanes.heartbeat({ lane, owner: "api", coalesceWithin });
        assert_(answer.status === "ok", answer.status);
        const { coalesced, heartbeat_at, expires_at } = answer;
        return { coalesced, heartbeat_at, expires_at };
      },
      live: async () => (await coord().lanes.live()).live,
      compact: async () => (await coord().journal.compact()).status,
    });
  };
  const ops = () =>
    place.read("lanes/lane-journal.jsonl").trim().split("\n").map((line): string =>
      JSON.parse(line).op
    );
  return { ...place, agent, warnings, ops };
}

it("heartbeat() by a clock that is behind never makes a lease look silent", async () => {
  for (const behind of [1, HOUR, DAY, 400 * DAY]) {
    const { agent, clock } = await scene();
    const [mine, late, other] = [agent("api"), agent("api", -behind), agent("other")];
    assertEquals(await mine.acquire(), "acquired");
    clock.advance(60);
    await late.beat();
    assertEquals(await other.live(), 1, `${behind} s behind`);
    assertEquals(await other.acquire(), "refused", `${behind} s behind`);
  }
});

it("heartbeat() by a clock that is behind keeps a lease for as long as it beats, and no longer", async () => {
  for (const behind of [HOUR, DAY, 400 * DAY]) {
    const { agent, clock } = await scene();
    const [mine, late, other] = [agent("api"), agent("api", -behind), agent("other")];
    assertEquals(await mine.acquire(), "acquired");
    for (let beats = 0; beats < 12; beats++) {
      clock.advance(TTL / 3);
      assertEquals(await other.acquire(), "refused", `${behind} s behind, ${beats} beats`);
      await late.beat();
      if (beats % 5 === 4) assertEquals(await other.compact(), "compacted");
    }
    clock.advance(TTL + LANE_GRACE_S.default + 1);
    assertEquals(await other.acquire(), "acquired", `${behind} s behind`);
  }
});

it("a lease lives on when the clock of its machine is set back, and when it is set right", async () => {
  const { agent, clock } = await scene();
  const [mine, other] = [agent("api"), agent("other")];
  assertEquals(await mine.acquire(), "acquired");
  for (const ahead of [-HOUR, -2 * HOUR, 0, -DAY, 0]) {
    mine.ahead = other.ahead = ahead;
    for (let beats = 0; beats < 3; beats++) {
      clock.advance(TTL / 3);
      assertEquals(await other.acquire(), "refused", `${ahead} s`);
      await mine.beat();
    }
  }
  clock.advance(TTL + LANE_GRACE_S.default + 1);
  assertEquals(await other.acquire(), "acquired", "what was set back left nothing behind");
});

it("request() by a clock that is behind counts from what the journal had reached", async () => {
  const { agent, clock } = await scene();
  const [third, late, other] = [agent("third"), agent("api", -2 * HOUR), agent("other")];
  assertEquals(await third.acquire({ tree: ["docs"] }), "acquired");
  clock.advance(60);
  assertEquals(await late.acquire(), "acquired");
  clock.advance(60);
  assertEquals([await other.live(), await other.acquire()], [2, "refused"]);
});

it("a lease from a clock that was far ahead goes with its TTL after the first refusal", async () => {
  for (const ahead of [3 * HOUR, 100 * 365 * DAY]) {
    const { agent, clock, ops, warnings } = await scene();
    const [mine, other] = [agent("api", ahead), agent("other")];
    assertEquals(await mine.acquire(), "acquired");
    mine.ahead = 0;
    assertEquals(await other.acquire(), "refused");
    assert_(warnings.some((text) => text.includes("ahead of this machine's clock")), `${warnings}`);
    clock.advance(TTL + LANE_GRACE_S.default - 1);
    assertEquals(await other.acquire(), "refused", "it may still be alive");
    assertEquals(await other.compact(), "compacted");
    clock.advance(2);
    assertEquals(await other.acquire(), "acquired", `${ahead} s ahead`);
    assertEquals(ops().slice(-2), ["SCAVENGE", "ACQUIRE"]);
  }
});

it("a lease from a clock that was far ahead lives on while its holder beats", async () => {
  const { agent, clock } = await scene();
  const [mine, other] = [agent("api", 300 * DAY), agent("other")];
  assertEquals(await mine.acquire(), "acquired");
  mine.ahead = 0;
  for (let beats = 0; beats < 9; beats++) {
    assertEquals(await other.acquire(), "refused", `${beats} beats`);
    clock.advance(TTL / 3);
    await mine.beat();
  }
  assertEquals(await other.acquire(), "refused");
  clock.advance(TTL + LANE_GRACE_S.default + 1);
  assertEquals(await other.acquire(), "acquired");
});

it("request() with wait is a refusal that counts when the lease in its way is from the future", async () => {
  const { agent, clock, ops } = await scene();
  const [mine, other] = [agent("api", 10 * DAY), agent("other")];
  assertEquals(await mine.acquire(), "acquired");
  assertEquals(await other.acquire({ wait: 0.01 }), "refused");
  assertEquals(ops()[1], "REFUSE");
  clock.advance(TTL + LANE_GRACE_S.default + 1);
  assertEquals(await other.acquire({ wait: 0.01 }), "acquired");
});

it("one entry from the future makes no later lease live longer than a day", async () => {
  const { agent, clock } = await scene();
  const [odd, mine, other] = [agent("odd", 30 * 365 * DAY), agent("api"), agent("other")];
  assertEquals(await odd.acquire({ tree: ["docs"] }), "acquired");
  assertEquals(await mine.acquire(), "acquired");
  clock.advance(TTL + LANE_GRACE_S.default + 1);
  assertEquals(await other.acquire(), "acquired");
});

it("heartbeat() never coalesces with a beat that is in the future", async () => {
  const { agent, clock, ops } = await scene();
  const mine = agent("api");
  assertEquals(await mine.acquire(), "acquired");
  mine.ahead = HOUR;
  await mine.beat();
  mine.ahead = 0;
  clock.advance(1);
  const at = (ms: number) => new Date(ms).toISOString();
  const answer = (coalesced: boolean, beat: number) => ({
    coalesced,
    heartbeat_at: at(beat),
    expires_at: at(beat + TTL * 1000),
  });
  const first = clock.ms;
  assertEquals(await mine.beat(60), answer(false, first), "the holder can rest for a TTL from now");
  clock.advance(59);
  assertEquals(await mine.beat(60), answer(true, first));
  clock.advance(1);
  assertEquals(await mine.beat(60), answer(false, clock.ms));
  clock.advance(TTL);
  assertEquals(await mine.beat(DAY), answer(false, clock.ms), "it would be silent for too long");
  assertEquals(ops(), ["ACQUIRE", ...Array(4).fill("HEARTBEAT")]);
});

it("a lease whose record has an absurd TTL or instant can be taken in the end", async () => {
  const lines = [
    '"ttl_seconds":1e300,"acquired_at":"2026-11-21T09:00:00Z"',
    '"acquired_at":"9999-12-31T23:59:59Z"',
    '"acquired_at":"Jan 1 275000 00:00:00  Z"',
    '"acquired_at":"2026-11-21T09:00:00Z","heartbeat_at":"+275760-09-13T00:00:00Z"',
    '"acquired_at":"soon"',
    '"holder":"x"',
  ];
  for (const fields of lines) {
    const { agent, clock, write, host, path } = await scene();
    host.fs.makeDir(`${path}/lanes`);
    const lease = `{"tree":["src"],"ttl_minutes":50,${fields}}`;
    write(
      "lanes/lane-journal.jsonl",
      `{"op":"ACQUIRE","lane":"api","loop_ts":"1","seq":1,"lease":${lease}}\n`,
    );
    const other = agent("other");
    assertEquals(await other.acquire(), "refused", fields);
    clock.advance(366 * DAY);
    assertEquals(await other.acquire(), "acquired", fields);
  }
});
