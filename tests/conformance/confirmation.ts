/**
 * What every store promises of reservations that are added before they are held, and of holds of
 * another kind that look at them.
 */
import { addressOutlines } from "../../src/domain/glob/holds/holds.ts";
import { Comparison } from "../../src/domain/glob/holds/comparison.ts";
import { overlapsRecord } from "../../src/domain/reservation/conflict.ts";
import type { ReservationEntry } from "../../src/domain/reservation/reservation.ts";
import { formatTime } from "../../src/domain/time.ts";
import type { ReservationStore, Rival } from "../../src/ports/reservations.ts";
import { assertEquals, it } from "../deps.ts";
import { add, addNotice, beatOf, record, releaseOf } from "../support/scene/placements.ts";
import { type OpenStore, scene } from "./harness.ts";

type Scene = Awaited<ReturnType<typeof scene>>;

const LOCK = { exclusive: true };
/** Added, and not held before it is confirmed. */
const COMING = { exclusive: true, confirmation: 1 } as const;

/** A run's hold of another kind, which keeps out all other runs. */
function rival(runId: string, address: string): Rival {
  const named = { addresses: [address] };
  const comparison = new Comparison(runId, addressOutlines(named));
  return {
    named,
    runId,
    overlaps: overlapsRecord(comparison),
    excludes: ({ run_id }) => run_id !== runId,
  };
}

const idsOf = (entries: readonly ReservationEntry[]) =>
  entries.map(({ reservation }) => reservation.reservation_id).sort();

/** Whether one has ended that no agent ever held: nothing is left of it, or a release that says so. */
async function isRefused(store: ReservationStore, id: string): Promise<boolean> {
  const entry = await store.get(id);
  return entry === undefined || entry.release?.confirmed === false;
}

export function confirmationSuite(name: string, open: OpenStore): void {
  const place = () => scene(open);

  it(`${name}: an exclusive one that is not confirmed is not held, and is from then on`, async () => {
    const at = await place();
    const { reservations } = at.store;
    const coming = record(at, COMING);
    const { reservation_id: id } = coming;
    assertEquals(await add(reservations, coming), []);
    const beat = () => reservations.beat(id, () => beatOf(at, coming, 100));
    const near = async () => {
      const { named, overlaps } = rival("x", "src/a.ts");
      return idsOf(await at.other.reservations.near(named, at.clock.ms, overlaps));
    };
    const known = async () => [
      await near(),
      idsOf(await at.other.reservations.list(at.clock.ms, true)),
      typeof await beat(),
    ];
    assertEquals((await at.other.reservations.get(id))?.unsettled, true);
    assertEquals(await known(), [[], [], "string"]);
    assertEquals(typeof await reservations.confirm(id), "number");
    assertEquals(await known(), [[id], [id], "object"]);
    assertEquals((await at.other.reservations.get(id))?.unsettled, undefined);
  });

  it(`${name}: one that is refused is never confirmed nor shown; one that is held is not refused`, async () => {
    const at = await place();
    const { reservations } = at.store;
    const [refused, held] = [record(at, COMING), record(at, { ...COMING, addresses: ["lib"] })];
    for (const each of [refused, held]) await add(reservations, each);
    await reservations.confirm(held.reservation_id);
    for (const { reservation_id } of [refused, held]) {
      await at.other.reservations.refuse(reservation_id, "a");
    }
    assertEquals(await reservations.confirm(refused.reservation_id), undefined);
    assertEquals(idsOf(await reservations.list(at.clock.ms, true)), [held.reservation_id]);
    assertEquals(await isRefused(at.other.reservations, refused.reservation_id), true);
    assertEquals((await at.other.reservations.get(held.reservation_id))?.release, undefined);
  });

  it(`${name}: one that is admitted beside one that is not confirmed ends it for good`, async () => {
    const at = await place();
    const [first, second] = [record(at, COMING), record(at, { ...LOCK, run_id: "b" })];
    await add(at.store.reservations, first);
    const { overlaps, excludes } = rival("b", "src/**");
    let met: readonly ReservationEntry[] = [];
    const isAdded = await at.other.reservations.add({
      reservation: second,
      overlaps,
      excludes,
      admit: (others) => (met = others, true),
    });
    assertEquals([isAdded, idsOf(met), met[0]?.unsettled], [true, [first.reservation_id], true]);
    assertEquals(await at.store.reservations.confirm(first.reservation_id), undefined);
    assertEquals(await isRefused(at.store.reservations, first.reservation_id), true);
  });

  it(`${name}: of one that is confirmed and one that ends it at once, one comes through`, async () => {
    for (let round = 0; round < 5; round++) {
      for (const kind of ["reservation", "rival"]) {
        const at = await place();
        const coming = record(at, COMING);
        await add(at.store.reservations, coming);
        const lock = record(at, { ...LOCK, run_id: "b" });
        const comes = async () =>
          kind === "rival"
            ? (await at.other.reservations.makeWay(rival("b", "src"))).length === 0
            : await add(at.other.reservations, lock) !== undefined;
        const confirms = async () =>
          await at.store.reservations.confirm(coming.reservation_id) !== undefined;
        const both = round % 2 === 0 ? [confirms(), comes()] : [comes(), confirms()];
        assertEquals((await Promise.all(both)).filter((isThrough) => isThrough).length, 1);
      }
    }
  });

  it(`${name}: near() returns what is live and overlaps, of any agent, and writes nothing`, async () => {
    const at = await place();
    const { reservations } = at.store;
    const soon = formatTime(at.clock.ms + 1_000);
    const [notice, lock, own, far, over, kept, ended] = [
      record(at, { run_id: "b", addresses: ["src/a.ts"] }),
      record(at, { run_id: "c", addresses: ["src/b.ts"], exclusive: true }),
      record(at, { addresses: ["src/c.ts"] }),
      record(at, { addresses: ["docs"] }),
      record(at, { addresses: ["src/e.ts"], exclusive: true, expires_at: soon }),
      record(at, { expires_at: soon }),
      record(at),
    ];
    for (const each of [lock, over]) await add(reservations, each);
    for (const each of [notice, own, far, kept, ended]) await addNotice(reservations, each);
    await reservations.beat(kept.reservation_id, () => beatOf(at, kept, 100));
    await reservations.release(releaseOf(at, ended));
    at.clock.advance(1);
    const before = await reservations.list(at.clock.ms, true);
    const { named, overlaps } = rival("a", "src/**");
    const near = await at.other.reservations.near(named, at.clock.ms, overlaps);
    assertEquals(idsOf(near), [notice, lock, own, kept].map((each) => each.reservation_id).sort());
    assertEquals(await reservations.list(at.clock.ms, true), before);
  });

  it(`${name}: makeWay() returns what is held, and ends what is not, of exclusive ones in the way`, async () => {
    const at = await place();
    const { reservations } = at.store;
    const soon = formatTime(at.clock.ms + 1_000);
    const given = { run_id: "b", exclusive: true };
    const [held, over, far, own, notice, coming] = [
      record(at, { ...given, addresses: ["src/a.ts"] }),
      record(at, { ...given, addresses: ["src/b.ts"], expires_at: soon }),
      record(at, { ...given, addresses: ["docs"], expires_at: soon }),
      record(at, { ...LOCK, addresses: ["src/c.ts"], expires_at: soon }),
      record(at, { run_id: "b" }),
      record(at, { ...given, ...COMING, addresses: ["src/d.ts"] }),
    ];
    for (const each of [held, over, far, own, coming]) await add(reservations, each);
    await addNotice(reservations, notice);
    at.clock.advance(1);
    const met = await at.other.reservations.makeWay(rival("a", "src"));
    assertEquals(idsOf(met), [held.reservation_id]);
    const releases = [];
    for (const each of [held, over, far, own, notice]) {
      const { release } = await reservations.get(each.reservation_id) ?? {};
      releases.push(release?.reason);
    }
    assertEquals(releases, [undefined, "expired", undefined, undefined, undefined]);
    assertEquals(await isRefused(reservations, coming.reservation_id), true);
    assertEquals(await reservations.confirm(coming.reservation_id), undefined);
    at.clock.advance(-1);
    const late = await reservations.beat(over.reservation_id, () => beatOf(at, over, 100));
    assertEquals(late, "released", "it has ended for good");
  });

  const LOOKS: Readonly<
    Record<string, (store: ReservationStore, rival: Rival, at: Scene) => unknown>
  > = {
    "add()": (store, { overlaps, excludes }, at) =>
      store.add({ reservation: record(at, LOCK), overlaps, excludes, admit: () => true }),
    "addNotice()": (store, { overlaps }, at) =>
      store.addNotice({ reservation: record(at), overlaps }),
    "near()": (store, { named, overlaps }, at) => store.near(named, at.clock.ms, overlaps),
    "makeWay()": (store, each) => store.makeWay(each),
  };
  for (const [what, look] of Object.entries(LOOKS)) {
    it(`${name}: ${what} lets others have their turn while it compares`, async () => {
      const at = await place();
      await add(at.other.reservations, record(at, { ...LOCK, run_id: "b" }));
      let turns = 0;
      let seen = 0;
      const timer = setInterval(() => void turns++, 1);
      const slow: Rival = {
        ...rival("a", "src"),
        *overlaps() {
          for (const end = Date.now() + 250; Date.now() < end;) yield undefined;
          seen = turns;
          return true;
        },
      };
      try {
        await look(at.store.reservations, slow, at);
      } finally {
        clearInterval(timer);
      }
      assertEquals(seen > 0, true);
    });
  }
}
