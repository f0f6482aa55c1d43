/** What a page may do: the same as the verbs, by force, and in the log under the server's run id. */
import { badInput, type CoordError } from "../domain/errors.ts";
import { isObject, type JsonObject } from "../domain/json.ts";
import type { Coord } from "../engine/coord.ts";

/** What says that a lane is meant, as in `show`. */
const LANE = "lane:";

/** Its actions. */
const ACTIONS = ["requeue", "cancel", "release"] as const;

/** What is asked for. */
export interface Wish {
  readonly action: typeof ACTIONS[number];
  readonly id: string;
  readonly reason?: string;
}

/** Reads the body of a request. */
export function wishIn(body: string): Wish | CoordError {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return problem("body", "must be JSON");
  }
  if (!isObject(value)) return problem("body", "must be an object");
  const { action, id, reason, ...rest } = value as JsonObject;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) return problem("body", "has fields other than action, id and reason");
  const known = ACTIONS.find((each) => each === action);
  if (known === undefined) return problem("action", `must be one of ${ACTIONS.join(", ")}`);
  if (typeof id !== "string") return problem("id", "must be a string");
  if (reason === undefined) return { action: known, id };
  if (typeof reason !== "string") return problem("reason", "must be a string");
  if (known === "cancel" || id.startsWith(LANE)) {
    return problem("reason", "is kept of a requeue, and of the release of a reservation");
  }
  return { action: known, id, reason };
}

function problem(field: string, message: string): CoordError {
  return badInput([{ field, code: "bad_args", message }]);
}

/** Does it, and answers as the verb does. */
export async function fulfil(
  coord: Pick<Coord, "tasks" | "reservations" | "lanes">,
  { action, id, reason }: Wish,
  runId: string,
): Promise<object> {
  const how = { runId, force: true, ...(reason !== undefined && { reason }) };
  if (action === "requeue") return coord.tasks.requeue({ ids: [id], ...how });
  if (action === "cancel") return coord.tasks.cancel({ id, runId, force: true });
  if (!id.startsWith(LANE)) return coord.reservations.release({ id, ...how });
  const lane = id.slice(LANE.length);
  // Only its holder releases a lane, and any agent may become that.
  const adopted = await coord.lanes.adopt({ lane, owner: runId, runId });
  if (adopted.status !== "adopted") return adopted;
  return coord.lanes.release({ lane, owner: runId, fence: adopted.fence });
}
