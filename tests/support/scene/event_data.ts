import type { JsonObject } from "../../../src/domain/json.ts";
import type { WatchEvent } from "../../../src/domain/watch/event.ts";

/** The data of an event as JSON, for tests whose records have fields of their own. */
export function jsonOf({ data }: Pick<WatchEvent, "data">): JsonObject {
  return data as JsonObject;
}
