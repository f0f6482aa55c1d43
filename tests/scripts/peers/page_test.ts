import { goalRows, isMet } from "../../../scripts/bench/peers/report/goals.ts";
import { peerPage } from "../../../scripts/bench/peers/report/page.ts";
import type { Peer } from "../../../scripts/bench/peers/queues/peer.ts";
import {
  type PeerResults,
  queueRows,
  type Series,
} from "../../../scripts/bench/peers/report/results.ts";
import { assertEquals, it } from "../../deps.ts";
import { MACHINE } from "../../support/bench_machine.ts";

function peer(name: string, durable = true): Peer {
  return {
    name,
    keeps: durable ? "everything" : "a second may be lost",
    durable,
    absent: () => Promise.resolve(undefined),
    start: () => Promise.reject(new Error("not here")),
  };
}

/** A series of rounds of which each is tasks a second of claim + complete, with syncs of 1 ms. */
function series(peer: Peer, rates: readonly number[], syncs = 1, processes = 1): Series {
  const speed = (rate: number) => ({ rate, syncs });
  const rounds = rates.map((rate) => [
    { syncMs: 1, enqueue: speed(rate * 2), work: speed(rate) },
  ]);
  return { peer, processes, rounds };
}

const COORD = series(peer("coord"), [100, 200, 300]);
const SQLITE = series(peer("SQLite, Deno, FULL"), [50, 400, 300], 2);

function results(all: readonly Series[]): PeerResults {
  return {
    at: "2026-11-28T23:10:00.000Z",
    length: "full",
    seconds: 200,
    ...MACHINE,
    rounds: 3,
    queues: all.flatMap((each) => queueRows(each, COORD)),
    absent: [{ peer: "nq", reason: "nq is not installed" }],
    processes: [],
    figures: [],
  };
}

it("queueRows() holds coord against a peer round by round", () => {
  assertEquals(queueRows(SQLITE, COORD)[1], {
    job: "claim + complete",
    peer: "SQLite, Deno, FULL",
    keeps: "everything",
    processes: 1,
    sync_ms: 1,
    rate: { median: 300, spread: [50, 400] },
    syncs: 2,
    coord_by_this: { median: 1, spread: [0.5, 2] },
  });
});

it("queueRows() holds nothing against a peer whose syncs were not seen", () => {
  const [, row] = queueRows(series(peer("Hidden"), [1, 2, 3], 0), COORD);
  assertEquals([row?.coord_by_this, row?.not_slowed], [undefined, true]);
});

it("queueRows() needs no syncs of a peer that promises none", () => {
  const [, row] = queueRows(series(peer("Quick", false), [100, 100, 100], 0), COORD);
  assertEquals([row?.coord_by_this?.median, row?.not_slowed], [2, undefined]);
});

it("goalRows() are met, missed, or not measured", () => {
  const rows = goalRows(results([COORD, SQLITE])).slice(0, 2);
  assertEquals(rows.map((row) => [row.figure, isMet(row)]), [
    ["claim + complete ÷ SQLite, Deno, FULL, 1 process, syncs of 1 ms", true],
    ["claim + complete ÷ SQLite, Deno, FULL, 1 process, syncs of 5 ms", undefined],
  ]);
  const slow = series(SQLITE.peer, [200, 400, 600]);
  assertEquals(goalRows(results([COORD, slow])).slice(0, 1).map(isMet), [false]);
});

it("peerPage() says where coord is slower, what was missed and what was not measured", () => {
  const fast = series(peer("Redis", false), [400, 400, 400], 0);
  const page = peerPage(results([COORD, fast]));
  const part = (title: string) => page.split(`### ${title}\n\n`)[1]?.split("\n\n###")[0];
  assertEquals(
    part("Where coord is slower"),
    `coord's tasks a second by those of each queue that is faster anywhere, with syncs of 1 ms. Less than 1, in bold, means that coord is slower.

| queue | enqueue, 1 process | claim + complete, 1 process |
| --- | --- | --- |
| Redis | **0.50** | **0.50** |`,
  );
  assertEquals(part("Not measured"), "- nq: nq is not installed");
  assertEquals(
    part("Claim and complete"),
    `With syncs of 1 ms, tasks a second:

| queue | 1 process | coord ÷ it | syncs a task | a power cut may take |
| --- | --- | --- | --- | --- |
| coord | 200 (100 to 300) |  | 1.00 | nothing |
| Redis | 400 (400 to 400) | 0.50 × (0.25 to 0.75) | 0.00 | a second may be lost |`,
  );
});
