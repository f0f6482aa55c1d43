/** Whether tasks that wait for others may still be let go. */
import { afterOf, endedBadly, onFailureOf } from "../../domain/task/after.ts";
import { taskStatus } from "../../domain/task/claim.ts";
import type { TaskStore } from "../../ports/tasks.ts";

/**
 * What one of these blocked tasks waits for and may still come, directly or through others: the id of
 * a task that has not ended and is not blocked itself, or of a blocked one that is let go by now;
 * `undefined` when all of them stay blocked.
 */
export async function hopeOf(
  tasks: Pick<TaskStore, "get">,
  ids: Iterable<string>,
  now: number,
): Promise<string | undefined> {
  const search = new HopeSearch(tasks, now);
  for (const id of ids) {
    const found = await search.of(id);
    if (found !== undefined) return found;
  }
  return undefined;
}

class HopeSearch {
  /** Tasks that stay blocked. */
  readonly #hopeless = new Set<string>();

  constructor(readonly tasks: Pick<TaskStore, "get">, readonly now: number) {}

  /** The way down is kept here and not in calls: tasks may wait for each other in long rows. */
  async of(id: string): Promise<string | undefined> {
    const trail = [id];
    const seen = new Set(trail);
    for (let top = trail.at(-1); top !== undefined; top = trail.at(-1)) {
      const next = await this.#below(top);
      // What waits for itself was written by another tool.
      if (next === "hopeless" || next !== top && seen.has(next)) {
        this.#hopeless.add(top);
        trail.pop();
      } else if (next === top) {
        return top;
      } else {
        trail.push(next);
        seen.add(next);
      }
    }
    return undefined;
  }

  /** What has to be looked at for a task: itself, when it is what is looked for. */
  async #below(id: string): Promise<string | "hopeless"> {
    const entry = await this.tasks.get(id);
    if (entry === undefined) return id;
    if (taskStatus(entry.task, entry.claim, this.now) !== "blocked") return id;
    let open: string | undefined;
    for (const each of afterOf(entry.task)) {
      if (this.#hopeless.has(each)) return "hopeless";
      const found = await this.tasks.get(each);
      const status = found === undefined ? "gone" : taskStatus(found.task, found.claim, this.now);
      if (endedBadly({ task_id: each, status })) {
        if (onFailureOf(entry.task) === "block") return "hopeless";
      } else if (status !== "completed" && (open === undefined || status === "blocked")) {
        open = each;
      }
    }
    return open ?? id;
  }
}
