/**
 * Issues of beads (`bd`), as `.beads/issues.jsonl` has them, and tasks. The whole issue goes into the payload
 * of its task, so that an export gives it back; what coord knows better takes its place then.
 */
import { stemOfId } from "../ids.ts";
import { isObject, type JsonObject, type JsonValue } from "../json.ts";
import { MAX_AFTER, MAX_TAG, MAX_TAGS, MAX_TITLE, TASK_TTL_S } from "../limits.ts";
import { afterOf } from "../task/after.ts";
import { type ClaimRecord, unclaimed } from "../task/claim.ts";
import { priorityOf } from "../task/pending.ts";
import type { TaskRecord, TaskStatus } from "../task/task.ts";
import { formatTime, parseTime } from "../time.ts";
import { type MovedTask, readTask } from "./transfer.ts";

/** An issue whose fields that coord reads were checked. */
export type Issue = JsonObject & { readonly id: string; readonly title: string };

/** Priorities of beads go from 0, the most urgent, to 4; 2 is its default, and 0 that of coord. */
const MIDDLE = 2;
const LAST = 4;

/** What an issue says of where it stands; all else makes another task of it. */
const VOLATILE = [
  "status",
  "priority",
  "updated_at",
  "closed_at",
  "close_reason",
  "assignee",
  "deleted_at",
  "deleted_by",
  "delete_reason",
];

/** The order in which beads writes the fields of an issue and of what is in it; others follow. */
const ORDER = [
  ...["id", "issue_id", "depends_on_id", "type", "author", "text"],
  ...["title", "description", "design", "acceptance_criteria", "notes", "status", "priority"],
  ...["issue_type", "assignee", "estimated_minutes", "created_at", "created_by", "updated_at"],
  ...["closed_at", "close_reason", "external_ref", "labels", "dependencies", "comments"],
  ...["deleted_at", "deleted_by", "delete_reason", "original_type"],
];

/** Reads an issue; a text says what is wrong with it. */
export function readIssue(value: JsonObject): Issue | string {
  const { id, title, status = "open", created_at, labels = [], dependencies = [] } = value;
  const { priority = 0 } = value;
  const wrong: string[] = [];
  if (typeof id !== "string" || id === "") wrong.push("id");
  if (typeof title !== "string" || title.trim() === "") wrong.push("title");
  if (typeof status !== "string") wrong.push("status");
  const isPriority = Number.isInteger(priority) && Number(priority) >= 0 &&
    Number(priority) <= LAST;
  if (!isPriority) wrong.push("priority");
  if (parseTime(created_at) === undefined) wrong.push("created_at");
  if (!Array.isArray(labels) || labels.some((label) => typeof label !== "string")) {
    wrong.push("labels");
  }
  if (!Array.isArray(dependencies) || !dependencies.every(isDependency)) wrong.push("dependencies");
  return wrong.length === 0 ? value as Issue : `has no valid ${wrong.join(", ")}`;
}

function isDependency(value: JsonValue): boolean {
  return isObject(value) && typeof value.depends_on_id === "string" &&
    typeof value.type === "string";
}

/** The ids of the issues that an issue waits for. */
export function blockersOf({ id, dependencies }: Issue): string[] {
  const all = Array.isArray(dependencies) ? dependencies.filter(isObject) : [];
  return [
    ...new Set(
      all.filter(({ issue_id = id, type }) => issue_id === id && type === "blocks")
        .map(({ depends_on_id }) => String(depends_on_id)),
    ),
  ].slice(0, MAX_AFTER);
}

/** Whether an issue was deleted; beads keeps a mark of it. */
export function isTombstone({ status }: Issue): boolean {
  return status === "tombstone";
}

/** How issues become tasks. */
export interface FromBeads {
  readonly taskId: string;
  /** The ids of the tasks that it comes after. */
  readonly after: readonly string[];
  readonly queue: string;
  /** Who imports it. */
  readonly runId: string;
}

/** The task of an issue; a text says what is wrong with it. */
export function taskOfIssue(issue: Issue, how: FromBeads): MovedTask | string {
  const { status = "open", priority = 0, created_by, labels } = issue;
  const { task_id, ...own } = ownTask(issue) ?? {};
  const createdMs = parseTime(issue.created_at) ?? 0;
  const isReady = ["open", "in_progress", "closed", "tombstone"].includes(String(status));
  const tags = (Array.isArray(labels) ? labels : []).map(String)
    .filter((label) => label !== "" && [...label].length <= MAX_TAG);
  const task = task_id !== undefined ? { task_id, ...own } : {
    task_id: how.taskId,
    title: [...issue.title.trim()].slice(0, MAX_TITLE).join(""),
    priority: MIDDLE - Number(priority),
    queue: how.queue,
    ttl_seconds: TASK_TTL_S.max,
    created_by: typeof created_by === "string" && created_by !== "" ? created_by : how.runId,
    created_at: formatTime(createdMs),
    tags: [...new Set(tags)].slice(0, MAX_TAGS),
    payload: { beads: issue },
    ...(isReady ? {} : { needs: [`beads:${status}`] }),
    ...(how.after.length > 0 && { after: how.after }),
  };
  return readTask(task, endOf(issue, String(task.task_id), how.runId));
}

/** The definition of a task that coord exported as an issue. */
function ownTask({ metadata }: Issue): JsonObject | undefined {
  const own = isObject(metadata) ? metadata.coord : undefined;
  return isObject(own) ? own : undefined;
}

/** The end of the task of an issue that is closed or deleted. */
function endOf(issue: Issue, taskId: string, importer: string): ClaimRecord | undefined {
  const { status, closed_at, deleted_at, updated_at, created_at, assignee } = issue;
  if (status !== "closed" && !isTombstone(issue)) return undefined;
  const { close_reason: why, deleted_by: by } = issue;
  const end = isTombstone(issue) ? deleted_at : closed_at;
  const now = parseTime(end) ?? parseTime(updated_at) ?? parseTime(created_at) ?? 0;
  const runId = typeof assignee === "string" && assignee !== "" ? assignee : importer;
  const ended = { ended_at: formatTime(now) };
  if (isTombstone(issue)) {
    const cancelled_by = typeof by === "string" && by !== "" ? by : runId;
    return { ...unclaimed("cancelled", { taskId, runId, now }), ...ended, cancelled_by };
  }
  const result = typeof why === "string" && why !== "" ? { close_reason: why } : null;
  return { ...unclaimed("completed", { taskId, runId, now }), ...ended, result };
}

/** A definition without what changes of an issue while its task stays the same. */
export function lasting(task: TaskRecord): object {
  const { priority: _p, needs: _n, ...others } = task;
  const { beads } = task.payload;
  if (!isObject(beads)) return task;
  const kept = Object.entries(beads).filter(([name]) => !VOLATILE.includes(name));
  return { ...others, payload: { ...task.payload, beads: Object.fromEntries(kept) } };
}

/** The id of the issue of a task. */
export function issueIdOf(
  { task_id, payload: { beads } }: Pick<TaskRecord, "task_id" | "payload">,
) {
  return isObject(beads) && typeof beads.id === "string"
    ? beads.id
    : `coord-${stemOfId(task_id).slice(0, 8)}`;
}

/** The issue of a task as it stands; `idOf` gives those of the tasks that it comes after. */
export function issueOfTask(
  { task, claim }: MovedTask,
  status: TaskStatus,
  idOf: (taskId: string) => string,
): JsonObject {
  const { beads } = task.payload;
  const issue = isObject(beads) ? { ...beads } : newIssue(task, idOf);
  const priority = priorityOf(task, claim);
  if (priority !== MIDDLE - Number(issue.priority ?? 0)) {
    issue.priority = Math.min(LAST, Math.max(0, MIDDLE - priority));
  }
  return ordered({ ...issue, ...standing(issue, status, claim) }) as JsonObject;
}

/** What a task's state says in the place of an issue's fields. */
function standing(
  { status: before }: JsonObject,
  status: TaskStatus,
  claim: ClaimRecord | undefined,
): JsonObject {
  if (claim === undefined || before === "closed" || before === "tombstone") return {};
  if (status === "claimed") {
    const { claimer_run_id: assignee, heartbeat_at: updated_at } = claim;
    return { status: "in_progress", assignee, updated_at };
  }
  const at = claim.ended_at ?? claim.heartbeat_at;
  // What failed is not done: what waits for it in beads goes on waiting.
  if (status === "failed") return { status: "blocked", updated_at: at };
  const { result } = claim;
  const closed = { status: "closed", updated_at: at, closed_at: at };
  if (status === "completed") {
    const why = result?.close_reason;
    return typeof why === "string" ? { ...closed, close_reason: why } : closed;
  }
  return status === "cancelled" || status === "expired" ? { ...closed, close_reason: status } : {};
}

/** The issue of a task that is coord's own. */
function newIssue(task: TaskRecord, idOf: (taskId: string) => string): JsonObject {
  const { title, created_at, created_by, tags, payload } = task;
  const id = issueIdOf(task);
  const about = { created_at, created_by };
  const dependencies = afterOf(task).map((each) => ({
    issue_id: id,
    depends_on_id: idOf(each),
    type: "blocks",
    ...about,
  }));
  return {
    id,
    title,
    description: typeof payload.description === "string" ? payload.description : "",
    status: "open",
    priority: MIDDLE,
    issue_type: "task",
    ...about,
    updated_at: created_at,
    ...(tags.length > 0 && { labels: [...tags] }),
    ...(dependencies.length > 0 && { dependencies }),
    metadata: { coord: { ...task } as unknown as JsonObject },
  };
}

/** The same with its fields, and those of what is in it, as beads orders them. */
function ordered(value: JsonValue, depth = 0): JsonValue {
  if (Array.isArray(value)) return value.map((each) => ordered(each, depth));
  if (!isObject(value) || depth > 1) return value;
  const place = (name: string) => (ORDER.indexOf(name) + 1) || ORDER.length + 1;
  const entries = Object.entries(value).sort(([a], [b]) => place(a) - place(b));
  return Object.fromEntries(
    entries.map(([name, each]) => [name, name === "metadata" ? each : ordered(each, depth + 1)]),
  );
}
