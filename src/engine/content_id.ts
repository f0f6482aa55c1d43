/** Ids that follow from a record's content. */
import { canonicalJson } from "../domain/json.ts";

/** SHA-256 in lower-case hex; `undefined` where the platform's is to be taken. */
export type Sha256 = (bytes: Uint8Array) => string | undefined;

const encoder = new TextEncoder();

/** `sha256:` and 64 hex digits over a record's canonical JSON; the record has a nonce in it. */
export async function contentId(record: object, sha256?: Sha256): Promise<string> {
  return `sha256:${await sha256Hex(encoder.encode(canonicalJson(record)), sha256)}`;
}

/** SHA-256 in lower-case hex: the host's own, or the platform's. */
export async function sha256Hex(bytes: Uint8Array, own?: Sha256): Promise<string> {
  const quick = own?.(bytes);
  if (quick !== undefined) return quick;
  const hash = await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>);
  // Node has no `Uint8Array.prototype.toHex` before version 25.
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
