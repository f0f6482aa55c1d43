/** Tasks as another tool writes them. */
import { renameSync, writeFileSync } from "node:fs";
import { parseTask, type TaskRecord } from "../../../src/domain/task/task.ts";

/** Writes a task straight into `tasks/`, with less in it than coord writes; as it is then read. */
export function foreignTask(
  workspace: string,
  number: number,
  more: { readonly tags?: readonly string[] } = {},
): TaskRecord {
  const hex = crypto.getRandomValues(new Uint8Array(32)).toHex();
  const id = `sha256:${hex}`;
  const record = {
    task_id: id,
    title: `foreign ${number}`,
    queue: "default",
    created_at: new Date().toISOString().replace("Z", "000+00:00"),
    ttl_seconds: 86_400 * 365,
    schema_version: "other",
    ...more,
  };
  writeFileSync(`${workspace}/tasks/.${hex}.part`, JSON.stringify(record, null, 2));
  renameSync(`${workspace}/tasks/.${hex}.part`, `${workspace}/tasks/${hex}.json`);
  const task = parseTask(record, id);
  if (typeof task === "string") throw new Error(task);
  return task;
}
