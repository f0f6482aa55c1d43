/** What `check()` answers on every store: who holds what, and that asking leaves no trace. */
import { assertEquals, it } from "../deps.ts";
import { type OpenStore, scene } from "./harness.ts";

/** One asks, another holds, on two openings of one workspace. */
async function place(open: OpenStore) {
  const at = await scene(open);
  const { mine, theirs } = at;
  return {
    ...at,
    reserve: (runId: string, address: string, exclusive = true, ttl = 60) =>
      theirs.reservations.reserve({ addresses: [address], runId, exclusive, ttl }),
    acquire: (owner: string, lane: string, ...tree: string[]) =>
      theirs.lanes.acquire({ owner, lane, tree, loopTs: "1", ttl: 60 }),
    ask: async (runId: string, ...addresses: string[]) => {
      const { status, holds } = await mine.check({ addresses, runId });
      return [status, ...holds.map((hold) => `${hold.run_id} ${hold.their_address}`)];
    },
  };
}

export function checkSuite(name: string, open: OpenStore): void {
  it(`${name}: check() answers free, mine or held, of reservations and of lanes`, async () => {
    const { reserve, acquire, ask } = await place(open);
    assertEquals(await ask("a", "src/a.ts"), ["free"]);
    await reserve("b", "src/*.ts");
    await acquire("c", "web", "src/web/**");
    assertEquals(await ask("a", "src/a.ts"), ["held", "b src/*.ts"]);
    assertEquals(await ask("b", "src/a.ts"), ["free", "b src/*.ts"]);
    assertEquals(await ask("b", "src/*.ts"), ["mine", "b src/*.ts"]);
    assertEquals(await ask("a", "docs", "src/web/x.css::f"), ["held", "c src/web/**"]);
    assertEquals(await ask("c", "src/web/x.css"), ["mine", "c src/web/**"]);
    assertEquals(await ask("a", "docs"), ["free"]);
    await acquire("d", "@git/index");
    assertEquals(await ask("a", "docs", "@git/index"), ["free"]);
  });

  it(`${name}: check() says of each hold whose it is, since when and until when`, async () => {
    const { mine, reserve, acquire, clock } = await place(open);
    const since = new Date(clock.ms).toISOString();
    const until = new Date(clock.ms + 60_000).toISOString();
    const own = await reserve("a", "src/own.ts", false);
    const lock = await reserve("b", "src/b.ts");
    const notice = await reserve("c", "src/**", false);
    const lane = await acquire("d", "api", "src/d.ts");
    if (own.status === "conflict" || lock.status === "conflict") throw new Error("not reserved");
    if (notice.status === "conflict" || lane.status !== "acquired") throw new Error("not held");
    const common = { address: "src", since, expires_at: until };
    const reservation = {
      ...common,
      kind: "reservation",
      branch: "main",
      operation: null,
    } as const;
    const answer = await mine.check({ addresses: ["src"], runId: "a" });
    assertEquals(answer, {
      status: "held",
      addresses: ["src"],
      holds: [
        {
          ...reservation,
          their_address: "src/b.ts",
          exclusive: true,
          mine: false,
          run_id: "b",
          reservation_id: lock.reservation_id,
        },
        {
          ...common,
          kind: "lane",
          their_address: "src/d.ts",
          exclusive: true,
          mine: false,
          run_id: "d",
          lane: "api",
          fence: lane.fence,
        },
        {
          ...reservation,
          their_address: "src/**",
          exclusive: false,
          mine: false,
          run_id: "c",
          reservation_id: notice.reservation_id,
        },
        {
          ...reservation,
          their_address: "src/own.ts",
          exclusive: false,
          mine: true,
          run_id: "a",
          reservation_id: own.reservation_id,
        },
      ],
      holds_total: 4,
      holds_counted: true,
      error: `The addresses are held: "src" overlaps "src/b.ts" of "b" until ${until}; ` +
        `"src" overlaps "src/d.ts" in lane "api" of "d" until ${until}`,
    });
  });

  it(`${name}: check() knows a session and its subagents as one, and two subagents not`, async () => {
    const { reserve, acquire, ask } = await place(open);
    await reserve("claude:s/one", "src/a.ts");
    await acquire("claude:s/two", "web", "web/**");
    const both = ["src/a.ts", "web/x.css"];
    assertEquals((await ask("claude:s", ...both))[0], "mine");
    assertEquals((await ask("claude:s/one", ...both)).slice(0, 2), ["held", "claude:s/two web/**"]);
    assertEquals((await ask("unknown", "src/a.ts"))[0], "held");
  });

  it(`${name}: check() is mine only where every address lies whole in what is held`, async () => {
    const { reserve, acquire, ask } = await place(open);
    await reserve("a", "src/a.ts::f");
    await reserve("a", "docs/**", false);
    await acquire("a", "web", "web/**", "lib");
    const status = async (...addresses: string[]) => (await ask("a", ...addresses))[0];
    assertEquals(await status("src/a.ts::f"), "mine");
    assertEquals(await status("src/a.ts"), "free");
    assertEquals(await status("docs/x.md"), "free");
    assertEquals(await status("WEB/x.css", "lib/**/*.ts", "src/a.ts::f"), "mine");
    assertEquals(await status("web/x.css", "other"), "free");
    assertEquals(await status("**"), "free");
  });

  it(`${name}: check() finds what a heartbeat keeps, and nothing that has ended`, async () => {
    const { theirs, reserve, acquire, ask, clock } = await place(open);
    const kept = await reserve("b", "src/kept.ts", true, 10);
    const notice = await reserve("c", "src/notice.ts", false, 10);
    await reserve("b", "src/lapsed.ts", true, 10);
    const released = await reserve("b", "src/released.ts", true, 10);
    await acquire("d", "dead", "src/dead.ts");
    for (const each of [kept, released]) {
      if (each.status === "conflict") throw new Error(each.error);
      const { reservation_id: id, run_id: runId } = each;
      await theirs.reservations.heartbeat({ id, runId, extension: 1000 });
      if (each === released) await theirs.reservations.release({ id, runId });
    }
    clock.advance(361);
    if (notice.status === "conflict") throw new Error(notice.error);
    const { reservation_id: id, run_id: runId } = notice;
    await theirs.reservations.heartbeat({ id, runId, extension: 10 });
    assertEquals(await ask("a", "src"), ["held", "b src/kept.ts", "c src/notice.ts"]);
  });

  it(`${name}: check() names the first hundred, what others must keep off before all else`, async () => {
    const { mine, reserve, acquire } = await place(open);
    for (let n = 0; n < 101; n++) await reserve(`n${n}`, `src/${n}.ts`, false);
    await acquire("l", "api", "src/lane.ts");
    const answer = await mine.check({ addresses: ["src"], runId: "a" });
    assertEquals(answer.status, "held");
    assertEquals(answer.holds.length, 100);
    assertEquals(answer.holds[0]?.lane, "api");
    assertEquals([answer.holds_total, answer.holds_counted], [102, true]);
  });
}
