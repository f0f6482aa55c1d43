/** Moving a workspace between stores: its answers stay, and numbers that only grow go on. */
import { type Coord, exportStore, importStore, openWorkspace } from "../../../mod.ts";
import { openFsStore } from "../../../src/adapters/fs/open.ts";
import { FsRelocation } from "../../../src/adapters/fs/upkeep/relocation.ts";
import { storeOf } from "../../../src/adapters/postgres/open.ts";
import { placeOf } from "../../../src/adapters/postgres/place.ts";
import { PostgresRelocation } from "../../../src/adapters/postgres/upkeep/relocation.ts";
import { Space } from "../../../src/adapters/postgres/space.ts";
import { moveRecords } from "../../../src/engine/watch/transfer/move.ts";
import { detectHost } from "../../../src/host/detect.ts";
import type { Host } from "../../../src/ports/host.ts";
import type { Relocation } from "../../../src/ports/store.ts";
import { afterEach, assert_, assertEquals, it, itIf } from "../../deps.ts";
import { sized } from "../../support/length.ts";
import { closeOpened, newSpace, noServer, opened } from "../../support/postgres.ts";
import { newSeed, type Random } from "../../support/random.ts";
import { coordOn } from "../../support/scene/over_store.ts";
import { makeTempDir } from "../../support/scene/scratch.ts";
import { exported, lived } from "../../support/scene/transfer.ts";
import { FakeClock, workspace } from "../../support/scene/workspace.ts";

const host = await detectHost();
const reason = noServer();

afterEach(closeOpened);

/** A store, as agents use it and as it is moved. */
interface Spot {
  readonly coord: Coord;
  readonly place: Relocation;
}

/** Opens a store; `cut` is called before each write, and may throw. */
type OpenSpot = (cut?: () => void) => Spot;

async function files(clock: FakeClock): Promise<OpenSpot> {
  const { path } = await workspace();
  return (cut) => {
    const machine = cut === undefined ? host : cutting(host, cut);
    const store = openFsStore(machine, path, clock.now, () => {});
    return { coord: coordOn(store), place: new FsRelocation(machine, store, () => {}) };
  };
}

async function database(clock: FakeClock): Promise<OpenSpot> {
  const where = placeOf(await newSpace());
  return (cut) => {
    const space = new Space(where, { sql: () => `(${clock.ms})::float8`, clock: clock.now });
    const { connection } = space;
    const write = connection.write.bind(connection);
    connection.write = (text, values) => {
      if (!text.includes("pg_notify")) cut?.();
      return write(text, values);
    };
    const store = storeOf(space);
    opened(store);
    return { coord: coordOn(store), place: new PostgresRelocation(space, store) };
  };
}

/** A machine on which each write of a file may be the last thing that a process does. */
function cutting(machine: Host, cut: () => void): Host {
  const writes = ["createNew", "link", "rename", "append", "replace"];
  const fs = new Proxy(machine.fs, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        if (writes.includes(String(name))) cut();
        return value.apply(target, args);
      };
    },
  });
  return new Proxy(machine, {
    get: (target, name) => {
      if (name === "fs") return fs;
      const value = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** Lets agents work with tasks, reservations and lanes. */
async function filled({ coord }: Spot, clock: FakeClock, random: Random): Promise<void> {
  await lived({ coord, clock }, 40, random);
  const { reservations, lanes } = coord;
  for (let n = 0; n < 12; n++) {
    const runId = random.pick(["a", "b"]);
    const held = await reservations.reserve({
      addresses: [`src/${n}/*.ts`, "docs"].slice(0, 1 + random.below(2)),
      runId,
      exclusive: random.chance(0.6),
      ttl: 60 + random.below(600),
    });
    if (held.status === "conflict") continue;
    const { reservation_id: id } = held;
    if (random.chance(0.4)) await reservations.heartbeat({ id, runId, note: "half" });
    if (random.chance(0.4)) await reservations.release({ id, runId });
    clock.advance(random.below(60));
  }
  await reservations.intent({ addresses: ["src"], runId: "a", operation: "modify" });
  for (const lane of ["api", "web", "@db"]) {
    const tree = lane === "@db" ? [] : [lane];
    await lanes.acquire({ lane, tree, owner: "a", ttl: 600, loopTs: lane });
    if (random.chance(0.3)) await lanes.release({ lane, owner: "a" });
  }
  await lanes.setTaxonomy({ lanes: { api: { tree: ["api"] } }, autopick: ["api"] });
}

/** All that a workspace answers. */
async function answers({ coord }: Spot) {
  const documents = await exported(coord);
  const ids = documents.flatMap((each) => each.kind === "task" ? each.task.task_id : []);
  return JSON.parse(JSON.stringify({
    documents,
    shown: await Promise.all(ids.map((id) => coord.show(id))),
    tasks: await coord.tasks.list({ limit: 1_000 }),
    held: await coord.reservations.list({ all: true }),
    leases: await coord.lanes.live({ all: true }),
    taxonomy: await coord.lanes.taxonomy(),
    pauses: await coord.queues.list(),
  }, (key, value) => key === "beat" ? undefined : value));
}

/** Fences that the next grants get. */
async function nextFences({ coord }: Spot) {
  const { reservations, lanes, tasks } = coord;
  const held = await reservations.reserve({ addresses: ["x"], runId: "new", exclusive: true });
  const lane = await lanes.acquire({ lane: "x", tree: ["x/y"], owner: "new", ttl: 60 });
  const claims: string[] = [];
  while (true) {
    const claim = await tasks.claim({ runId: "new" });
    if (claim.status !== "claimed") break;
    claims.push(`${claim.task_id} ${claim.fence}`);
  }
  assert_(held.status !== "conflict" && lane.status === "acquired");
  return { held: held.fence, lane: lane.fence, claims: claims.sort() };
}

async function moved(from: Spot, to: Spot) {
  const answer = await moveRecords(from.place, to.place, () => {});
  assert_(answer.status === "moved", JSON.stringify(answer));
  return answer;
}

const stores: Readonly<Record<string, (clock: FakeClock) => Promise<OpenSpot>>> = {
  files,
  PostgreSQL: database,
};

for (const [one, other] of [["files", "files"], ["files", "PostgreSQL"], ["PostgreSQL", "files"]]) {
  const isThere = reason === undefined || one === other;
  const itThere = itIf(isThere, reason ?? "");
  const [make = files, makeOther = files] = [stores[one ?? ""], stores[other ?? ""]];

  itThere(
    `moveRecords() from ${one} to ${other} and back keeps all answers and fences`,
    async () => {
      const random = newSeed("move");
      for (let round = 0; round < sized(1, 2, 60); round++) {
        const clock = new FakeClock();
        const from = (await make(clock))();
        await filled(from, clock, random);
        const before = await answers(from);
        const to = await makeOther(clock);
        const answer = await moved(from, to());
        assertEquals([answer.unchanged, answer.tasks > 0, answer.entries > 2], [0, true, true]);
        assertEquals(await answers(to()), before, `seed ${random.seed}, round ${round}`);
        assertEquals((await to().coord.fsck()).findings, []);
        assertEquals((await moved(from, to())).added, 0);
        const back = await make(clock);
        await moved(to(), back());
        assertEquals(await answers(back()), before, `back: seed ${random.seed}, round ${round}`);
        assertEquals(await answers(from), before);
        const expected = await nextFences(from);
        for (const spot of [to(), back()]) assertEquals(await nextFences(spot), expected);
      }
    },
  );

  itThere(
    `moveRecords() from ${one} to ${other} that has died goes on when it is made again`,
    async () => {
      const random = newSeed("move-cut");
      const clock = new FakeClock();
      const from = (await make(clock))();
      await filled(from, clock, random);
      const before = await answers(from);
      class Cut extends Error {}
      for (let round = 0; round < sized(1, 3, 60); round++) {
        const to = await makeOther(clock);
        let isCut = true;
        for (let tries = 0; isCut; tries++) {
          let left = 1 + random.below(tries > 4 ? 10_000 : 60);
          const cut = () => {
            // What ends the call, such as giving a mutex back, is done: this process lives on.
            if (--left === 0) throw new Cut();
          };
          isCut = await moveRecords(from.place, to(cut).place, () => {}).then(
            () => false,
            (error) => {
              if (error instanceof Cut || error.cause instanceof Cut) return true;
              throw error;
            },
          );
        }
        await moved(from, to());
        assertEquals(await answers(to()), before, `seed ${random.seed}, round ${round}`);
      }
    },
  );
}

it("moveRecords() writes nothing where the other store has records of its own", async () => {
  const clock = new FakeClock();
  const [from, to] = [(await files(clock))(), (await files(clock))()];
  await from.coord.tasks.enqueue({ title: "x", runId: "p" });
  const { task_id: id } = await to.coord.tasks.enqueue({ title: "y", runId: "p" });
  const answer = await moveRecords(from.place, to.place, () => {});
  assert_(answer.status === "conflict");
  assertEquals([answer.conflicts, answer.conflicts_total], [[`task ${id}`], 1]);
  assertEquals((await to.coord.tasks.list()).total, 1);
});

it("addTasks() frees and cancels no task that is added before those that it waits for", async () => {
  const clock = new FakeClock();
  const [from, to] = [(await files(clock))(), (await files(clock))()];
  const { tasks } = from.coord;
  const order: string[] = [];
  for (let n = 0; n < 30; n++) {
    const after = { after: order.slice(0, 2), onFailure: "cancel" as const };
    const key = n % 2 === 0 ? { key: `key ${n}` } : {};
    const added = await tasks.enqueue({ title: `${n}`, runId: "p", ...(n > 0 && after), ...key });
    order.unshift(added.task_id ?? "");
  }
  const entries = (await Array.fromAsync(from.place.tasks())).flat();
  for (const id of order) {
    await to.place.addTasks(entries.filter(({ task }) => task.task_id === id));
  }
  assertEquals((await to.coord.tasks.list()).blocked, 29);
  assertEquals((await to.coord.fsck()).findings, []);
});

it("moveRecords() refuses what has moved on in the other store", async () => {
  const clock = new FakeClock();
  const [from, to] = [(await files(clock))(), (await files(clock))()];
  await from.coord.tasks.enqueue({ title: "x", runId: "p" });
  await moved(from, to);
  await to.coord.tasks.claim({ runId: "a" });
  assertEquals((await moveRecords(from.place, to.place, () => {})).status, "conflict");
});

itIf(reason === undefined, reason ?? "")(
  "importStore() and exportStore() move what a workspace has, and name the stores",
  async () => {
    const store = await newSpace();
    const { dir, path } = await workspace();
    const project = await openWorkspace({ dir });
    const { task_id: id } = await project.tasks.enqueue({ title: "x", runId: "p" });
    const first = await project.tasks.claim({ runId: "a" });
    const said: string[] = [];
    const answer = await importStore({ dir, store, progress: (text) => void said.push(text) });
    assert_(answer.status === "moved", JSON.stringify(answer));
    assertEquals([answer.from, answer.added, answer.tasks, said.length > 1], [path, 2, 1, true]);
    assertEquals((await importStore({ dir, store })).status, "moved");
    await using there = await openWorkspace({ dir, store });
    const { claim } = await there.show(id) as { claim?: { fence: number } };
    assertEquals(claim?.fence, first.status === "claimed" ? first.fence : 0);
    await there.tasks.complete({ id, runId: "a" });
    assertEquals((await importStore({ dir, store })).status, "conflict");
    const other = await workspace();
    assertEquals((await exportStore({ dir: other.dir, store })).status, "moved");
    const back = await openWorkspace({ dir: other.dir, store: "files" });
    assertEquals((await back.tasks.list()).completed, 1);
    const nowhere = await importStore({ dir: makeTempDir(), store }).catch(({ code }) => code);
    assertEquals(nowhere, "no_workspace");
  },
);
