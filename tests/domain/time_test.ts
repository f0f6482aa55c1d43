import { assertEquals, assertThrows, it } from "../deps.ts";
import { CoordError } from "../../src/domain/errors.ts";
import { INSTANT_MS } from "../../src/domain/limits.ts";
import { formatTime, parseTime, writable } from "../../src/domain/time.ts";

it("parseTime() reads our form, Python's and any offset", () => {
  const ms = Date.UTC(2026, 10, 21, 9, 30, 0, 123);
  for (
    const text of [
      "2026-11-21T09:30:00.123Z",
      "2026-11-21T09:30:00.123456+00:00",
      "2026-11-21T10:30:00.123+01:00",
      "2026-11-21T04:00:00,123-0530",
      "2026-11-21 09:30:00.123Z",
      "2026-11-21T09:30:00.123",
    ]
  ) assertEquals(parseTime(text), ms, text);
  assertEquals(parseTime("2026-11-21T09:30:00+00:00"), ms - 123);
  assertEquals(parseTime("2026-11-21T09:30Z"), ms - 123);
});

it("parseTime() takes nothing else for an instant", () => {
  for (const value of ["", "now", "2026-11-21", "2026-13-01T00:00:00Z", 5, null, undefined, {}]) {
    assertEquals(parseTime(value), undefined);
  }
});

it("formatTime() and parseTime() undo each other", () => {
  for (const ms of [0, 1, 999, 1_763_717_400_123, 253_402_300_799_999]) {
    assertEquals(parseTime(formatTime(ms)), ms);
  }
});

it("parseTime() takes what an offset moves out of the years of four digits for their first or last instant", () => {
  assertEquals(parseTime("9999-12-31T23:59:59-12:00"), INSTANT_MS.max);
  assertEquals(parseTime("0000-01-01T00:00:00+12:00"), INSTANT_MS.min);
  assertEquals(parseTime("+010000-01-01T00:00:00.000Z"), undefined);
  assertEquals(parseTime("Sat Nov 28 2026 1:00:00Z"), undefined); // as long as our own form
});

it("formatTime() refuses instants that no reader of records could read", () => {
  for (const ms of [INSTANT_MS.max + 1, INSTANT_MS.min - 1, 1e300, Infinity, NaN]) {
    assertThrows(() => formatTime(ms), CoordError, "after the year 9999");
  }
  assertEquals(formatTime(writable(1e300)), "9999-12-31T23:59:59.999Z");
});
