/** The fold of a fleet against what the operations say at the same moment, over random histories. */
import type { Coord, Fleet } from "../../../mod.ts";
import { openMemoryStore } from "../../../src/adapters/memory/open.ts";
import { MemoryWorkspace } from "../../../src/adapters/memory/workspace.ts";
import type { Store } from "../../../src/ports/store.ts";
import { assertEquals, it } from "../../deps.ts";
import { sized } from "../../support/length.ts";
import { newSeed, type Random } from "../../support/random.ts";
import { coordOn } from "../../support/scene/over_store.ts";
import { FakeClock, workspace } from "../../support/scene/workspace.ts";

/** A place where agents work, and the one who looks on. */
interface Place {
  readonly coord: Coord;
  readonly clock: FakeClock;
}

function inMemory(): Place & { readonly store: Store } {
  const clock = new FakeClock();
  const store = openMemoryStore(new MemoryWorkspace({ clock: clock.now }));
  return { coord: coordOn(store), clock, store };
}

const RUNS = ["a", "b", "c", "d"];
const FILES = ["src/a.ts", "src/b.ts", "src/**", "docs/x.md"];
const QUEUES = ["default", "deploys"];

/** One step of a history: what is not allowed changes nothing. */
async function act({ coord, clock }: Place, random: Random): Promise<void> {
  const { tasks, reservations, lanes, queues } = coord;
  const runId = random.pick(RUNS);
  const queue = random.pick(QUEUES);
  const { items } = await tasks.list();
  const task = items.length === 0 ? undefined : random.pick(items);
  const id = task?.task_id ?? "";
  const { reservations: held } = await reservations.list();
  const lane = random.pick(["api", "web"]);
  const held0 = (await lanes.live({ all: true })).leases.find((each) => each.lane === lane);
  const mine = { lane, owner: held0?.holder ?? runId, loopTs: held0?.loop_ts ?? "1" };
  const note = random.chance(0.5) ? { note: `n${random.below(9)}` } : {};
  const acts: readonly (() => Promise<unknown>)[] = [
    () =>
      tasks.enqueue({
        title: `t${random.below(99)}`,
        queue,
        runId,
        priority: random.below(3),
        ttl: random.pick([60, 4_000]),
        ...(random.chance(0.3) && { maxAttempts: 3 }),
        ...(random.chance(0.2) && { delay: 30 }),
        ...(random.chance(0.3) && task && { after: [id] }),
      }),
    () => tasks.claim({ runId, queue, claimTtl: random.pick([60, 900]) }),
    () => tasks.claim({ runId }),
    () => tasks.complete({ id, runId: task?.claimer_run_id ?? runId }),
    () => tasks.fail({ id, runId: task?.claimer_run_id ?? runId, error: "it broke" }),
    () => tasks.cancel({ id, runId, force: true }),
    () => tasks.requeue({ ids: [id], runId }),
    () => tasks.reprioritize({ ids: [id], runId, priority: random.below(5) }),
    () => coord.heartbeat({ id, runId: task?.claimer_run_id ?? runId, ...note }),
    () =>
      reservations.reserve({
        addresses: [random.pick(FILES)],
        runId,
        ttl: random.pick([60, 900]),
        exclusive: random.chance(0.5),
        ...note,
      }),
    async () => {
      const one = held.length === 0 ? undefined : random.pick(held);
      if (one === undefined) return;
      const about = { id: one.reservation_id, runId: one.run_id };
      if (random.chance(0.5)) await coord.heartbeat({ ...about, ...note });
      else await reservations.release(about);
    },
    () => {
      const loopTs = String(random.below(1_000_000_000));
      return lanes.acquire({ lane, owner: runId, tree: [`${lane}/**`], ttl: 60, loopTs });
    },
    () => lanes.heartbeat(mine),
    () => lanes.release(mine),
    () => queues.pause({ queues: [queue], runId, reason: "freeze" }),
    () => queues.resume({ queues: [queue] }),
    () => coord.gc({ execute: true, grace: 60 }),
    async () => clock.advance(random.pick([1, 20, 70, 400, 2_000])),
  ];
  try {
    await random.pick(acts)();
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error)) throw error;
  }
}

/** What the operations say, in the form of the state. */
async function saidBy({ coord, clock }: Place): Promise<Partial<Fleet>> {
  const { queues: counted, items: _items, ...listed } = await coord.tasks.list();
  const { queues } = await coord.queues.list();
  const { reservations } = await coord.reservations.list({ kind: "reservation" });
  const { leases } = await coord.lanes.live({ all: true });
  const status = await coord.status();
  assertEquals(status.tasks.total, listed.total);
  const { limit: _l, truncated: _t, matched: _m, next: _n, ...tasks } = listed;
  return {
    at: new Date(clock.ms).toISOString(),
    runs: await coord.agents(),
    tasks,
    queues: queues.map(({ queue, status: open, paused_at, paused_by, reason, ...rest }) => ({
      ...rest,
      queue,
      ...counted[queue],
      paused: open === "open" || paused_at === undefined || paused_by === undefined
        ? null
        : { paused_at, paused_by, ...(reason !== undefined && { reason }) },
    })) as unknown as Fleet["queues"],
    reservations,
    leases,
  };
}

/** The same of a state; what no operation says is left out. */
function shownBy(fleet: Fleet): Partial<Fleet> {
  const { at, runs, tasks, queues, reservations, leases } = fleet;
  const counts = queues.map(({ oldest_pending: _o, completed_last_minute: _c, ...rest }) => rest);
  return { at, runs, tasks, queues: counts as unknown as Fleet["queues"], reservations, leases };
}

function isSaid(fleet: Fleet, wanted: Partial<Fleet>): boolean {
  try {
    assertEquals(shownBy(fleet), wanted);
    return true;
  } catch {
    return false;
  }
}

async function first(coord: Coord): Promise<Fleet> {
  for await (const fleet of coord.fleet({ once: true })) return fleet;
  throw new Error("there is no state");
}

/** Follows a fleet by hand: a state each time it is asked for. */
function following(coord: Coord) {
  const stop = new AbortController();
  const states = coord.fleet({ interval: 0, signal: stop.signal })[Symbol.asyncIterator]();
  return {
    /** The state that has come to what is there. */
    async reached(isIt: (fleet: Fleet) => boolean): Promise<Fleet> {
      while (true) {
        const { value } = await states.next();
        if (value === undefined) throw new Error("the states have ended");
        if (isIt(value)) return value;
      }
    },
    async end() {
      stop.abort();
      await states.return?.();
    },
  };
}

for (
  const [name, place, histories] of [
    ["memory", async () => inMemory(), sized(3, 30, 1_000)],
    ["files", workspace, sized(1, 6, 100)],
  ] as const
) {
  it(`fleet() says what tasks, queues, list, lanes and agents say, after any history (${name})`, async () => {
    const random = newSeed(`fleet ${name}`);
    for (let history = 0; history < histories; history++) {
      const at = await place();
      const fleet = following(at.coord);
      for (let step = 0; step < 40; step++) {
        await act(at, random);
        if (step % 8 !== 7) continue;
        const wanted = await saidBy(at);
        assertEquals(shownBy(await first(at.coord)), wanted, "from the snapshot");
        // Notification takes a moment; a state that never comes ends the test by its time.
        let last: Fleet | undefined;
        const isReached = (state: Fleet) => {
          last = state;
          return isSaid(state, wanted);
        };
        await Promise.race([
          fleet.reached(isReached),
          new Promise((resolve) => setTimeout(resolve, 10_000)),
        ]);
        assertEquals(last && shownBy(last), wanted, "from the changes");
      }
      await fleet.end();
    }
  });
}
