/** Tickets of those that wait, on every store. */
import type { TicketRecord } from "../../src/domain/glob/holds/ticket.ts";
import { assert_, assertEquals, it } from "../deps.ts";
import { until } from "../support/program/working.ts";
import { type OpenStore, scene } from "./harness.ts";

/** Two openings of one workspace, and tickets for it. */
async function place(open: OpenStore) {
  const at = await scene(open);
  const record = (run_id: string, given: Partial<TicketRecord> = {}): TicketRecord => ({
    run_id,
    addresses: ["src"],
    waits_for: [],
    since: new Date(at.clock.ms).toISOString(),
    expires_at: new Date(at.clock.ms + 15_000).toISOString(),
    ...given,
  });
  const runs = async () => (await at.store.tickets.list()).map(({ record }) => record.run_id);
  return { ...at, record, runs, tickets: at.store.tickets, others: at.other.tickets };
}

export function ticketSuite(name: string, open: OpenStore): void {
  it(`${name}: tickets.take() gives numbers that grow, in all openings, also where the clock stands still`, async () => {
    const { tickets, others, record, runs } = await place(open);
    assertEquals(await runs(), []);
    const numbers: number[] = [];
    for (const [n, run] of ["d", "c", "b", "a"].entries()) {
      numbers.push(await (n % 2 === 0 ? tickets : others).take(record(run)));
    }
    assertEquals(numbers, [...new Set(numbers)].sort((a, b) => a - b));
    assertEquals(await runs(), ["d", "c", "b", "a"]);
    // What has gone is no hole that a later one fills.
    await others.leave(numbers[1] ?? 0);
    await tickets.take(record("e"));
    assertEquals(await runs(), ["d", "b", "a", "e"]);
  });

  it(`${name}: tickets.take() of many at once gives each a place of its own`, async () => {
    const { tickets, others, record } = await place(open);
    const taken = await Promise.all(
      [tickets, others].flatMap((each, n) =>
        Array.from({ length: 10 }, (_, k) => each.take(record(`${n} ${k}`)))
      ),
    );
    assertEquals(new Set(taken).size, 20);
    assertEquals((await tickets.list()).map(({ number }) => number), taken.sort((a, b) => a - b));
  });

  it(`${name}: tickets.keep() changes a ticket in its place, and revives none`, async () => {
    const { tickets, others, record, runs } = await place(open);
    const [a, b] = [await tickets.take(record("a")), await tickets.take(record("b"))];
    const kept = {
      number: a,
      record: record("a", { waits_for: ["x"], lane: "@x", files: ["src"] }),
    };
    assertEquals(await others.keep(kept), true);
    assertEquals(await tickets.list(), [kept, { number: b, record: record("b") }]);
    await tickets.leave(a);
    await tickets.leave(a);
    assertEquals([await others.keep(kept), await runs()], [false, ["b"]]);
  });

  it(`${name}: tickets.take() removes tickets that lapsed, and one from a time that none can have`, async () => {
    const { tickets, record, runs, clock } = await place(open);
    await tickets.take(record("a"));
    await tickets.take(record("z", { expires_at: "2099-01-01T00:00:00.000Z" }));
    clock.advance(16);
    assertEquals(await runs(), ["a", "z"]);
    await tickets.take(record("b"));
    assertEquals(await runs(), ["b"]);
  });

  it(`${name}: tickets.watch() notices a ticket that comes, changes and goes`, async () => {
    const { tickets, others, record } = await place(open);
    let hints = 0;
    const watch = others.watch(() => hints++, () => {});
    const more = async (change: () => Promise<unknown>) => {
      hints = 0;
      await change();
      await until("it was noticed", () => hints > 0);
    };
    let number = 0;
    await more(async () => number = await tickets.take(record("a")));
    await more(() => tickets.keep({ number, record: record("a", { waits_for: ["b"] }) }));
    await more(() => tickets.leave(number));
    watch.close();
  });

  it(`${name}: the ticket of a process that died keeps others out until it lapses`, async () => {
    const { tickets, record, mine, theirs, clock } = await place(open);
    await tickets.take(record("dead"));
    const reserve = () =>
      mine.reservations.reserve({ addresses: ["src/a.ts"], runId: "a", exclusive: true });
    const acquire = () => theirs.lanes.acquire({ lane: "src", tree: ["src"], owner: "b" });
    const [reserved, acquired] = [await reserve(), await acquire()];
    assertEquals([reserved.status, acquired.status], ["conflict", "refused"]);
    assert_(reserved.status === "conflict");
    assertEquals(reserved.conflicts, [{
      kind: "waiter",
      exclusive: true,
      address: "src/a.ts",
      their_address: "src",
      run_id: "dead",
      since: new Date(clock.ms).toISOString(),
      branch: null,
      operation: null,
      expires_at: new Date(clock.ms + 15_000).toISOString(),
    }]);
    const own = { addresses: ["src/b.ts"], runId: "dead", exclusive: true };
    assertEquals((await mine.reservations.reserve(own)).status, "reserved");
    clock.advance(15);
    assertEquals((await reserve()).status, "reserved");
  });
}
