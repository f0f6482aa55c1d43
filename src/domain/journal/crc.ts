/** CRC-32 as zip and PNG have it: notices a damaged line, and is no protection against forgery. */

/** Filled at the first line: many commands read none. */
let filled: Uint32Array | undefined;

function table(): Uint32Array {
  const sums = new Uint32Array(256);
  for (let byte = 0; byte < sums.length; byte++) {
    let sum = byte;
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? sum >>> 1 ^ 0xedb88320 : sum >>> 1;
    sums[byte] = sum;
  }
  return sums;
}

const encoder = new TextEncoder();

/** The check sum of a text's UTF-8 bytes, eight hex digits. */
export function crc32(text: string): string {
  const sums = filled ??= table();
  let sum = ~0;
  for (const byte of encoder.encode(text)) {
    sum = (sums[(sum ^ byte) & 0xff] ?? 0) ^ sum >>> 8;
  }
  return (~sum >>> 0).toString(16).padStart(8, "0");
}
