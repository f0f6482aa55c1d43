/** What a hold of each kind notices, and when: one loop serves tasks, reservations and lanes. */
import type { CoordError } from "../../../mod.ts";
import { initWorkspace } from "../../../src/adapters/fs/layout.ts";
import { openCheckout, openCursorFile, openFsStore } from "../../../src/adapters/fs/open.ts";
import { Coord } from "../../../src/engine/coord.ts";
import { detectHost } from "../../../src/host/detect.ts";
import type { Host } from "../../../src/ports/host.ts";
import { HostError } from "../../../src/ports/host.ts";
import { processesOf } from "../../../src/workspace/processes.ts";
import { assert_, assertEquals, it } from "../../deps.ts";
import { FakeTime } from "../../support/fake/time.ts";
import { sleep, until } from "../../support/race/processes.ts";
import { makeTempDir, removeTree } from "../../support/scene/scratch.ts";

const real = await detectHost();

interface Hold extends AsyncDisposable {
  readonly lost: AbortSignal;
  readonly expiresAt: string;
}

/** A kind of hold, and what others do to one. */
interface Kind {
  readonly name: string;
  /** Takes one for an hour. */
  take(coord: Coord): Promise<Hold>;
  /** Another agent ends it by force. */
  end(coord: Coord): Promise<unknown>;
  /** The folders whose removal takes the records away. */
  readonly folders: readonly string[];
  /** The codes of `lost` for both. */
  readonly codes: { readonly ended: string; readonly removed: string };
}

const KINDS: readonly Kind[] = [
  {
    name: "hold() of a task",
    async take(coord) {
      await coord.tasks.enqueue({ title: "x", runId: "p" });
      const hold = await coord.tasks.hold({ runId: "a", claimTtl: 3_600 });
      assert_(hold.status === "held");
      return hold;
    },
    async end(coord) {
      const [task] = (await coord.tasks.list()).items;
      return await coord.tasks.cancel({ id: task?.task_id ?? "", runId: "boss", force: true });
    },
    folders: ["tasks", "claims", "index"],
    codes: { ended: "terminal", removed: "not_found" },
  },
  {
    name: "hold() of a reservation",
    async take(coord) {
      const hold = await coord.reservations.hold({
        addresses: ["src"],
        runId: "a",
        exclusive: true,
        ttl: 3_600,
      });
      assert_(hold.status === "held");
      return hold;
    },
    async end(coord) {
      const { reservations } = await coord.reservations.list();
      const id = reservations[0]?.reservation_id ?? "";
      return await coord.reservations.release({ id, runId: "boss", force: true });
    },
    folders: ["reservations"],
    codes: { ended: "already_released", removed: "not_found" },
  },
  {
    name: "acquire() of a lane",
    async take(coord) {
      const hold = await coord.lanes.hold({ lane: "api", tree: ["a"], owner: "a", ttl: 3_600 });
      assert_(hold.status === "held");
      return hold;
    },
    end: (coord) => coord.lanes.adopt({ lane: "api", owner: "boss" }),
    folders: ["lanes"],
    codes: { ended: "not_holder", removed: "not_holder" },
  },
];

/** What of the machine fails, and whether it notifies. */
interface Faults {
  failing: boolean;
  silent: boolean;
}

/**
 * A workspace on real files as two processes have it open, on time that moves by hand or by itself.
 */
function scene(given: Partial<Faults> = {}, time?: FakeTime) {
  const faults: Faults = { failing: false, silent: false, ...given };
  const broken = <A extends unknown[], T>(body: (...args: A) => T) => (...args: A): T => {
    if (faults.failing) throw new HostError("no_space", "write", String(args[0]));
    return body(...args);
  };
  const { fs } = real;
  const host: Host = {
    ...real,
    fs: {
      ...fs,
      createNew: broken(fs.createNew),
      append: broken(fs.append),
      appendSynced: broken(fs.appendSynced),
      link: broken(fs.link),
      rename: broken(fs.rename),
    },
    watch: (...args) => faults.silent ? { close() {} } : real.watch(...args),
  };
  const { path } = initWorkspace(real, makeTempDir());
  const clock = time?.clock ?? Date.now;
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);
  const open = (on: Host) => {
    const files = openFsStore(on, path, clock, warn);
    const [tasks, reservations] = [files.tasks, files.reservations];
    const store = { ...files, tasks, reservations };
    const checkout = openCheckout(on, path, warn);
    const cursorFile = (file: string) => openCursorFile(on, path, file);
    const machine = { checkout, processes: processesOf(on), cursorFile };
    return new Coord({ store, ...machine, warn, ...(time && { timers: time.timers }) });
  };
  return { path, faults, warnings, mine: open(host), theirs: open(real) };
}

/** The code of why a hold was lost; `undefined` while it is not. */
function codeOf({ lost }: Hold): string | undefined {
  return (lost.reason as CoordError | undefined)?.code;
}

for (const kind of KINDS) {
  it(`${kind.name} is lost within a fraction of a second when another agent ends it`, async () => {
    const { mine, theirs, warnings } = scene();
    await using hold = await kind.take(mine);
    await sleep(400); // until the kernel is asked to notify
    await kind.end(theirs);
    const start = performance.now();
    await until("the hold is lost", () => hold.lost.aborted);
    const took = performance.now() - start;
    assertEquals({ code: codeOf(hold), warnings }, { code: kind.codes.ended, warnings: [] });
    assert_(took < 3_000, `it took ${took} ms`);
  });

  it(`${kind.name} is lost soon when it is ended before the kernel was asked to notify`, async () => {
    const time = new FakeTime();
    const { mine, theirs } = scene({ silent: true }, time);
    const hold = await kind.take(mine);
    await kind.end(theirs);
    await time.advance(0.3);
    assertEquals(codeOf(hold), kind.codes.ended);
  });

  it(`${kind.name} is lost within 5 s where notification is silent`, async () => {
    for (const how of ["ended", "removed"] as const) {
      const time = new FakeTime();
      const { path, mine, theirs } = scene({ silent: true }, time);
      const hold = await kind.take(mine);
      await time.advance(6);
      assertEquals(codeOf(hold), undefined);
      if (how === "ended") await kind.end(theirs);
      else for (const folder of kind.folders) removeTree(`${path}/${folder}`);
      await time.advance(5);
      assertEquals(codeOf(hold), kind.codes[how], how);
      assertEquals(time.armed, 0);
    }
  });

  it(`${kind.name} is lost before its end when nothing can be written`, async () => {
    const time = new FakeTime();
    const { mine, faults } = scene({ silent: true }, time);
    const hold = await kind.take(mine);
    const end = Date.parse(hold.expiresAt);
    faults.failing = true;
    await time.advance((end - time.clock()) / 1000 - 6);
    assertEquals(codeOf(hold), undefined, "while there is time to try again");
    await time.advance(5);
    assertEquals({ code: codeOf(hold), early: time.clock() < end }, {
      code: "io_error",
      early: true,
    });
  });

  it(`${kind.name} goes on for as long as it is kept`, async () => {
    const time = new FakeTime();
    const { mine } = scene({ silent: true }, time);
    const hold = await kind.take(mine);
    await time.advance(10_000);
    assertEquals(codeOf(hold), undefined);
    assert_(Date.parse(hold.expiresAt) > time.clock());
    await hold[Symbol.asyncDispose]();
    assertEquals(time.armed, 0);
  });
}

it("acquire() that gets a lease again keeps it by its last heartbeat", async () => {
  const time = new FakeTime();
  const { mine, theirs } = scene({ silent: true }, time);
  const input = { lane: "api", tree: ["a"], owner: "a", loopTs: "1", ttl: 60 };
  await mine.lanes.acquire(input);
  await time.advance(50);
  await mine.lanes.heartbeat({ lane: "api", owner: "a" });
  await time.advance(50);
  const hold = await mine.lanes.hold(input);
  assert_(hold.status === "held");
  await time.advance(200);
  assertEquals(codeOf(hold), undefined);
  assertEquals((await theirs.lanes.live()).live, 1);
  await hold.release();
});

it("acquire() that gets a lease again after a silence within its grace keeps it", async () => {
  const time = new FakeTime();
  const { mine } = scene({ silent: true }, time);
  const input = { lane: "api", tree: ["a"], owner: "a", loopTs: "1", ttl: 60 };
  await mine.lanes.acquire(input);
  await time.advance(100);
  const hold = await mine.lanes.hold(input);
  assert_(hold.status === "held");
  await time.advance(200);
  assertEquals(codeOf(hold), undefined);
  await hold.release();
});
