import { assertEquals, it } from "../deps.ts";
import { formatTime, parseTime } from "../../src/domain/time.ts";

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
