import {
  kindOfWord,
  RECORD_KINDS,
  type RecordKind,
  type WatchEvent,
  type WatchEventType,
} from "../../domain/watch/event.ts";
import type { InputProblem } from "../../domain/errors.ts";
import type { JsonObject, JsonValue } from "../../domain/json.ts";
import { EXEC_RETRIES_S, POLL_INTERVAL_S } from "../../domain/limits.ts";
import { formatTime, parseTime } from "../../domain/time.ts";
import { WATCH_FIELDS } from "../../engine/watch/watch.ts";
import { callerId } from "../caller.ts";
import type { StreamCommand } from "../command.ts";
import { RUN_ID_FILTER } from "../flags.ts";
import { addressesText, agentText, clipped, shortId } from "../text.ts";
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
  readonly synced?: boolean;
  readonly tick?: number;
  readonly ack?: boolean;
  readonly exec?: string;
  readonly forMe?: boolean;
}

export const watch: StreamCommand<WatchEvent, WatchValues> = {
  stream: true,
  details:
    "Emit each existing record as a snapshot, the oldest first and as it stands, then every " +
    "change: added, modified, removed, expired. With --json one event a line. SIGINT and SIGTERM " +
    "end it with exit code 0.\n\n" +
    "With --cursor the next start continues where this one ended; an event counts as taken when it " +
    "was written. With --ack it is taken when the consumer writes a line to standard input: one line " +
    "takes the oldest event; synced and tick need none. The stream ends with its standard input. " +
    "With --exec an event is taken when CMD, which gets it on standard input, exits with 0. Where " +
    `CMD fails it is tried again after ${
      EXEC_RETRIES_S.join(", ")
    } seconds; then the stream ends ` +
    "with exit code 3, and the next start begins with that event. What was not taken is emitted " +
    "again.\n\n" +
    "With --for-me only what concerns one agent is emitted. That is what becomes of its tasks, " +
    "and its holds as they are about to lapse, are lost or are wanted by others. A hold is " +
    "expiring in the last quarter of its time, at most 5 minutes. What the agent does itself is left out.",
  examples: [
    "watch --kind tasks --kind claims",
    "watch --no-snapshot --max-events 1 --json",
    "watch --once --json",
    "watch --kind claims --cursor .seen --exec ./notify.sh",
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
    synced: { type: "boolean", summary: "say so once all that was there was emitted" },
    tick: {
      type: "duration",
      summary: "emit a sign of life at this interval",
      placeholder: "DURATION",
      field: WATCH_FIELDS.tick,
    },
    "run-id": RUN_ID_FILTER,
    "for-me": {
      type: "boolean",
      summary: "only what concerns you, or the agent of --run-id: see above",
    },
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
    ack: { type: "boolean", summary: "with --cursor: a line of standard input takes an event" },
    exec: {
      type: "text",
      summary: "with --cursor: run CMD for each event, and take it when CMD exits with 0",
      placeholder: "CMD",
    },
  },
  check({ ack, exec, cursor }): InputProblem[] {
    const problems: InputProblem[] = [];
    const wrong = (field: string, message: string) =>
      problems.push({ field, code: "bad_args", message });
    if (ack === true && cursor === undefined) wrong("ack", "goes together with --cursor");
    if (exec !== undefined && cursor === undefined) wrong("exec", "goes together with --cursor");
    if (exec !== undefined && ack === true) wrong("exec", "cannot go together with --ack");
    return problems;
  },
  async run(context, { noSnapshot, exec, forMe, ...rest }) {
    // The agent that the stream is for is no filter.
    const whose = forMe === true
      ? { forRun: await callerId(context.host, rest.runId, "--for-me"), runId: undefined }
      : {};
    const coord = await context.open();
    const options = {
      ...rest,
      ...whose,
      ...(noSnapshot && { snapshot: false }),
      signal: context.stop,
    };
    if (exec !== undefined) {
      const { handOver } = await import("../../engine/watch/hand_over.ts");
      const run = (input: string) => context.host.shell(exec, input, coord.environment);
      return withoutOutput(() => handOver(context, coord.watch(options), run));
    }
    if (options.ack !== true) return coord.watch(options);
    const { takenByLines } = await import("./watch_ack.ts");
    return takenByLines(context, (signal) => coord.watch({ ...options, signal }));
  },
  text(event, width) {
    if (event.kind === undefined) return `= ${event.event_type} ${event.timestamp}`;
    const data = event.data as JsonObject;
    const agent = data.holder ?? data.run_id ?? data.claimer_run_id ?? data.created_by;
    // A session's id would leave no room for what the line is about.
    const room = width === undefined ? Infinity : Math.max(AGENT_WIDTH, Math.floor(width / 4));
    const id = shortId(event.id);
    return [
      MARKERS[event.event_type],
      event.kind.padEnd(11),
      agentText(word(agent), room).padEnd(AGENT_WIDTH),
      event.kind === "lane" ? clipped(word(data.lane)) : room > AGENT_WIDTH ? id : id.slice(0, 8),
      SUMMARIES[event.kind](data),
    ].join(" ").trimEnd();
  },
};

/** A stream of nothing, which ends when the work does: standard output is the command's. */
function withoutOutput(work: () => Promise<void>): AsyncIterable<never> {
  const next = async () => {
    await work();
    return { done: true, value: undefined } as const;
  };
  return { [Symbol.asyncIterator]: () => ({ next }) };
}

/** Characters of an agent's id that every terminal has room for. */
const AGENT_WIDTH = 12;

const MARKERS: Readonly<Record<WatchEventType, string>> = {
  snapshot: "·",
  added: "+",
  modified: "~",
  removed: "-",
  expired: "!",
  expiring: "?",
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
      ...(Array.isArray(data.tree) && data.tree.length > 0 ? [treeText(data.tree.map(word))] : []),
      ...phrase("-", data.reason),
    ].join(" "),
};
