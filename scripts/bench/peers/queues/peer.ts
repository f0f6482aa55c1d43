/** What coord is measured beside. */

/** Where a peer keeps its files, and what its programs get into their environment. */
export interface Place {
  /** An empty folder on the disk that is measured, which programs of other users can read. */
  readonly dir: string;
  readonly env: Readonly<Record<string, string>>;
}

/** A peer that is ready to be worked with. */
export interface Running extends AsyncDisposable {
  /** The program of a worker with its arguments; it speaks as `clients/worker.ts` does. */
  readonly worker: readonly string[];
}

/** A queue, or what has to be held against one. */
export interface Peer {
  /** As rows and filters name it. */
  readonly name: string;
  /** What a cut of the power may take from what was acknowledged. */
  readonly keeps: string;
  /** Whether all that was acknowledged is on the disk: only then its syncs must be seen. */
  readonly durable: boolean;
  /** What it does, where the name does not say it. */
  readonly note?: string;
  /** Whether there is no queue that could run dry. */
  readonly endless?: true;
  /** Why it cannot be measured here; nothing when it can. */
  absent(): Promise<string | undefined>;
  start(place: Place): Promise<Running>;
}

/** All that a completed task needs survives. */
export const ALL = "everything";

const WORKER = new URL("../clients/worker.ts", import.meta.url).pathname;

/** The line of a worker on Deno. */
export function denoWorker(
  client: string,
  config: Readonly<Record<string, string>>,
  options: readonly string[] = [],
): string[] {
  const run = [Deno.execPath(), "run", "-A", "--no-check", ...options];
  return [...run, WORKER, client, JSON.stringify(config)];
}

/** The line of a worker on Bun. */
export function bunWorker(
  bun: string,
  client: string,
  config: Readonly<Record<string, string>>,
): string[] {
  return [bun, WORKER, client, JSON.stringify(config)];
}

/** A peer without a server: nothing runs but its workers. */
export function alone(worker: readonly string[]): Running {
  return { worker, [Symbol.asyncDispose]: () => Promise.resolve() };
}
