/**
 * SHA-256 on Deno. `crypto.subtle` hands even a few hundred bytes to a thread. The module of Node's that
 * Deno has computes them in place, but takes as long to load as hundreds of hashes.
 */

/** Hashes of a process after which it loads the module. */
const MANY = 200;

let asked = 0;
let inPlace: ((bytes: Uint8Array) => string) | undefined;

/** The hash in lower-case hex; `undefined` from a process that has not made many. */
export function denoSha256(bytes: Uint8Array): string | undefined {
  // At once: who makes thousands of ids asks for all of them before a promise would resolve.
  if (inPlace === undefined && ++asked === MANY) inPlace = load();
  return inPlace?.(bytes);
}

function load(): (bytes: Uint8Array) => string {
  const { createHash } = process.getBuiltinModule("node:crypto");
  return (bytes) => createHash("sha256").update(bytes).digest("hex");
}
