/** Reservations whose place is taken while their writer died before the record. */
import { forecast } from "../../../src/engine/forecast/forecast.ts";
import { reconcile } from "../../../src/engine/forecast/reconcile.ts";
import { FsRecordSource } from "../../../src/adapters/fs/watch/record_source.ts";
import { initWorkspace, Layout } from "../../../src/adapters/fs/layout.ts";
import { detectHost } from "../../../src/host/detect.ts";
import { assertEquals, it } from "../../deps.ts";
import { PowerOff } from "../../support/crash/faulty_fs.ts";
import { openReservations } from "../../support/scene/reservation_files.ts";
import { makeTempDir } from "../../support/scene/scratch.ts";

const host = await detectHost();
const T0 = Date.UTC(2026, 10, 21, 9, 30);

/**
 * A workspace in which a process died between the place and the record of its reservation; a notice
 * takes a place where it may find one of its own to renew.
 */
async function workspace({ exclusive = false } = {}) {
  const { path } = initWorkspace(host, makeTempDir());
  const open = (second: number, fs = host.fs) =>
    openReservations(path, () => T0 + second * 1000, fs);
  const dying = {
    ...host.fs,
    link(from: string, to: string) {
      if (/reservations\/[0-9a-f]{64}\.json$/.test(to)) throw new PowerOff();
      return host.fs.link(from, to);
    },
  };
  const input = { addresses: ["src/a.ts"], runId: "a", operation: "rename", ttl: 100 } as const;
  try {
    await open(0, dying).reservations.reserve({ ...input, exclusive, renew: true });
  } catch (error) {
    if (!(error instanceof PowerOff)) throw error;
  }
  const names = host.fs.list(`${path}/reservations`) ?? [];
  assertEquals(names.filter(({ name }) => name.endsWith(".json")), [], "there is no record");
  /** The reservation that another agent meets; meeting it gives it its record. */
  const met = async (second: number) => {
    const all = { addresses: ["**"], runId: "z", exclusive: true, strict: true, ttl: 1 };
    const { conflicts } = await open(second).reservations.reserve(all);
    return conflicts.map((each) => each.kind === "reservation" && each.reservation_id).join();
  };
  const listed = async (second: number) => {
    const { reservations } = await open(second).reservations.list();
    return reservations.map(({ reservation_id: id }) => id).join();
  };
  return { path, open, met, listed };
}

it("list() shows a notice whose record is to come, as reserve() meets it", async () => {
  const { listed, met } = await workspace();
  const id = await listed(1);
  assertEquals(id.length, 71);
  assertEquals(await met(1), id);
  assertEquals(await listed(1), id);
});

it("list() shows no exclusive reservation that is not confirmed, and reserve() has it out of its way", async () => {
  const { listed, met } = await workspace({ exclusive: true });
  assertEquals(await listed(1), "");
  assertEquals(await met(1), "");
  assertEquals((await listed(1)).length, 71);
});

it("find() and get() know a reservation whose record is to come", async () => {
  const { open, listed } = await workspace();
  const id = await listed(1);
  const { store } = open(1);
  assertEquals(await store.find(id.slice(7, 15), 9), [id]);
  assertEquals((await store.get(id))?.reservation.run_id, "a");
});

it("release() ends a reservation whose record is to come, by its id and by a prefix", async () => {
  for (const digits of [64, 8]) {
    const { open, listed, met } = await workspace();
    const id = (await listed(1)).slice(7, 7 + digits);
    assertEquals((await open(1).reservations.release({ id, runId: "a" })).status, "released");
    assertEquals(await listed(1), "");
    assertEquals(await met(1), "");
  }
});

it("heartbeat() keeps a reservation whose record is to come", async () => {
  const { open, listed, met } = await workspace();
  const id = await listed(1);
  const beat = await open(99).reservations.heartbeat({ id, runId: "a", extension: 50 });
  assertEquals(beat.status, "ok");
  assertEquals(await listed(140), id);
  assertEquals(await met(140), id);
});

it("forecast() and reconcile() count a reservation whose record is to come", async () => {
  const { open } = await workspace();
  const { context, reservations } = open(1);
  await reservations.intent({ addresses: ["src/a.ts"], operation: "modify", runId: "b" });
  const listed = await reservations.list();
  const { conflicts } = await forecast(context, {
    records: async () => await listed,
    leases: async () => await [],
  });
  assertEquals(conflicts.some(({ type }) => type === "operation_conflict"), true);
  assertEquals((await reconcile(context, listed)).hotspots.map(({ address }) => address), [
    "src/a.ts",
  ]);
});

it("intent() takes a reservation whose record is to come, and is live with it", async () => {
  const { open, listed } = await workspace();
  const reservationId = await listed(1);
  const { reservations, warnings } = open(1);
  await reservations.intent({ addresses: ["b"], operation: "modify", runId: "a", reservationId });
  assertEquals(warnings, []);
  assertEquals((await reservations.list({ kind: "intent" })).live, 1);
});

for (const execute of [false, true]) {
  it(`gc ${execute ? "takes" : "lists"} an expired reservation whose record is to come`, async () => {
    const { open, listed } = await workspace({ exclusive: false });
    const id = await listed(1);
    const sweep = (second: number) => open(second).gc.sweep({ graceMs: 0, execute });
    assertEquals(await sweep(99), []);
    assertEquals(await sweep(101), [{ kind: "reservation", id, reason: "expired" }]);
    assertEquals((await sweep(102)).length, execute ? 0 : 1);
    const { reservations } = await open(102).reservations.list({ all: true });
    assertEquals(reservations.length, execute ? 0 : 1);
  });
}

it("the stream's records hold a reservation whose record is to come, and it does not change when that comes", async () => {
  const { path, listed, met } = await workspace();
  const id = await listed(1);
  const source = new FsRecordSource(host, new Layout(path), () => {});
  assertEquals(source.list("reservation").ids, [id]);
  const listing = source.list("reservation");
  assertEquals(listing.ids, [id]);
  const look = listing.look(id, undefined);
  assertEquals(look.kind === "record" && look.data["run_id"], "a");
  const version = look.kind === "record" ? look.version : "";
  assertEquals(source.look("reservation", id, version).kind, "same");
  await met(1);
  assertEquals(source.look("reservation", id, version).kind, "same");
  assertEquals(source.list("reservation").ids, [id]);
});

it("a reservation that never got a place is not there", async () => {
  const { path } = initWorkspace(host, makeTempDir());
  const dying = {
    ...host.fs,
    link(from: string, to: string) {
      if (/order\/\d{16}$/.test(to)) throw new PowerOff();
      return host.fs.link(from, to);
    },
  };
  const input = { addresses: ["src/a.ts"], runId: "a", renew: true };
  const failed = await openReservations(path, () => T0, dying).reservations.reserve(input)
    .catch((error) => error);
  assertEquals(failed instanceof PowerOff, true);
  const { reservations, store } = openReservations(path, () => T0);
  assertEquals((await reservations.list({ all: true })).total, 0);
  assertEquals(await store.find("", 9), []);
  const source = new FsRecordSource(host, new Layout(path), () => {});
  assertEquals(source.list("reservation").ids, []);
});
