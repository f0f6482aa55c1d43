/** A fast hash, to distinguish things, not to protect them. */

/**
 * 53 bits over a text: enough to distinguish the states of one record, or the names in one folder.
 */
export function hash(text: string): string {
  let low = 0x9e3779b1;
  let high = 0x85ebca6b;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    low = Math.imul(low ^ unit, 0x01000193);
    high = Math.imul(high ^ unit, 0x5bd1e995);
    high ^= high >>> 15;
  }
  low = Math.imul(low ^ (low >>> 16), 0x45d9f3b);
  high = Math.imul(high ^ (high >>> 13), 0x119de1f3);
  return ((high & 0x1fffff) * 0x100000000 + (low >>> 0)).toString(36);
}
