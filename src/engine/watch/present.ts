/** What an event says of a record: what was written, and where the record stands at the moment. */
import type { JsonObject } from "../../domain/json.ts";
import {
  effectiveExpiry,
  isLive,
  parseHeartbeat,
  parseRelease,
  parseReservation,
} from "../../domain/reservation/reservation.ts";
import { claimTimedOut, taskStatus } from "../../domain/task/claim.ts";
import { parseClaim } from "../../domain/task/parse_claim.ts";
import { priorityOf } from "../../domain/task/pending.ts";
import { isBack } from "../../domain/task/retry.ts";
import { parseTask } from "../../domain/task/task.ts";
import { formatTime } from "../../domain/time.ts";
import type { FeedRun, RecordName } from "../../ports/feed.ts";

/**
 * The data with their present `status`, and of a reservation with the end that its heartbeats give it.
 * What other tools wrote and coord cannot read as such a record is left as it is.
 */
export async function presentData(
  { kind, id }: RecordName,
  data: JsonObject,
  run: FeedRun,
  now: number,
): Promise<JsonObject> {
  switch (kind) {
    case "reservation": {
      const reservation = parseReservation(data, id);
      if (typeof reservation === "string") return data;
      const heartbeat = readAs(parseHeartbeat, await run.data({ kind: "heartbeat", id }), id);
      const release = readAs(parseRelease, await run.data({ kind: "release", id }), id);
      const entry = { reservation, heartbeat, release };
      const status = release !== undefined ? "released" : isLive(entry, now) ? "live" : "expired";
      if (heartbeat === undefined) return { ...data, status };
      return { ...data, expires_at: formatTime(effectiveExpiry(entry)), status };
    }
    case "task": {
      const task = parseTask(data, id);
      if (typeof task === "string") return data;
      const claim = readAs(parseClaim, await run.data({ kind: "claim", id }), id);
      const priority = priorityOf(task, claim);
      const present = priority === task.priority ? data : { ...data, priority };
      return { ...present, status: taskStatus(task, claim, now) };
    }
    case "claim": {
      const claim = parseClaim(data, id);
      if (typeof claim !== "string" && isBack(claim)) return { ...data, status: "pending" };
      const isTimedOut = typeof claim !== "string" && claimTimedOut(claim, now);
      return isTimedOut ? { ...data, status: "timed_out" } : data;
    }
    default:
      return data;
  }
}

function readAs<T>(
  parse: (value: JsonObject, id: string) => T | string,
  data: JsonObject | undefined,
  id: string,
): Exclude<T, string> | undefined {
  if (data === undefined) return undefined;
  const record = parse(data, id);
  return typeof record === "string" ? undefined : record as Exclude<T, string>;
}
