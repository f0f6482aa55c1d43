/**
 * Where reservations lie among all addresses: a row for each of their addresses, by the literal segments
 * with which it begins. Two addresses can only overlap where the segments of one begin with those of the
 * other. So what may overlap lies at the beginnings of an address, or below it, and an index finds both.
 *
 * Segments are hashed: so none is too long for the index, and none holds what text cannot. Two with one
 * hash are compared in vain, and nothing is missed.
 */
import { anchorOf } from "../../domain/glob/address.ts";
import { hash } from "../../domain/journal/hash.ts";

/** Segments that count; deeper addresses lie at the last. */
const MAX_DEPTH = 16;

/** Comes after all that an anchor consists of. */
const LAST = "~";

/** An anchor, and the one symbol that may be meant there. */
interface Anchored {
  readonly anchor: string;
  readonly symbol: string | null;
}

/** The rows of what names these addresses, as `json_to_recordset` takes them. */
export function anchorsOf(addresses: readonly string[]): readonly Anchored[] {
  return distinct(addresses.map((address) => {
    const { segments, symbol } = segmentsOf(address);
    return { anchor: segments.join(""), symbol };
  }));
}

/** The ids of reservations that may overlap, in SQL: of what is named by {@link placesOf} as `places`. */
export function nearby(places: string): string {
  const meets = "(a.symbol = p.symbol) IS NOT FALSE";
  const wanted = `json_to_recordset(${places}::json) AS p(anchor text, beyond text, symbol text)`;
  return `SELECT a.id FROM ${wanted} JOIN coord.anchor a
      ON a.ns = $1 AND p.beyond IS NULL AND a.anchor = p.anchor AND ${meets}
    UNION SELECT a.id FROM ${wanted} JOIN coord.anchor a
      ON a.ns = $1 AND a.anchor >= p.anchor AND a.anchor < p.beyond AND ${meets}`;
}

/** Where to look for what may overlap these addresses: at their beginnings, and from each on to what is beyond. */
export function placesOf(addresses: readonly string[]): string {
  const places: (Anchored & { readonly beyond?: string })[] = [];
  for (const address of addresses) {
    const { segments, symbol } = segmentsOf(address);
    for (let depth = 0; depth < segments.length; depth++) {
      places.push({ anchor: segments.slice(0, depth).join(""), symbol });
    }
    const anchor = segments.join("");
    places.push({ anchor, beyond: anchor + LAST, symbol });
  }
  return JSON.stringify(distinct(places));
}

function segmentsOf(address: string) {
  const { segments, symbol } = anchorOf(address);
  return {
    segments: segments.slice(0, MAX_DEPTH).map((segment) => `${hash(segment)}/`),
    symbol: symbol === undefined ? null : hash(symbol),
  };
}

function distinct<T extends object>(all: readonly T[]): T[] {
  return [...new Map(all.map((each) => [JSON.stringify(each), each])).values()];
}
