/** What a store gives to the suites that say what every store promises. */
import { namedInEmpty } from "../support/fake/names.ts";
import { openCursorFile } from "../../src/adapters/fs/open.ts";
import { makeTempDir } from "../support/scene/scratch.ts";
import { Coord } from "../../src/engine/coord.ts";
import { detectHost } from "../../src/host/detect.ts";
import type { Checkout } from "../../src/ports/checkout.ts";
import type { Store } from "../../src/ports/store.ts";
import { processesOf } from "../../src/workspace/processes.ts";
import { assertEquals, it } from "../deps.ts";
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

const host = await detectHost();

const NOWHERE: Checkout = {
  branch: (explicit) => explicit ?? "main",
  commitsSince: () => undefined,
  named: namedInEmpty,
  sources: () => ({
    exists: () => false,
    read: () => undefined,
    below: () => [],
    imports: () => Promise.resolve([]),
  }),
};

/** A file in which a consumer of the stream keeps its position, wherever the store is. */
export const cursorFile = (path: string) => openCursorFile(host, makeTempDir(), path);

/** The operations over an opening, and what they warned of. */
export function coordOn(store: Store): Coord {
  const machine = { checkout: NOWHERE, processes: processesOf(host), cursorFile };
  return new Coord({ store, ...machine, warn: () => {} });
}

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
