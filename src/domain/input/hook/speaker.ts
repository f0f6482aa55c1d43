/** Which host calls: some hosts also call the hooks that were set up for another one. */
import type { JsonObject } from "../../json.ts";
import { textOf } from "./reading.ts";

/** Whether a payload is that of a host, as far as a hook of one of `called` can be in doubt. */
interface Guest {
  readonly host: string;
  readonly called: readonly string[];
  is(payload: JsonObject): boolean;
}

/** The first that fits counts. */
const GUESTS: readonly Guest[] = [
  {
    host: "grok",
    called: ["claude", "cursor"],
    is: (payload) => "toolInput" in payload || "workspaceRoot" in payload,
  },
  {
    host: "cursor",
    called: ["claude"],
    is: (payload) => "cursor_version" in payload,
  },
  {
    host: "vscode",
    called: ["claude", "copilot"],
    is: (payload) =>
      "hookEventName" in payload || /^(?!mcp__)[a-z]/.test(textOf(payload, "tool_name") ?? ""),
  },
  {
    // Claude Code says no time, and always where its transcript is.
    host: "copilot",
    called: ["claude"],
    is: (payload) =>
      "timestamp" in payload && (!("transcript_path" in payload) || "parent_agent_id" in payload),
  },
];

/** The host that calls the hook of `called`. */
export function speakerOf(called: string, payload: JsonObject): string {
  return GUESTS.find((guest) => guest.called.includes(called) && guest.is(payload))?.host ?? called;
}
