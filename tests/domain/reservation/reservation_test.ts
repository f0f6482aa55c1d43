import {
  areApart,
  effectiveExpiry,
  intentExpiry,
  isLive,
  parseHeartbeat,
  parseIntent,
  parseRelease,
  parseReservation,
  type ReservationEntry,
} from "../../../src/domain/reservation/reservation.ts";
import type { JsonObject } from "../../../src/domain/json.ts";
import { assert_, assertEquals, it } from "../../deps.ts";

const ID = "6f1d1c9e-7f0a-4f6e-9a53-0d6a2f3b4c5d";
const T = "2026-11-21T09:30:00.000123+00:00";
const MS = Date.UTC(2026, 10, 21, 9, 30);

/** What is parsed, as text, so that the order of the fields counts. */
function shown(parsed: object | string): string {
  return typeof parsed === "string" ? parsed : JSON.stringify(parsed);
}

function entry(more: Partial<ReservationEntry> = {}): ReservationEntry {
  const reservation = parseReservation({ addresses: [], created_at: T, expires_at: T }, ID);
  assert_(typeof reservation !== "string");
  return { reservation, heartbeat: undefined, release: undefined, ...more };
}

it("parse…() puts the known fields first, in one order, and keeps the others", () => {
  const texts = [
    shown(parseReservation({
      note: [1],
      operation: null,
      expires_at: T,
      created_at: T,
      addresses: ["b", "a"],
      branch: "main",
      run_id: "muse",
      reservation_id: ID,
    }, ID)),
    shown(parseHeartbeat({
      note: 1,
      extended_expires_at: T,
      last_beat_at: T,
      run_id: "muse",
      reservation_id: ID,
    }, ID)),
    shown(parseRelease({
      note: 1,
      reason: "x",
      released_at: T,
      run_id: "muse",
      reservation_id: ID,
    }, ID)),
    shown(parseIntent({
      note: 1,
      created_at: T,
      detail: "",
      operation: "move",
      addresses: [],
      branch: "main",
      run_id: "muse",
      reservation_id: "",
      intent_id: ID,
    }, ID)),
  ];
  assertEquals(texts, [
    `{"reservation_id":"${ID}","run_id":"muse","branch":"main","addresses":["b","a"],` +
    `"created_at":"${T}","expires_at":"${T}","operation":null,"note":[1]}`,
    `{"reservation_id":"${ID}","run_id":"muse","last_beat_at":"${T}","extended_expires_at":"${T}",` +
    `"note":1}`,
    `{"reservation_id":"${ID}","run_id":"muse","released_at":"${T}","reason":"x","note":1}`,
    `{"intent_id":"${ID}","reservation_id":null,"run_id":"muse","branch":"main","addresses":[],` +
    `"operation":"move","detail":"","created_at":"${T}","note":1}`,
  ]);
});

it("parse…() fills in what other tools leave out", () => {
  const times = { created_at: T, expires_at: T, last_beat_at: T, extended_expires_at: T };
  const bare: JsonObject = { ...times, released_at: T, addresses: ["a"], operation: "eat" };
  const fields = [parseReservation, parseHeartbeat, parseRelease, parseIntent].map((parse) => {
    const { run_id, branch, reason, detail, reservation_id } = parse(
      bare,
      ID,
    ) as unknown as JsonObject;
    return [run_id, branch, reason, detail, reservation_id];
  });
  assertEquals(fields, [
    ["unknown", "main", undefined, undefined, ID],
    ["unknown", undefined, undefined, undefined, ID],
    ["unknown", undefined, "completed", undefined, ID],
    ["unknown", "main", undefined, "", null],
  ]);
});

it("parse…() names every field that is not valid", () => {
  const other = { reservation_id: "other", intent_id: "other", run_id: 5, branch: null };
  const wrong: JsonObject = { ...other, addresses: ["a", 1], operation: 5, detail: 5, reason: 5 };
  assertEquals(
    [parseReservation, parseHeartbeat, parseRelease, parseIntent].map((parse) => parse(wrong, ID)),
    [
      "has no valid reservation_id, run_id, branch, addresses, created_at, expires_at, operation",
      "has no valid reservation_id, run_id, last_beat_at, extended_expires_at",
      "has no valid reservation_id, run_id, released_at, reason",
      "has no valid intent_id, run_id, branch, addresses, operation, detail, created_at",
    ],
  );
  for (const parse of [parseReservation, parseHeartbeat, parseRelease, parseIntent]) {
    for (const value of [null, [], "x", 5]) assertEquals(parse(value, ID), "is not a JSON object");
  }
});

it("effectiveExpiry() is the later of the reservation's end and its heartbeat's", () => {
  const beat = (end: string) => {
    const heartbeat = parseHeartbeat({ last_beat_at: T, extended_expires_at: end }, ID);
    assert_(typeof heartbeat !== "string");
    return entry({ heartbeat });
  };
  assertEquals(effectiveExpiry(entry()), MS);
  assertEquals(effectiveExpiry(beat("2026-11-21T09:29:59Z")), MS);
  assertEquals(effectiveExpiry(beat("2026-11-21T09:30:01Z")), MS + 1_000);
});

it("isLive() ends at the very instant, and with a release", () => {
  assertEquals([MS - 1, MS, MS + 1].map((now) => isLive(entry(), now)), [true, false, false]);
  const release = parseRelease({ released_at: T }, ID);
  assert_(typeof release !== "string");
  assertEquals(isLive(entry({ release }), MS - 1), false);
});

it("intentExpiry() is an hour after the intent", () => {
  const intent = parseIntent({ addresses: [], operation: "move", created_at: T }, ID);
  assert_(typeof intent !== "string");
  assertEquals(intentExpiry(intent), MS + 3_600_000);
});

it("areApart() says so of two checkouts that both are known", () => {
  const main = { confirmation: 1 } as const;
  const [side, other] = [{ ...main, worktree: "side" }, { ...main, worktree: "other" }];
  // Version 0.1.0 and other tools do not say where a reservation was made.
  const cases = [main, side, other, {}, { worktree: "side" }];
  assertEquals(
    cases.map((a) => cases.map((b) => areApart(a, b) ? "x" : "-").join("")),
    ["-xx-x", "x-x--", "xx--x", "-----", "x-x--"],
  );
});

it("parse…() takes a worktree that is no text for another tool's", () => {
  const record = { addresses: ["a"], created_at: T, expires_at: T, files: ["a"] };
  const read = (more: JsonObject) => parseReservation({ ...record, ...more }, ID);
  assertEquals(read({ worktree: { path: "/x" } }), read({}));
  assertEquals(shown(read({ worktree: "side" })).includes('"worktree":"side"'), true);
});
