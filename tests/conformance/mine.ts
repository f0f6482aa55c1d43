/** What a run does to its own holds, on every store: it renews one, and keeps or ends all. */
import { CoordError } from "../../src/domain/errors.ts";
import { assertEquals, it } from "../deps.ts";
import { coordOn } from "../support/scene/over_store.ts";
import { type OpenStore, scene } from "./harness.ts";

const INPUT = { addresses: ["src/a.ts"], runId: "a", exclusive: true, ttl: 60 };
const RENEW = { ...INPUT, renew: true };

async function place(open: OpenStore) {
  const at = await scene(open);
  const reserve = async (input: Partial<typeof RENEW>) => {
    const answer = await at.mine.reservations.reserve({ ...INPUT, ...input });
    if (answer.status === "conflict") throw new Error(answer.error);
    return answer;
  };
  const live = async () =>
    (await at.theirs.reservations.list()).reservations.map((each) => each.reservation_id);
  const iso = (seconds: number) => new Date(at.clock.ms + seconds * 1000).toISOString();
  return { ...at, reserve, live, iso };
}

export function mineSuite(name: string, open: OpenStore): void {
  it(`${name}: reserve() that renews extends what the run holds, and makes no second record`, async () => {
    const { reserve, live, iso, clock } = await place(open);
    const { status: _status, ...first } = await reserve({ ...RENEW, addresses: ["src/**", "b"] });
    assertEquals("renewed" in first, false);
    clock.advance(30);
    assertEquals(await reserve({ ...RENEW, ttl: 100 }), {
      ...first,
      expires_at: iso(100),
      status: "reserved",
      renewed: true,
    });
    assertEquals((await reserve({ ...RENEW, exclusive: false })).expires_at, iso(100));
    assertEquals(await live(), [first.reservation_id]);
  });

  it(`${name}: reserve() that renews makes a record where none of the run's holds all of it`, async () => {
    const { reserve, live, clock } = await place(open);
    const made: string[] = [];
    const add = async (input: Partial<typeof RENEW> & { branch?: string }) => {
      const { reservation_id: id, renewed } = await reserve(input);
      if (renewed !== true) made.push(id);
      clock.advance(1);
      return renewed === true;
    };
    await add({ exclusive: false });
    await add({ addresses: ["docs/*.md"] });
    assertEquals(await add(RENEW), false, "a notice is no lock");
    assertEquals(await add({ ...RENEW, addresses: ["docs"] }), false, "more than is held");
    assertEquals(await add({ ...RENEW, addresses: ["src/a.ts", "lib"] }), false, "one more");
    assertEquals(await add({ ...RENEW, branch: "other" }), false, "another branch");
    assertEquals(await add({ ...RENEW, addresses: ["docs/x.md"] }), true);
    assertEquals(await live(), made);
    clock.advance(100);
    assertEquals(await add(RENEW), false, "what has lapsed has ended");
  });

  it(`${name}: reserve() that renews is no session's and no subagent's way past another's lock`, async () => {
    const { mine, reserve } = await place(open);
    const own = await reserve({ ...RENEW, runId: "claude:s" });
    const sub = await reserve({ ...RENEW, runId: "claude:s/one" });
    assertEquals(sub.reservation_id === own.reservation_id, false);
    const other = await mine.reservations.reserve({ ...RENEW, runId: "claude:s/two" });
    assertEquals(other.status === "conflict" && other.conflicts.map((each) => each.run_id), [
      "claude:s/one",
    ]);
  });

  it(`${name}: of reserve() calls of one run that renew at once, one makes a record`, async () => {
    for (let round = 0; round < 5; round++) {
      const { store, second, live } = await place(open);
      const openings = [store, second(), second(), second()].map((each) => coordOn(each));
      const answers = await Promise.all(
        [...openings, ...openings].map((coord) => coord.reservations.reserve(RENEW)),
      );
      const ids = answers.map((each) => each.status === "conflict" ? "" : each.reservation_id);
      assertEquals([...new Set(ids)], await live());
      assertEquals(ids.length, 8);
    }
  });

  it(`${name}: list() with mine shows a session and its subagents, and no other run`, async () => {
    const { theirs, reserve } = await place(open);
    for (const runId of ["claude:s", "claude:s/one", "claude:s/two", "claude:t", "claude:st"]) {
      await reserve({ runId, exclusive: false });
    }
    const runs = async (runId: string) =>
      (await theirs.reservations.list({ mine: true, runId })).reservations.map((each) =>
        each.run_id
      ).sort();
    assertEquals(await runs("claude:s"), ["claude:s", "claude:s/one", "claude:s/two"]);
    assertEquals(await runs("claude:s/one"), ["claude:s", "claude:s/one"]);
    assertEquals(await runs("unknown"), []);
  });

  it(`${name}: heartbeatMine() keeps reservations, claims and lanes of one run alone`, async () => {
    const { mine, theirs, reserve, iso, clock } = await place(open);
    const { reservation_id } = await reserve({});
    await reserve({ runId: "b", addresses: ["b"] });
    const [task] = await mine.tasks.enqueueAll([{ title: "x", runId: "p" }, {
      title: "y",
      runId: "p",
    }]);
    await mine.tasks.claim({ runId: "a", claimTtl: 120 });
    await mine.tasks.claim({ runId: "b" });
    await mine.lanes.acquire({ lane: "api", tree: ["api"], owner: "a", loopTs: "1", ttl: 90 });
    await mine.lanes.acquire({ lane: "web", tree: ["web"], owner: "b", loopTs: "1" });
    clock.advance(30);
    const progress = { done: 1, total: 2 };
    const answer = await theirs.heartbeatMine({ runId: "a", progress, note: "half" });
    assertEquals({ ...answer, holds: [] }, { status: "ok", run_id: "a", total: 3, holds: [] });
    assertEquals(
      answer.holds.map((each) => [
        "reservation_id" in each
          ? each.reservation_id
          : "task_id" in each
          ? each.task_id
          : each.lane,
        "expires_at" in each && each.expires_at,
        "progress" in each && each.progress,
      ]),
      [
        [reservation_id, iso(60), progress],
        [task?.task_id, iso(120), progress],
        ["api", iso(90), false],
      ],
    );
    assertEquals(await theirs.heartbeatMine({ runId: "c" }), {
      status: "ok",
      run_id: "c",
      total: 0,
      holds: [],
    });
  });

  it(`${name}: releaseMine() ends what names an address, or all, of one run alone`, async () => {
    const { mine, theirs, reserve, live, clock } = await place(open);
    const ids: string[] = [];
    for (const addresses of [["a", "b"], ["b", "c"], ["c"]]) {
      ids.push((await reserve({ addresses, exclusive: false })).reservation_id);
      clock.advance(1);
    }
    const other = await reserve({ addresses: ["d"], runId: "b" });
    const [first, second, third] = ids;
    const byAddress = await theirs.releaseMine({ runId: "a", addresses: ["b"], reason: "moved" });
    assertEquals(byAddress.holds.map((each) => [each.reservation_id, each.reason]), [
      [first, "moved"],
      [second, "moved"],
    ]);
    const code = await mine.releaseMine({ runId: "a", addresses: ["d", "b"] })
      .then(String, (error: unknown) => error instanceof CoordError && error.code);
    assertEquals(code, "not_found");
    const all = await mine.releaseMine({ runId: "a" });
    assertEquals([all.status, all.total], ["released", 1]);
    assertEquals(all.holds.map((each) => each.reservation_id), [third]);
    assertEquals((await mine.releaseMine({ runId: "a" })).total, 0);
    assertEquals(await live(), [other.reservation_id]);
  });
}
