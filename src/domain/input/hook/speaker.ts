/** Which host calls: some hosts also call the hooks that were set up for another one. */
import type { JsonObject } from "../../json.ts";

/** The host that calls the hook of `called`, by what only that host says. */
export function speakerOf(called: string, payload: JsonObject): string {
  if ("cursor_version" in payload) return called === "claude" ? "cursor" : called;
  return called;
}
