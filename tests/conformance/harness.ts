/** What a store gives to the suites that say what every store promises. */
import type { Store } from "../../src/ports/store.ts";
import { assertEquals, it } from "../deps.ts";
import { coordOn } from "../support/scene/over_store.ts";
import { FakeClock } from "../support/scene/workspace.ts";

/** An empty workspace of one store. */
export interface Opened {
  readonly store: Store;
  /** One more opening of the same workspace, as another process has it. */
  second(): Store;
  /** The store's clock, which only the test moves. */
  readonly clock: FakeClock;
}

export type OpenStore = (clock: FakeClock) => Promise<Opened>;

/** What every opening promises of its end. */
export function storeSuite(name: string, open: OpenStore): void {
  it(`${name}: a Coord closes its own opening at the end of its block, and no other`, async () => {
    const { store, other, theirs } = await scene(open);
    let closed = 0;
    const close = () => (closed++, store.close());
    {
      await using mine = coordOn({ ...store, close });
      await mine.tasks.enqueue({ title: "x", runId: "p" });
      assertEquals(closed, 0);
    }
    assertEquals(closed, 1);
    assertEquals((await theirs.tasks.list()).total, 1);
    await other.close();
    await other.close();
  });

  it(`${name}: clock() is the store's time in every opening`, async () => {
    const { store, other, clock } = await scene(open);
    for (const seconds of [0, 3_600]) {
      clock.advance(seconds);
      for (const each of [store, other]) {
        const off = Math.abs(each.clock() - clock.ms);
        assertEquals(off < 1_000, true, "it may be an estimate");
      }
    }
  });

  it(`${name}: location is one in all openings, and another in other workspaces`, async () => {
    const [{ store, other }, elsewhere] = [await scene(open), await scene(open)];
    assertEquals(store.location, other.location);
    assertEquals(store.location === elsewhere.store.location, false);
  });
}

/** A workspace, opened by two agents. */
export async function scene(open: OpenStore) {
  const clock = new FakeClock();
  const opened = await open(clock);
  const other = opened.second();
  return {
    ...opened,
    clock,
    other,
    mine: coordOn(opened.store),
    theirs: coordOn(other),
  };
}
