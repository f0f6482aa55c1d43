/** Instants: milliseconds since 1970 inside, ISO 8601 UTC in records. Durations: seconds. */
import { CoordError } from "./errors.ts";
import { AHEAD_S, INSTANT_MS } from "./limits.ts";

/** Where the time comes from. Milliseconds since 1970. */
export type Clock = () => number;

/**
 * `2026-11-21T09:30:00.000Z`
 *
 * @throws {CoordError} `io_error` for an instant whose year has no four digits, which no reader of
 * records could read: some clock is wrong.
 */
export function formatTime(ms: number): string {
  if (!(ms >= INSTANT_MS.min && ms <= INSTANT_MS.max)) {
    throw new CoordError("io_error", `Cannot write the instant ${ms}: it is after the year 9999`);
  }
  return new Date(ms).toISOString();
}

/** Whether an instant lies too far ahead of a clock to have been the time. */
export function isAhead(ms: number, now: number): boolean {
  return now < presentFrom(ms);
}

/** The first instant, milliseconds since 1970, at which one is not too far ahead. */
export function presentFrom(ms: number): number {
  return ms - AHEAD_S * 1000;
}

/** The instant that is nearest to one and can be written. */
export function writable(ms: number): number {
  return Math.min(Math.max(ms, INSTANT_MS.min), INSTANT_MS.max);
}

/** The instant that a record's text says; 0 when it says none. */
export function msOf(text: unknown): number {
  return parseTime(text) ?? 0;
}

const ISO =
  /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(Z|[+-]\d{2}:?\d{2})?$/i;

/** Our own form. */
const OWN = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/**
 * Reads an ISO 8601 instant with any offset and any number of decimals; one without an offset is
 * UTC. `undefined` when it is none. What its offset takes beyond the years of four digits is taken for
 * the last instant, or the first, that has one.
 */
export function parseTime(text: unknown): number | undefined {
  if (typeof text !== "string") return undefined;
  // Our own form is by far the most frequent, and the runtime's own parser knows it.
  if (OWN.test(text)) {
    const ms = Date.parse(text);
    return Number.isNaN(ms) ? undefined : ms;
  }
  const match = ISO.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second = "00", fraction = "0", offset = "Z"] = match;
  const millis = fraction.padEnd(3, "0").slice(0, 3);
  const zone = /^z$/i.test(offset) || offset.includes(":")
    ? offset.toUpperCase()
    : `${offset.slice(0, 3)}:${offset.slice(3)}`;
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${millis}${zone}`);
  return Number.isNaN(ms) ? undefined : writable(ms);
}

/** Seconds in each unit of a duration as people write it (`90`, `15m`, `2h`), the longest first. */
export const SECONDS: Readonly<Record<string, number>> = { d: 86_400, h: 3_600, m: 60, s: 1 };

const DURATION = /^(-?(?:\d+(?:\.\d+)?|\.\d+))([smhd])?$/;

/** Seconds, to the millisecond, or 1.1h would be no whole number of them; `undefined` when it is none. */
export function parseDuration(text: string): number | undefined {
  const [, digits, unit = "s"] = DURATION.exec(text) ?? [];
  if (digits === undefined) return undefined;
  return Math.round(Number(digits) * (SECONDS[unit] ?? 1) * 1000) / 1000 + 0;
}
