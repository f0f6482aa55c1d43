/** When a hold is about to lapse: its record, as if it ended sooner. */
import type { RecordKind } from "./event.ts";
import type { JsonObject, JsonValue } from "../json.ts";
import { LAPSE_NOTICE } from "../limits.ts";
import { formatTime, parseTime } from "../time.ts";

/** The record of a hold with an end that lies before its own by the notice that its holder gets. */
export function endingSooner(kind: RecordKind, data: JsonObject): JsonObject {
  switch (kind) {
    case "reservation":
      return sooner(data, "expires_at", data.created_at);
    case "heartbeat":
      return sooner(data, "extended_expires_at", data.last_beat_at);
    case "claim":
      return sooner(data, "expires_at", data.heartbeat_at ?? data.claimed_at);
    case "lane": {
      const { ttl_seconds: ttl } = data;
      if (typeof ttl !== "number") return data;
      return { ...data, ttl_seconds: ttl - noticeOf(ttl * 1000) / 1000 };
    }
    default:
      return data;
  }
}

function sooner(data: JsonObject, field: string, from: JsonValue | undefined): JsonObject {
  const [start, end] = [parseTime(from), parseTime(data[field])];
  if (start === undefined || end === undefined) return data;
  return { ...data, [field]: formatTime(end - noticeOf(end - start)) };
}

/** Milliseconds before the end of a time of this length. */
export function noticeOf(ms: number): number {
  return Math.min(LAPSE_NOTICE.ms, Math.max(0, ms) * LAPSE_NOTICE.share);
}
