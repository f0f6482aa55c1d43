/**
 * Ids: `sha256:` and 64 hex digits over a record's canonical JSON. Records are filed under the bare
 * hex; other tools' records may have UUIDs.
 */
import { MIN_ID_PREFIX } from "./limits.ts";

const HEX_64 = /^[0-9a-f]{64}$/;
const PREFIX = /^(?:sha256:)?([0-9a-f]+)$/i;

/** `sha256:…` for a file's stem; a stem that is no hash (a UUID) is its own id. */
export function idOfStem(stem: string): string {
  return HEX_64.test(stem) ? `sha256:${stem}` : stem;
}

/** The stem of the file that a full id names. */
export function stemOfId(id: string): string {
  return id.startsWith("sha256:") ? id.slice(7) : id;
}

/** Whether a stem is a full hash. */
export function isFullStem(stem: string): boolean {
  return HEX_64.test(stem);
}

/** What is wrong with an id or prefix that a person typed, or `undefined`. */
export function idProblem(text: string): string | undefined {
  const hex = PREFIX.exec(text)?.[1];
  if (hex === undefined) return `must be hex digits, with or without "sha256:" before them`;
  if (hex.length > 64) return `has ${hex.length} hex digits, and an id has 64`;
  if (hex.length < MIN_ID_PREFIX) {
    return `needs at least ${MIN_ID_PREFIX} hex digits, and has ${hex.length}`;
  }
  return undefined;
}

/** The hex digits of an id or prefix that {@link idProblem} has no objection to. */
export function hexOfInput(text: string): string {
  return (PREFIX.exec(text)?.[1] ?? "").toLowerCase();
}
