/**
 * SHA-256 on Deno. `crypto.subtle` hands even a few hundred bytes to a thread. The module of Node's that
 * Deno has computes them in place, but takes as long to load as hundreds of hashes.
 */

/** Hashes of a process after which it loads the module. */
const MANY = 200;

let asked = 0;
let inPlace: ((bytes: Uint8Array) => string) | undefined;

/** The hash in lower-case hex; `undefined` from a process that has not made many, or is loading it. */
export function denoSha256(bytes: Uint8Array): string | undefined {
  if (inPlace === undefined && ++asked === MANY) load();
  return inPlace?.(bytes);
}

async function load(): Promise<void> {
  const { createHash } = await import("node:crypto");
  inPlace = (bytes) => createHash("sha256").update(bytes).digest("hex");
}
