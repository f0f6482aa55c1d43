/** The resources: what there is to read, and which records change it. */
import type { Coord } from "../engine/coord.ts";
import type { RecordKind } from "../domain/watch/event.ts";

/** One resource. */
interface Resource {
  readonly name: string;
  readonly description: string;
  /** The kinds of records that it is made of. */
  readonly kinds: readonly RecordKind[];
  read(coord: Coord): Promise<object>;
}

const HOLDS = ["reservation", "release", "heartbeat", "lane"] as const;
const TASKS = ["task", "claim"] as const;

/** Tasks that are listed, those first that would be handed out first. */
const MOST_TASKS = 200;

/** By address, in the order in which they are listed. */
export const RESOURCES: Readonly<Record<string, Resource>> = {
  "coord://status": {
    name: "status",
    description: "Counts, late claims, lanes",
    kinds: [...HOLDS, ...TASKS, "intent"],
    read: (coord) => coord.status(),
  },
  "coord://holds": {
    name: "holds",
    description: "Live reservations and lanes",
    kinds: HOLDS,
    async read(coord) {
      const { reservations } = await coord.reservations.list({ kind: "reservation" });
      const { leases } = await coord.lanes.live();
      return { reservations, leases };
    },
  },
  "coord://tasks": {
    name: "tasks",
    description: "Tasks that have not ended",
    kinds: TASKS,
    read: (coord) =>
      coord.tasks.list({
        status: ["pending", "claimed", "timed_out", "delayed", "blocked"],
        limit: MOST_TASKS,
      }),
  },
};

/** All resources in the words of the protocol. */
export function listedResources() {
  return Object.entries(RESOURCES).map(([uri, { name, description }]) => ({
    uri,
    name,
    description,
    mimeType: "application/json",
  }));
}
