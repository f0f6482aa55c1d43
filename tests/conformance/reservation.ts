/** What every store of reservations promises. */
import { formatTime } from "../../src/domain/time.ts";
import { assertEquals, it } from "../deps.ts";
import { until } from "../support/race/processes.ts";
import { add, addNotice, beatOf, record, releaseOf } from "../support/scene/placements.ts";
import { type OpenStore, scene } from "./harness.ts";

export function reservationSuite(name: string, open: OpenStore): void {
  const place = () => scene(open);

  it(`${name}: add() shows a reservation to every opening`, async () => {
    const at = await place();
    const reservation = record(at, { addresses: ["src/ü.ts::f", "docs"], operation: "rename" });
    assertEquals(await add(at.store.reservations, reservation), []);
    const entry = { reservation, heartbeat: undefined, release: undefined };
    const { reservations } = at.other;
    const { reservation_id: id } = reservation;
    assertEquals(await reservations.get(id), entry);
    assertEquals(await reservations.list(at.clock.ms, false), [entry]);
    assertEquals(await reservations.find(id.slice(7, 70), 2), [id]);
    assertEquals(await reservations.get(`sha256:${"f".repeat(64)}`), undefined);
  });

  it(`${name}: add() asks about all that is live and overlaps, and about nothing else`, async () => {
    const at = await place();
    const { reservations } = at.store;
    const [near, far, over, ended, kept] = [
      record(at, { run_id: "b", addresses: ["src/a.ts"] }),
      record(at, { run_id: "b", addresses: ["docs"] }),
      record(at, { run_id: "b", expires_at: formatTime(at.clock.ms + 1_000) }),
      record(at, { run_id: "b" }),
      record(at, { run_id: "b", expires_at: formatTime(at.clock.ms + 1_000) }),
    ];
    for (const each of [near, far, over, ended, kept]) await add(reservations, each);
    await reservations.release(releaseOf(at, ended));
    await reservations.beat(kept.reservation_id, () => beatOf(at, kept, 100));
    at.clock.advance(1);
    const met = await add(at.other.reservations, record(at));
    assertEquals(met, [near.reservation_id, kept.reservation_id].sort());
  });

  it(`${name}: addNotice() returns all that is live and overlaps, but for itself, and is met itself`, async () => {
    const at = await place();
    const { reservations } = at.store;
    const [notice, lock, far, over, ended, unsettled] = [
      record(at, { run_id: "b", addresses: ["src/a.ts"] }),
      record(at, { run_id: "b", addresses: ["src/b.ts"], exclusive: true }),
      record(at, { run_id: "b", addresses: ["docs"] }),
      record(at, { run_id: "b", expires_at: formatTime(at.clock.ms + 1_000) }),
      record(at, { run_id: "b" }),
      record(at, { run_id: "c", addresses: ["src/c"], exclusive: true, confirmation: 1 }),
    ];
    for (const each of [notice, far, over, ended]) await addNotice(reservations, each);
    for (const each of [lock, unsettled]) await add(reservations, each);
    await reservations.release(releaseOf(at, ended));
    at.clock.advance(1);
    const own = record(at);
    const ids = [notice, lock].map((each) => each.reservation_id).sort();
    assertEquals(await addNotice(at.other.reservations, own), ids);
    const entry = { reservation: own, heartbeat: undefined, release: undefined };
    assertEquals(await reservations.get(own.reservation_id), entry);
    const met = await add(reservations, record(at, { run_id: "d", addresses: ["src/x"] }));
    assertEquals(met, [own.reservation_id]);
  });

  it(`${name}: addNotice() of several that come at once returns each pair to at least one`, async () => {
    for (let round = 0; round < 5; round++) {
      const at = await place();
      const openings = [at.store, at.other, at.second(), at.second()];
      const records = openings.map((_, n) => record(at, { run_id: `a${n}` }));
      const met = await Promise.all(
        records.map((each, n) => addNotice((openings[n] ?? at.store).reservations, each)),
      );
      const ids = records.map((each) => each.reservation_id);
      const missed = ids.flatMap((a, n) =>
        ids.slice(n + 1).filter((b, m) => !met[n]?.includes(b) && !met[n + 1 + m]?.includes(a))
      );
      assertEquals(missed, []);
    }
  });

  it(`${name}: what has expired is decided by the store's clock, and not by a record's beginning`, async () => {
    const at = await place();
    const lock = record(at, { run_id: "b", exclusive: true });
    const { reservations } = at.store;
    await add(reservations, lock);
    at.clock.advance(30);
    // The clock of their maker is ahead.
    const created_at = formatTime(at.clock.ms + 3_600_000);
    const given = { created_at, expires_at: formatTime(at.clock.ms + 7_200_000) };
    const met = [lock.reservation_id];
    assertEquals(await addNotice(at.other.reservations, record(at, given)), met);
    const late = record(at, { ...given, exclusive: true });
    assertEquals(await add(at.other.reservations, late), undefined);
    const beat = beatOf(at, lock, 60);
    assertEquals(await reservations.beat(beat.reservation_id, () => beat), { ...beat, beat: 1 });
  });

  it(`${name}: add() adds nothing where admit() says no`, async () => {
    const at = await place();
    await add(at.store.reservations, record(at, { run_id: "b" }));
    const refused = record(at, { exclusive: true });
    assertEquals(await add(at.other.reservations, refused), undefined);
    assertEquals(await at.store.reservations.get(refused.reservation_id), undefined);
    const elsewhere = record(at, { exclusive: true, addresses: ["docs"] });
    assertEquals(await add(at.other.reservations, elsewhere), []);
  });

  it(`${name}: add() grants one of several exclusive ones that come at once`, async () => {
    for (let round = 0; round < 5; round++) {
      const at = await place();
      const openings = [at.store, at.other, at.second(), at.second()];
      const records = [...openings, ...openings].map((_, n) =>
        record(at, { run_id: `a${n}`, exclusive: true, addresses: [`src/{x,${n}}/**`] })
      );
      const answers = await Promise.all(
        records.map((each, n) => add((openings[n % 4] ?? at.store).reservations, each)),
      );
      const granted = records.filter((_, n) => answers[n] !== undefined);
      assertEquals(granted.length, 1);
      const live = await at.other.reservations.list(at.clock.ms, false);
      assertEquals(live.map(({ reservation }) => reservation), granted);
    }
  });

  it(`${name}: add() also decides on what was added while it compared`, async () => {
    const at = await place();
    await add(at.store.reservations, record(at, { run_id: "z" }));
    const answers = await Promise.all(
      [at.store, at.other].map(({ reservations }, n) =>
        reservations.add({
          reservation: record(at, { run_id: `a${n}`, exclusive: true }),
          *overlaps() {
            // Long enough that others have their turn.
            for (const end = Date.now() + 25; Date.now() < end;) yield undefined;
            return true;
          },
          admit: (others) => others.every(({ reservation }) => reservation.exclusive !== true),
          excludes: ({ exclusive }) => exclusive === true,
        })
      ),
    );
    assertEquals(answers.filter((isAdded) => isAdded).length, 1);
  });

  it(`${name}: an exclusive one that expired has ended for good when another has its place`, async () => {
    const at = await place();
    const late = record(at, { run_id: "late", exclusive: true });
    await add(at.store.reservations, late);
    at.clock.advance(60);
    assertEquals(await add(at.other.reservations, record(at, { exclusive: true })), []);
    at.clock.advance(-30); // the late one's clock is behind
    const beat = beatOf(at, late, 100);
    assertEquals(await at.store.reservations.beat(beat.reservation_id, () => beat), "released");
    const entry = await at.store.reservations.get(late.reservation_id);
    assertEquals(entry?.release?.reason, "expired");
    assertEquals(entry?.release?.released_at, late.expires_at);
  });

  it(`${name}: beat() reaches farther and never takes time away`, async () => {
    const at = await place();
    const reservation = record(at);
    const { reservations } = at.store;
    await add(reservations, reservation);
    const far = beatOf(at, reservation, 100);
    const first = await reservations.beat(far.reservation_id, () => far);
    assertEquals(first, { ...far, beat: 1 });
    at.clock.advance(10);
    const near = beatOf(at, reservation, 20);
    const kept = { ...near, extended_expires_at: far.extended_expires_at, beat: 2 };
    assertEquals(await at.other.reservations.beat(near.reservation_id, () => near), kept);
    assertEquals((await reservations.get(reservation.reservation_id))?.heartbeat, kept);
  });

  it(`${name}: beat() revives a notice that expired, and no exclusive one`, async () => {
    const at = await place();
    const [notice, exclusive] = [record(at), record(at, { addresses: ["x"], exclusive: true })];
    const { reservations } = at.store;
    for (const each of [notice, exclusive]) await add(reservations, each);
    at.clock.advance(60);
    assertEquals(await reservations.list(at.clock.ms, false), []);
    assertEquals(
      await reservations.beat(exclusive.reservation_id, () => beatOf(at, exclusive, 60)),
      "expired",
    );
    await reservations.beat(notice.reservation_id, () => beatOf(at, notice, 60));
    const live = await at.other.reservations.list(at.clock.ms, false);
    assertEquals(live.map((entry) => entry.reservation), [notice]);
  });

  it(`${name}: of several releases one counts, and no heartbeat after it`, async () => {
    const at = await place();
    const reservation = record(at);
    await add(at.store.reservations, reservation);
    const openings = [at.store, at.other, at.second()];
    const release = releaseOf(at, reservation);
    const answers = await Promise.all(
      openings.map(({ reservations }, n) => reservations.release({ ...release, run_id: `a${n}` })),
    );
    assertEquals(answers.filter((isFirst) => isFirst).length, 1);
    const winner = `a${answers.indexOf(true)}`;
    const entry = await at.other.reservations.get(reservation.reservation_id);
    assertEquals(entry?.release, { ...release, run_id: winner });
    const beat = beatOf(at, reservation, 60);
    assertEquals(await at.store.reservations.beat(beat.reservation_id, () => beat), "released");
    await at.other.reservations.persistRelease(reservation.reservation_id);
    assertEquals(await at.store.reservations.list(at.clock.ms, false), []);
    assertEquals((await at.store.reservations.list(at.clock.ms, true)).length, 1);
  });

  it(`${name}: watch() hears of a release`, async () => {
    const at = await place();
    const reservation = record(at);
    await add(at.store.reservations, reservation);
    let hints = 0;
    const { reservation_id: id } = reservation;
    const watch = at.other.reservations.watch(id, () => void hints++, () => {});
    await at.store.reservations.release(releaseOf(at, reservation));
    await until("the release is heard of", () => hints > 0);
    watch.close();
  });

  it(`${name}: watch() hears that one was removed, and nothing once it is closed`, async () => {
    const at = await place();
    const [first, second] = [record(at), record(at)];
    const { reservations } = at.store;
    for (const each of [first, second]) await addNotice(reservations, each);
    const hints: string[] = [];
    const listen = ({ reservation_id: id }: { reservation_id: string }, what: string) =>
      at.other.reservations.watch(id, () => void hints.push(what), () => {});
    const [open, closed] = [listen(first, "open"), listen(second, "closed")];
    closed.close();
    at.clock.advance(60);
    await at.store.gc.sweep({ graceMs: 0, execute: true });
    await until("the removal is heard of", () => hints.length > 0);
    open.close();
    assertEquals(hints.includes("closed"), false);
  });

  it(`${name}: intents are kept as they are`, async () => {
    const at = await place();
    const intent = {
      intent_id: `sha256:${"1".repeat(64)}`,
      reservation_id: null,
      run_id: "a",
      branch: "main",
      addresses: ["src"],
      operation: "rename",
      detail: "soon",
      created_at: formatTime(at.clock.ms),
    };
    await at.store.reservations.addIntent(intent);
    assertEquals(await at.other.reservations.listIntents(), [intent]);
  });
}
