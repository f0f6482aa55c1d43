/** Tickets of processes that come between each other's steps. */
import { FsTickets } from "../../../../../src/adapters/fs/reservation/ticket/tickets.ts";
import { Layout } from "../../../../../src/adapters/fs/layout.ts";
import type { TicketRecord } from "../../../../../src/domain/glob/holds/ticket.ts";
import { detectHost } from "../../../../../src/host/detect.ts";
import type { Host, HostFs } from "../../../../../src/ports/host.ts";
import { assert_, assertEquals, it } from "../../../../deps.ts";
import { makeTempDir } from "../../../../support/scene/scratch.ts";

const real = await detectHost();

/** A machine whose time moves by a step with each file operation, at the first of which others may work. */
function machine(between: (step: number) => void = () => {}) {
  const state = { steps: 0, ms: 0 };
  const fs = new Proxy(real.fs, {
    get(target, name) {
      const value = target[name as keyof HostFs];
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        between(state.steps++);
        return Reflect.apply(value, target, args);
      };
    },
  });
  return { host: { ...real, fs } as Host, state };
}

/** One process takes a ticket; at one of its steps, others do what they do, and time passes. */
async function interleaved(
  at: number,
  pausedMs: number,
  isWatchful: boolean,
  others: (tickets: () => FsTickets, record: (run: string) => TicketRecord) => void,
) {
  const layout = new Layout(makeTempDir());
  let ms = 1_800_000_000_000;
  const time = { slow: 0 };
  const record = (run_id: string): TicketRecord => ({
    run_id,
    addresses: ["src"],
    waits_for: [],
    since: new Date(ms).toISOString(),
    expires_at: new Date(ms + 15_000).toISOString(),
  });
  const open = () => new FsTickets(real, layout, () => ms);
  const { host, state } = machine((step) => {
    if (step !== at) return;
    others(open, record);
    ms += pausedMs;
    time.slow += isWatchful ? pausedMs : 0;
  });
  const slow = new FsTickets(host, layout, () => ms, () => time.slow);
  const number = await slow.take(record("slow"));
  return { number, all: await open().list(), steps: state.steps };
}

it("FsTickets.take() gives a place behind those that came while it slept, at whatever step that was", async () => {
  for (let at = 0, steps = 1; at < steps; at++) {
    const { number, all, ...rest } = await interleaved(at, 5_000, true, (open, record) => {
      void open().take(record("a"));
      void open().take(record("b"));
    });
    steps = Math.max(steps, rest.steps);
    // A call without a second try has fewer steps.
    if (at >= rest.steps) continue;
    const order = all.map(({ record }) => record.run_id);
    // Once it is in its place the others come after it.
    const isBefore = order[0] === "slow";
    assertEquals(order, isBefore ? ["slow", "a", "b"] : ["a", "b", "slow"], `step ${at}`);
    assertEquals(all.find(({ record }) => record.run_id === "slow")?.number, number);
    assertEquals(new Set(all.map((each) => each.number)).size, 3);
  }
});

it("FsTickets.take() that took no notice of its sleep would come before others: so it does", async () => {
  const late: number[] = [];
  for (let at = 0, steps = 1; at < steps; at++) {
    const { all, ...rest } = await interleaved(at, 5_000, false, (open, record) => {
      // The first has come and gone, so that nothing but the clock shows that time has passed.
      const first = open();
      void first.take(record("a")).then((number) => first.leave(number));
      void open().take(record("b"));
    });
    steps = Math.max(steps, rest.steps);
    if (all.at(-1)?.record.run_id === "b") late.push(at);
  }
  assert_(late.length > 0, "the sleep is what the rule is for");
});

it("FsTickets.list() leaves out what is no ticket, and take() removes it", async () => {
  const layout = new Layout(makeTempDir());
  real.fs.makeDir(layout.tickets);
  const write = (name: string, text: string) =>
    real.fs.createNew(`${layout.tickets}/${name}`, new TextEncoder().encode(text));
  write("0000000000000007", "");
  write("0000000000000008", '{"run_id":"x"}');
  write("notes", "of a person");
  const tickets = new FsTickets(real, layout, () => 1_000);
  assertEquals(await tickets.list(), []);
  await tickets.take({
    run_id: "a",
    addresses: [],
    lane: "@x",
    waits_for: [],
    since: "1970-01-01T00:00:01.000Z",
    expires_at: "1970-01-01T00:00:16.000Z",
  });
  assertEquals((real.fs.list(layout.tickets) ?? []).map(({ name }) => name).sort(), [
    "0000000001000000",
    "notes",
  ]);
});

it("FsTickets.keep() leaves one file, however often", async () => {
  const layout = new Layout(makeTempDir());
  real.fs.makeDir(layout.tickets);
  const tickets = new FsTickets(real, layout, () => 1_000);
  const record: TicketRecord = {
    run_id: "a",
    addresses: ["x"],
    waits_for: [],
    since: "1970-01-01T00:00:01.000Z",
    expires_at: "1970-01-01T00:00:16.000Z",
  };
  const number = await tickets.take(record);
  for (let n = 0; n < 100; n++) {
    assertEquals(await tickets.keep({ number, record }), true);
  }
  const files = [layout.tickets, layout.tmp].flatMap((folder) => real.fs.list(folder) ?? []);
  assertEquals(files.map(({ name }) => name), [String(number).padStart(16, "0")]);
});
