/** What the demonstration and its workers agree on. */

/** Visibility timeout of the workers' claims, seconds: a killed worker's task is back after it. */
export const CLAIM_TTL_S = 2;

/** What a worker finds out about a file. */
export interface Measure {
  readonly sha256: string;
  readonly lines: number;
}

/** SHA-256 and number of lines of a file. */
export async function measure(path: string): Promise<Measure> {
  const bytes = await Deno.readFile(path);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return { sha256: hash.toHex(), lines: bytes.reduce((n, byte) => n + (byte === 10 ? 1 : 0), 0) };
}
