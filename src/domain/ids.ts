/**
 * Ids: `sha256:` and 64 hex digits over a record's canonical JSON. Records are filed under the bare
 * hex; other tools' records have UUIDs.
 */
import { MIN_ID_PREFIX } from "./limits.ts";

const HASH = /^[0-9a-f]{64}$/;
const STEM = /^[0-9A-Fa-f][0-9A-Fa-f-]{5,127}$/;

/** Whether a file of this name without its ending can be a record. */
export function isStem(name: string): boolean {
  return STEM.test(name);
}

/** `sha256:…` for a file's stem; a stem that is no hash (a UUID) is its own id. */
export function idOfStem(stem: string): string {
  return HASH.test(stem) ? `sha256:${stem}` : stem;
}

/** The stem of the file that a full id names. */
export function stemOfId(id: string): string {
  return id.startsWith("sha256:") ? id.slice(7) : id;
}

/** What was typed, without the name of the hash. */
function bare(text: string): string {
  return text.replace(/^sha256:/i, "");
}

/** What is wrong with an id or prefix that a person typed, or `undefined`. */
export function idProblem(text: string): string | undefined {
  const stem = bare(text);
  if (!/^[0-9A-Fa-f-]+$/.test(stem)) {
    return `must be hex digits, with or without "sha256:" before them`;
  }
  if (stem.length < MIN_ID_PREFIX) {
    return `needs at least ${MIN_ID_PREFIX} hex digits, and has ${stem.length}`;
  }
  return /^[0-9A-Fa-f]{65,}$/.test(stem)
    ? `has ${stem.length} hex digits, and an id has 64`
    : undefined;
}

/** The beginning of a stem that a typed id means, in lower case. */
export function prefixOfInput(text: string): string {
  return bare(text).toLowerCase();
}
