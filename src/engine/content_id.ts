/** Ids that follow from a record's content. */
import { canonicalJson } from "../domain/json.ts";

const encoder = new TextEncoder();

/** `sha256:` and 64 hex digits over a record's canonical JSON; the record has a nonce in it. */
export async function contentId(record: object): Promise<string> {
  const bytes = encoder.encode(canonicalJson(record));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  // Node has no `Uint8Array.prototype.toHex` before version 25.
  const hex = Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `sha256:${hex}`;
}
