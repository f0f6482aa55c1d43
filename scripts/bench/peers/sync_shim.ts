/** Syncs that take longer, the same for every program of a run: see `sync_delay.c`. */
import { run } from "../../support/run.ts";

const SOURCE = `${import.meta.dirname}/sync_delay.c`;

/** Where `struct shared` has its fields, and its size. */
const DELAY = 0;
const SKIP = 4;
const COUNT = 8;
const SIZE = 16;

/** How the syncs of all programs that were started with {@link SyncShim.env} are made slow, and counted. */
export interface SyncShim extends Disposable {
  /** What a program must have in its environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Adds milliseconds to each sync from now on. */
  delay(ms: number): void;
  /** Leaves all syncs out, or no longer: for what is only prepared. */
  skip(skip: boolean): void;
  /** The number of syncs so far. */
  count(): number;
}

/**
 * Compiles the shim into a folder that programs of other users can read.
 *
 * @throws {Error} when there is no C compiler, or it fails.
 */
export async function buildShim(folder: string): Promise<SyncShim> {
  const library = `${folder}/sync_delay.so`;
  const path = `${folder}/sync_delay`;
  const args = ["-O2", "-Wall", "-Werror", "-shared", "-fPIC", "-o", library, SOURCE, "-ldl"];
  const { code, output } = await run("gcc", args);
  if (code !== 0) throw new Error(`Cannot compile sync_delay.c: ${output}`);
  Deno.writeFileSync(path, new Uint8Array(SIZE));
  Deno.chmodSync(path, 0o666); // servers run as users of their own
  const file = Deno.openSync(path, { read: true, write: true });
  const put = (at: number, value: number) => {
    file.seekSync(at, Deno.SeekMode.Start);
    file.writeSync(new Uint8Array(Uint32Array.of(value).buffer));
  };
  return {
    env: { LD_PRELOAD: library, COORD_BENCH_SYNC: path },
    delay: (ms) => put(DELAY, ms * 1000),
    skip: (skip) => put(SKIP, skip ? 1 : 0),
    count() {
      const bytes = new Uint8Array(SIZE - COUNT);
      file.seekSync(COUNT, Deno.SeekMode.Start);
      file.readSync(bytes);
      return Number(new DataView(bytes.buffer).getBigUint64(0, true));
    },
    [Symbol.dispose]: () => file.close(),
  };
}
