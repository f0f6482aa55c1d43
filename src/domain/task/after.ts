/** Tasks that wait for others: for which, and what their ends mean for them. */
import { isStem, stemOfId } from "../ids.ts";

/** What becomes of a task when one that it waits for ends without being completed. */
export type OnFailure = "block" | "cancel" | "run";

/** All of them; the first is the default. */
export const ON_FAILURE: readonly OnFailure[] = ["block", "cancel", "run"];

/** What a task's definition says of the tasks that it waits for. */
interface Waiting {
  readonly after?: unknown;
  readonly on_failure?: unknown;
}

/** A task that another one waits for, and where it stands; `gone` when it was removed. */
export interface Predecessor {
  readonly task_id: string;
  readonly status: string;
}

/** How a task may have ended without being completed. */
const ENDED_BADLY: ReadonlySet<string> = new Set(["failed", "cancelled", "expired", "gone"]);

/** The ids of the tasks that a task waits for, as far as they can be read; other tools may mean other things. */
export function afterOf({ after }: Waiting): readonly string[] {
  return Array.isArray(after) && after.every((id) => typeof id === "string" && isStem(stemOfId(id)))
    ? [...new Set<string>(after)]
    : [];
}

/** Whether a task waits for others until a transition lets it go. */
export function isGated(task: Waiting): boolean {
  return task.after !== undefined && afterOf(task).length > 0;
}

/** What a task's definition says of those that end badly. */
export function onFailureOf({ on_failure: said }: Waiting): OnFailure {
  return ON_FAILURE.find((each) => each === said) ?? "block";
}

/** Whether what a task waits for has ended without being completed. */
export function endedBadly({ status }: Predecessor): boolean {
  return ENDED_BADLY.has(status);
}

/** What the ends of all that a task waits for mean for it. */
export function verdict(
  task: Waiting,
  predecessors: readonly Predecessor[],
): "blocked" | "claimable" | "cancelled" {
  const onFailure = onFailureOf(task);
  if (onFailure === "cancel" && predecessors.some(endedBadly)) return "cancelled";
  const isOver = (each: Predecessor) =>
    each.status === "completed" || onFailure === "run" && endedBadly(each);
  return predecessors.every(isOver) ? "claimable" : "blocked";
}
