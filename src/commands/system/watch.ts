import {
  kindOfWord,
  RECORD_KINDS,
  type RecordKind,
  type WatchEvent,
  type WatchEventType,
} from "../../domain/watch/event.ts";
import type { JsonObject, JsonValue } from "../../domain/json.ts";
import { POLL_INTERVAL_S } from "../../domain/limits.ts";
import { formatTime, parseTime } from "../../domain/time.ts";
import { WATCH_FIELDS } from "../../engine/watch/watch.ts";
import type { StreamCommand } from "../command.ts";
import { RUN_ID_FILTER } from "../flags.ts";
import { addressesText, clipped, shortId } from "../text.ts";
import { treeText } from "../lane/text.ts";

interface WatchValues {
  readonly once?: boolean;
  readonly noSnapshot?: boolean;
  readonly timeout?: number;
  readonly maxEvents?: number;
  readonly pollInterval?: number;
  readonly backend?: "auto" | "native" | "poll";
  readonly kinds?: readonly RecordKind[];
  readonly runId?: string;
  readonly branch?: string;
  readonly cursor?: string;
}

export const watch: StreamCommand<WatchEvent, WatchValues> = {
  stream: true,
  details:
    "Emit each existing record as a snapshot, the oldest first and as it stands, then every " +
    "change: added, modified, removed, expired. With --json one event a line. SIGINT and SIGTERM end it with exit code 0.",
  examples: [
    "watch --kind tasks --kind claims",
    "watch --no-snapshot --max-events 1 --json",
    "watch --once --json",
  ],
  operands: [],
  flags: {
    once: { type: "boolean", summary: "end after the snapshots" },
    "no-snapshot": { type: "boolean", summary: "leave the snapshots out" },
    timeout: {
      type: "duration",
      summary: "stop after this time (0: same as --once)",
      placeholder: "DURATION",
      field: WATCH_FIELDS.timeout,
    },
    "max-events": {
      type: "integer",
      summary: "stop after N events",
      placeholder: "N",
      field: WATCH_FIELDS.maxEvents,
    },
    "poll-interval": {
      type: "duration",
      summary: "time between looks where the kernel cannot notify",
      placeholder: "DURATION",
      default: POLL_INTERVAL_S.default,
      field: WATCH_FIELDS.pollInterval,
    },
    backend: {
      type: "text",
      summary: "how changes are noticed",
      placeholder: "NAME",
      choices: ["auto", "native", "poll"],
      default: "auto",
    },
    kind: {
      type: "text",
      summary: "only records of this kind (singular or plural)",
      placeholder: "KIND",
      repeatable: true,
      choices: RECORD_KINDS,
      read: kindOfWord,
      as: "kinds",
    },
    "run-id": RUN_ID_FILTER,
    branch: {
      type: "text",
      summary: "only records of this branch",
      placeholder: "NAME",
      field: WATCH_FIELDS.branch,
    },
    cursor: {
      type: "text",
      summary: "keep the position in this file and go on from it",
      placeholder: "FILE",
    },
  },
  async run(context, { noSnapshot, ...options }) {
    const coord = await context.open();
    return coord.watch({
      ...options,
      ...(noSnapshot && { snapshot: false }),
      signal: context.stop,
    });
  },
  text(event) {
    const data = event.data as JsonObject;
    const agent = data.holder ?? data.run_id ?? data.claimer_run_id ?? data.created_by;
    return [
      MARKERS[event.event_type],
      event.kind.padEnd(11),
      word(agent).padEnd(12),
      event.kind === "lane" ? clipped(word(data.lane)) : shortId(event.id),
      SUMMARIES[event.kind](data),
    ].join(" ").trimEnd();
  },
};

const MARKERS: Readonly<Record<WatchEventType, string>> = {
  snapshot: "·",
  added: "+",
  modified: "~",
  removed: "-",
  expired: "!",
};

function word(value: JsonValue | undefined): string {
  if (Array.isArray(value)) return value.map(word).join(" ");
  return typeof value === "string" || typeof value === "number" ? String(value) : "-";
}

/** The words of the fields that are there. */
function words(data: JsonObject, ...names: readonly string[]): string {
  return names.filter((name) => (data[name] ?? null) !== null).map((name) => word(data[name]))
    .join(" ");
}

/** A word before a field, if that is there. */
function phrase(before: string, value: JsonValue | undefined): string[] {
  return typeof value === "string" && value !== "" ? [`${before} ${clipped(value)}`] : [];
}

function until(instant: JsonValue | undefined): string[] {
  const ms = parseTime(instant);
  return ms === undefined ? [] : [`until ${formatTime(ms)}`];
}

/** What is about to happen, and where. */
function plan({ operation, addresses, branch, exclusive }: JsonObject): string[] {
  return [
    ...(typeof operation === "string" ? [clipped(operation)] : []),
    ...(Array.isArray(addresses) ? [addressesText(addresses.map(word))] : []),
    ...(exclusive === true ? ["exclusively"] : []),
    ...phrase("on", branch),
  ];
}

const SUMMARIES: Readonly<Record<RecordKind, (data: JsonObject) => string>> = {
  reservation: (data) =>
    [
      ...plan(data),
      ...(data.status === "released" ? ["released"] : until(data.expires_at)),
    ].join(" "),
  intent: (data) => [...plan(data), ...phrase("-", data.detail)].join(" "),
  release: (data) => words(data, "reason"),
  heartbeat: (data) => until(data.extended_expires_at).join(" "),
  task: (data) => words(data, "title", ...(data.status === "pending" ? [] : ["status"])),
  claim: (data) => words(data, "status", "error"),
  dependency: (data) => `after ${word(data.depends_on)}`,
  lane: (data) =>
    [
      words(data, "op", "handle"),
      ...(Array.isArray(data.tree) ? [treeText(data.tree.map(word))] : []),
      ...phrase("-", data.reason),
    ].join(" "),
};
