import type { FleetQueue } from "../../src/engine/watch/fleet/types.ts";
import { Samples } from "../../src/web/samples.ts";
import { pageState } from "../../src/web/view.ts";
import { noTasks } from "../../src/domain/task/listing.ts";
import { assertEquals, it } from "../deps.ts";
import { noFleet } from "../support/fake/fleet.ts";

function queue(name: string, pending: number): FleetQueue {
  const counts = { ...noTasks(), pending, total: pending };
  return { queue: name, ...counts, paused: null, oldest_pending: null, completed_last_minute: 0 };
}

it("pageState() has the rows of coord top, at most 1,000 of a section, and says how many there are", () => {
  const queues = Array.from({ length: 1_200 }, (_, at) => queue(`q${at}`, 1));
  const { sections } = pageState(noFleet({ queues, attempts: [] }), undefined);
  assertEquals(
    sections.map(({ title, rows, count }) => ({ title, rows: rows.length, count })),
    [{ title: "QUEUES", rows: 1_000, count: 1_200 }],
  );
  assertEquals(sections[0]?.rows[0]?.cells.slice(0, 3), ["q0", "open", "1"]);
});

it("pageState() has a hold for each address, with how and for how long it is held", () => {
  const reservation = {
    reservation_id: "sha256:1",
    run_id: "agent-1",
    branch: "main",
    addresses: ["src/a.ts", "src/b\u202e.ts"],
    created_at: "2026-11-21T09:00:00.000Z",
    expires_at: "2026-11-21T10:00:00.000Z",
    operation: null,
    exclusive: true,
    nonce: "n",
    status: "live",
    last_beat_at: null,
    released_at: null,
    reason: null,
  } as const;
  const { holds, holds_total } = pageState(noFleet({ reservations: [reservation] }), undefined);
  const all = { key: "reservation sha256:1", id: "sha256:1", run_id: "agent-1", how: "locks" };
  const left = { left: Date.parse("2026-11-21T10:00:00.000Z") };
  assertEquals(holds, [
    { ...all, address: "src/a.ts", left },
    { ...all, address: "src/b.ts", left },
  ]);
  assertEquals(holds_total, 2);
});

it("pageState() has failures and conflicts as sections, without what is invisible, and cut", () => {
  const failure = {
    task_id: "sha256:1",
    title: "T\u202e",
    queue: "q",
    run_id: "r",
    error: "x".repeat(5_000),
    attempt: 2,
    ended_at: "2026-11-21T09:29:00.000Z",
  };
  const conflict = {
    type: "scope_overlap",
    addresses: ["src/**", "src/a.ts"],
    agents: ["a", "b"],
    branches: ["main", "main"],
    reservation_ids: ["sha256:2", "sha256:3"],
    intent_ids: [],
    lanes: [],
    confidence: 0.6,
    description: "",
  } as const;
  const forecast = { total: 7, truncated: true, conflicts: [conflict] };
  const hotspots = [{ address: "src/b.ts", count: 9 }, { address: "src/a.ts", count: 4 }];
  const { sections } = pageState(noFleet({ failures: [failure], hotspots }), forecast);
  assertEquals(
    sections.map(({ title, rows, count }) => ({ title, count, cells: rows[0]?.cells })),
    [
      {
        title: "CONFLICTS",
        count: 7,
        cells: ["a, b", "src/a.ts and src/**", "overlapping", "4"],
      },
      {
        title: "FAILURES",
        count: 1,
        cells: ["T", `${"x".repeat(300)}…`, "r", "q", "2", { ago: Date.parse(failure.ended_at) }],
      },
    ],
  );
});

it("Samples takes one every two seconds, and keeps the last 300 of each queue", () => {
  const samples = new Samples();
  const start = 1_000_000;
  assertEquals(samples.take(start, [queue("q", 7)]), { at: start, queues: { q: [7, 0, 0, 0] } });
  assertEquals(samples.take(start + 1_999, [queue("q", 8)]), undefined);
  for (let at = 1; at <= 400; at++) samples.take(start + at * 2_000, [queue("q", at)]);
  const all = samples.all()["q"] ?? [];
  assertEquals([all.length, all[0]?.[1], all.at(-1)?.[1]], [300, 101, 400]);
  // A clock that was put back does not stop them.
  assertEquals(samples.take(start, [queue("q", 1)])?.at, start);
});

it("Samples keeps those of 50 queues, the newest", () => {
  const samples = new Samples();
  for (let at = 0; at < 200; at++) samples.take(at * 2_000, [queue(`q${at}`, 1)]);
  const names = Object.keys(samples.all());
  assertEquals([names.length, names[0], names.at(-1)], [50, "q150", "q199"]);
});
