/**
 * The stores on which processes race. A worker is given where its store is, as a URL, and opens it here:
 * a store of another kind is put in here, and nowhere else.
 */
import { initWorkspace, openFsStore } from "../../../src/adapters/fs/open.ts";
import { placeOf } from "../../../src/adapters/postgres/place.ts";
import type { Clock } from "../../../src/domain/time.ts";
import { NO_HOLDERS } from "../../../src/engine/hold/exclusion.ts";
import { Reservations } from "../../../src/engine/reservation/reservations.ts";
import { Queues } from "../../../src/engine/task/queues.ts";
import { Tasks } from "../../../src/engine/task/tasks.ts";
import { detectHost } from "../../../src/host/detect.ts";
import type { Store } from "../../../src/ports/store.ts";
import type { Warn } from "../../../src/ports/warnings.ts";
import { processesOf } from "../../../src/workspace/processes.ts";
import { cursorFile, NOWHERE } from "../scene/over_store.ts";
import { newSpace, noServer, openSpace } from "../postgres.ts";
import { makeTempDir } from "../scene/scratch.ts";

const FILES = "files:";
const POSTGRES = "postgres:";
const host = await detectHost();

/** Makes an empty workspace in files; where it is. */
export function newStore(): string {
  return `${FILES}${initWorkspace(host, makeTempDir()).path}`;
}

/** The stores: how an empty one is made, or why there is none. */
export const STORES: readonly {
  readonly name: string;
  readonly make: () => string | Promise<string>;
  readonly reason: string | undefined;
}[] = [
  { name: "files", make: newStore, reason: undefined },
  { name: "PostgreSQL", make: newSpace, reason: noServer() },
];

/** Whether a workspace is kept in files. */
export function isFiles(url: string): boolean {
  return url.startsWith(FILES);
}

/** Opens a workspace, as a process of its own does. */
export async function openStore(url: string, clock: Clock, warn: Warn): Promise<Store> {
  if (url.startsWith(POSTGRES)) {
    return openSpace(placeOf(url), clock);
  }
  return openFsStore(host, folderOf(url), clock, warn);
}

/** The folder of a workspace that is kept in files, for what is about the files. */
export function folderOf(url: string): string {
  if (!isFiles(url)) throw new Error(`no such store: ${url}`);
  return url.slice(FILES.length);
}

/** The operations on tasks and on queues; without `warn` nothing is said of what they warn of. */
export async function openTasks(url: string, clock: Clock = Date.now, warn: Warn = () => {}) {
  const context = { store: await openStore(url, clock, warn), clock, warn };
  return { store: context.store, tasks: new Tasks(context), queues: new Queues(context) };
}

/** The operations on reservations, which no lane keeps out, and what they warned of. */
export async function openReservations(url: string, clock: Clock) {
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);
  const store = await openStore(url, clock, warn);
  const machine = { checkout: NOWHERE, processes: processesOf(host), cursorFile };
  const reservations = new Reservations({ store, clock, warn, ...machine }, NO_HOLDERS);
  return { store, reservations, warnings };
}
