/** What Bun has beside Node's modules; `undefined` on Node. */

interface Hash {
  update(bytes: Uint8Array): Hash;
  digest(encoding: "hex"): string;
}

export const { Bun: bun } = globalThis as unknown as {
  readonly Bun?: {
    readonly stdin: { stream(): AsyncIterable<Uint8Array> };
    readonly CryptoHasher: new (name: "sha256") => Hash;
    readonly unsafe: { setJITPolicy?(scale: number): void };
  };
};

/** Loads none of `node:crypto`, and needs no thread, as `crypto.subtle` does. */
export const bunSha256 = bun &&
  ((bytes: Uint8Array) => new bun.CryptoHasher("sha256").update(bytes).digest("hex"));

/** Machine code comes as early as Bun makes it by default; an executable of ours starts with less of it. */
export const bunRunsLong = bun && (() => bun.unsafe.setJITPolicy?.(1));
