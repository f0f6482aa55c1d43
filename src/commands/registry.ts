/** All commands. Listing them loads none; running one loads only itself. */
import type { Command } from "./command.ts";

/** A line in the list of commands. */
export interface Entry {
  readonly group: string;
  /** One line, no full stop. */
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

/** By name; a name may have two words, such as `lane acquire`. */
export const COMMANDS: Readonly<Record<string, Entry>> = {
  init: {
    group: "Workspace",
    summary: "make a workspace in this folder",
    load: () => import("./system/init.ts").then((module) => module.init),
  },
  status: {
    group: "Workspace",
    summary: "show counts, the oldest pending task and claims that timed out",
    load: () => import("./system/status.ts").then((module) => module.status),
  },
  watch: {
    group: "Workspace",
    summary: "stream what changes",
    load: () => import("./system/watch.ts").then((module) => module.watch),
  },
  enqueue: {
    group: "Tasks",
    summary: "add a task, or one a line from standard input",
    load: () => import("./task/enqueue.ts").then((module) => module.enqueue),
  },
  claim: {
    group: "Tasks",
    summary: "take the next task",
    load: () => import("./task/claim.ts").then((module) => module.claim),
  },
  heartbeat: {
    group: "Tasks",
    summary: "keep a claimed task for longer",
    load: () => import("./task/heartbeat.ts").then((module) => module.heartbeat),
  },
  complete: {
    group: "Tasks",
    summary: "end a claimed task well",
    load: () => import("./task/complete.ts").then((module) => module.complete),
  },
  "fail-task": {
    group: "Tasks",
    summary: "end a claimed task badly",
    load: () => import("./task/fail_task.ts").then((module) => module.failTask),
  },
  "cancel-task": {
    group: "Tasks",
    summary: "take a task out of the queue",
    load: () => import("./task/cancel_task.ts").then((module) => module.cancelTask),
  },
  tasks: {
    group: "Tasks",
    summary: "count and list tasks",
    load: () => import("./task/tasks.ts").then((module) => module.tasks),
  },
};

/** Old first words and what they are called now. */
export const RENAMED: Readonly<Record<string, string>> = { "lease-lane": "lane" };
