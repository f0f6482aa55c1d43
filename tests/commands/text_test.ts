import { duration } from "../../src/commands/text.ts";
import { watch } from "../../src/commands/system/watch.ts";
import { countsLine } from "../../src/commands/task/tasks.ts";
import type { RecordKind, WatchEvent, WatchEventType } from "../../src/domain/watch/event.ts";
import type { JsonObject } from "../../src/domain/json.ts";
import { assertEquals, it } from "../deps.ts";

it("duration() speaks in two units at most", () => {
  assertEquals([0.9, 59, 60, 3_599, 3_600, 86_399, 86_400, 200_000].map(duration), [
    "0 s",
    "59 s",
    "1 min",
    "59 min 59 s",
    "1 h",
    "23 h 59 min",
    "1 d",
    "2 d 7 h",
  ]);
});

it("countsLine() leaves out what there is none of", () => {
  const none = {
    pending: 0,
    claimed: 0,
    timed_out: 0,
    completed: 0,
    failed: 0,
    cancelled: 0,
    expired: 0,
    delayed: 0,
    blocked: 0,
  };
  assertEquals(countsLine({ total: 0, ...none }), "0 tasks");
  assertEquals(countsLine({ total: 1, ...none, timed_out: 1 }), "1 task: 1 timed out");
  assertEquals(
    countsLine({ total: 5, ...none, pending: 2, failed: 3 }),
    "5 tasks: 2 pending, 3 failed",
  );
});

/** As other tools write it. */
const T = "2026-11-21T09:30:00.000000+00:00";

function line(event_type: WatchEventType, kind: RecordKind, data: JsonObject): string {
  const id = `sha256:${"0123456789abcdef".repeat(4)}`;
  return watch.text(
    { schema_version: "1", event_type, kind, id, timestamp: "", data } as WatchEvent,
  );
}

it("watch shows on a terminal what a line is about, beside a long run id", () => {
  const event = {
    schema_version: 1,
    event_type: "snapshot",
    kind: "task",
    id: `sha256:${"3193b2eaad81".repeat(5)}0000`,
    timestamp: "2026-11-21T09:00:00.000Z",
    data: { title: "Fix the parser", created_by: "claude:7f3a9c2e-1b4d-4e8f-9a01-52c1e0b6d7aa" },
  } as unknown as WatchEvent;
  assertEquals([50, 80, undefined].map((width) => watch.text(event, width)), [
    "· task        claude:…d7aa 3193b2ea Fix the parser",
    "· task        claude:7f3a9…0b6d7aa 3193b2eaad81 Fix the parser",
    "· task        claude:7f3a9c2e-1b4d-4e8f-9a01-52c1e0b6d7aa 3193b2eaad81 Fix the parser",
  ]);
});

it("watch shows each kind of record in one line", () => {
  const until = { run_id: "a", extended_expires_at: T };
  assertEquals(
    [
      line("snapshot", "reservation", {
        run_id: "a",
        operation: "move",
        addresses: ["x", "y", "z", "v", "w"],
        branch: "main",
        expires_at: T,
      }),
      line("expired", "reservation", {
        run_id: "a",
        operation: null,
        addresses: ["x"],
        exclusive: true,
        branch: "main",
        expires_at: T,
      }),
      line("added", "intent", {
        run_id: "a",
        operation: "move",
        addresses: ["x"],
        branch: "fix",
        detail: "why",
      }),
      line("added", "reservation", { addresses: "x", operation: 5, branch: "", expires_at: null }),
      line("removed", "release", { run_id: "a", reason: "completed" }),
      line("modified", "heartbeat", until),
      line("added", "task", { created_by: "a", title: "Fix it" }),
      line("expired", "claim", { claimer_run_id: "a", status: "claimed", error: null }),
      line("added", "dependency", { depends_on: ["x", "y"] }),
      line("added", "task", {}),
    ],
    [
      "· reservation a            0123456789ab move x, y, z, 2 more on main until 2026-11-21T09:30:00.000Z",
      "! reservation a            0123456789ab x exclusively on main until 2026-11-21T09:30:00.000Z",
      "+ intent      a            0123456789ab move x on fix - why",
      "+ reservation -            0123456789ab",
      "- release     a            0123456789ab completed",
      "~ heartbeat   a            0123456789ab until 2026-11-21T09:30:00.000Z",
      "+ task        a            0123456789ab Fix it",
      "! claim       a            0123456789ab claimed",
      "+ dependency  -            0123456789ab after x y",
      "+ task        -            0123456789ab",
    ],
  );
});
