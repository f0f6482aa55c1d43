import type { TaskRecord } from "../../../src/domain/task/task.ts";
import { formatTime } from "../../../src/domain/time.ts";

/** A task from the beginning of time, for rules that are played by hand. */
export const TASK: TaskRecord = {
  task_id: "sha256:" + "a".repeat(64),
  title: "t",
  priority: 0,
  queue: "default",
  ttl_seconds: 100,
  created_by: "planner",
  created_at: formatTime(0),
  tags: [],
  payload: {},
};
