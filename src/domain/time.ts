/** Instants: milliseconds since 1970 inside, ISO 8601 UTC in records. */

/** Where the time comes from. Milliseconds since 1970. */
export type Clock = () => number;

/** `2026-11-21T09:30:00.000Z` */
export function formatTime(ms: number): string {
  return new Date(ms).toISOString();
}

const ISO =
  /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(Z|[+-]\d{2}:?\d{2})?$/i;

/**
 * Reads an ISO 8601 instant with any offset and any number of decimals; one without an offset is
 * UTC. `undefined` when it is none.
 */
export function parseTime(text: unknown): number | undefined {
  if (typeof text !== "string") return undefined;
  // Our own form is by far the most frequent, and the runtime's own parser knows it.
  if (text.length === 24 && text.endsWith("Z")) {
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
  return Number.isNaN(ms) ? undefined : ms;
}
