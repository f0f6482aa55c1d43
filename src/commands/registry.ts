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
  show: {
    group: "Workspace",
    summary: "show a task, a reservation, an intent or a lane with its history",
    load: () => import("./system/show.ts").then((module) => module.show),
  },
  agents: {
    group: "Workspace",
    summary: "show every run: its task, its last beat and note, and whether it is stuck",
    load: () => import("./system/agents.ts").then((module) => module.agents),
  },
  top: {
    group: "Workspace",
    summary: "show the fleet on the whole terminal, what needs a look first",
    load: () => import("./system/fleet/top.ts").then((module) => module.top),
  },
  web: {
    group: "Workspace",
    summary: "serve a page that shows the fleet to a browser on this machine",
    load: () => import("./system/fleet/web.ts").then((module) => module.web),
  },
  log: {
    group: "Workspace",
    summary: "show what happened, oldest first",
    load: () => import("./system/log.ts").then((module) => module.log),
  },
  metrics: {
    group: "Workspace",
    summary: "print the numbers of the workspace for Prometheus",
    load: () => import("./system/metrics.ts").then((module) => module.metrics),
  },
  prime: {
    group: "Workspace",
    summary: "print what an agent must know when it begins",
    load: () => import("./system/prime.ts").then((module) => module.prime),
  },
  whoami: {
    group: "Workspace",
    summary: "show your run id and where it comes from",
    load: () => import("./system/whoami.ts").then((module) => module.whoami),
  },
  config: {
    group: "Workspace",
    summary: "show every value of the configuration with its source",
    load: () => import("./system/config.ts").then((module) => module.config),
  },
  wait: {
    group: "Workspace",
    summary: "wait for tasks, addresses, a lane or a queue",
    load: () => import("./system/wait.ts").then((module) => module.wait),
  },
  watch: {
    group: "Workspace",
    summary: "stream every change",
    load: () => import("./system/watch.ts").then((module) => module.watch),
  },
  export: {
    group: "Workspace",
    summary: "print everything as JSON, one document a line, or tasks as issues of beads",
    load: () => import("./files/export.ts").then((module) => module.exportAll),
  },
  import: {
    group: "Workspace",
    summary: "add the tasks of an export, or issues of beads",
    load: () => import("./files/import.ts").then((module) => module.importAll),
  },
  gc: {
    group: "Workspace",
    summary: "delete records that ended long ago (dry run unless --execute)",
    load: () => import("./system/gc.ts").then((module) => module.gc),
  },
  fsck: {
    group: "Workspace",
    summary: "check every file of the workspace; --repair to mend what is broken",
    load: () => import("./system/fsck.ts").then((module) => module.fsck),
  },
  doctor: {
    group: "Workspace",
    summary: "try what the file system must provide, and say what is wrong",
    load: () => import("./system/doctor.ts").then((module) => module.doctor),
  },
  "store init": {
    group: "Store",
    summary: "make the schema and the space of a PostgreSQL store",
    load: () => import("./store/init.ts").then((module) => module.storeInit),
  },
  "store migrate": {
    group: "Store",
    summary: "bring the schema of the store to the version of this program",
    load: () => import("./store/migrate.ts").then((module) => module.storeMigrate),
  },
  "store status": {
    group: "Store",
    summary: "show whether the store is reached, and what is there",
    load: () => import("./store/status.ts").then((module) => module.storeStatus),
  },
  "store import": {
    group: "Store",
    summary: "move everything of the files of this workspace to the store",
    load: () => import("./store/import.ts").then((module) => module.storeImport),
  },
  "store export": {
    group: "Store",
    summary: "move everything of the store to the files of this workspace",
    load: () => import("./store/export.ts").then((module) => module.storeExport),
  },
  "store trust": {
    group: "Store",
    summary: "trust the store that coord.json names",
    load: () => import("./store/trust.ts").then((module) => module.storeTrust),
  },
  reserve: {
    group: "Reservations",
    summary: "announce what you will edit; --exclusive to lock it",
    load: () => import("./reservation/reserve.ts").then((module) => module.reserve),
  },
  check: {
    group: "Reservations",
    summary: "ask who holds what you will edit",
    load: () => import("./reservation/check.ts").then((module) => module.check),
  },
  heartbeat: {
    group: "Reservations",
    summary: "extend a reservation or a claim",
    load: () => import("./reservation/heartbeat.ts").then((module) => module.heartbeat),
  },
  release: {
    group: "Reservations",
    summary: "end a reservation",
    load: () => import("./reservation/release.ts").then((module) => module.release),
  },
  with: {
    group: "Reservations",
    summary: "run a command while you hold addresses or a lane",
    load: () => import("./reservation/with.ts").then((module) => module.withHolds),
  },
  intent: {
    group: "Reservations",
    summary: "announce a plan for others to see",
    load: () => import("./reservation/intent.ts").then((module) => module.intent),
  },
  list: {
    group: "Reservations",
    summary: "list live reservations and intents",
    load: () => import("./reservation/list.ts").then((module) => module.list),
  },
  forecast: {
    group: "Reservations",
    summary: "predict conflicts between agents",
    load: () => import("./reservation/forecast.ts").then((module) => module.forecast),
  },
  reconcile: {
    group: "Reservations",
    summary: "suggest an order to merge branches",
    load: () => import("./reservation/reconcile.ts").then((module) => module.reconcile),
  },
  seen: {
    group: "Reservations",
    summary: "remember files as you have just read or written them",
    load: () => import("./files/seen.ts").then((module) => module.seen),
  },
  "check-fresh": {
    group: "Reservations",
    summary: "ask which files have changed since you saw them",
    load: () => import("./files/check_fresh.ts").then((module) => module.checkFresh),
  },
  "hook run": {
    group: "Hooks",
    summary: "answer an agent's host before the agent edits a file",
    load: () => import("./hook/run.ts").then((module) => module.hookRunCommand),
  },
  "hook install": {
    group: "Hooks",
    summary: "have hosts of agents call coord before each edit",
    load: () => import("./hook/install.ts").then((module) => module.install),
  },
  "hook uninstall": {
    group: "Hooks",
    summary: "undo hook install, byte for byte",
    load: () => import("./hook/uninstall.ts").then((module) => module.uninstall),
  },
  "hook status": {
    group: "Hooks",
    summary: "show which hosts call coord, and by which program",
    load: () => import("./hook/status.ts").then((module) => module.status),
  },
  "hook print": {
    group: "Hooks",
    summary: "print the settings of a host, to add them by hand",
    load: () => import("./hook/print.ts").then((module) => module.print),
  },
  "hook test": {
    group: "Hooks",
    summary: "show what a host is answered for a free file and for a held one",
    load: () => import("./hook/test.ts").then((module) => module.test),
  },
  mcp: {
    group: "Hooks",
    summary: "serve tools of coord to an agent's client, by the Model Context Protocol",
    load: () => import("./hook/mcp.ts").then((module) => module.mcp),
  },
  "mcp install": {
    group: "Hooks",
    summary: "have hosts of agents start that server",
    load: () => import("./hook/mcp_install.ts").then((module) => module.mcpInstall),
  },
  "mcp uninstall": {
    group: "Hooks",
    summary: "undo mcp install, byte for byte",
    load: () => import("./hook/mcp_install.ts").then((module) => module.mcpUninstall),
  },
  "guard install": {
    group: "Hooks",
    summary: "have git refuse commits of files that another run holds",
    load: () => import("./guard/install.ts").then((module) => module.guardInstall),
  },
  "guard uninstall": {
    group: "Hooks",
    summary: "undo guard install, byte for byte",
    load: () => import("./guard/install.ts").then((module) => module.guardUninstall),
  },
  "guard check": {
    group: "Hooks",
    summary: "refuse a commit of files that another run holds",
    load: () => import("./guard/check.ts").then((module) => module.guardCheck),
  },
  commit: {
    group: "Hooks",
    summary: "commit just these paths, while no other agent commits",
    load: () => import("./guard/commit.ts").then((module) => module.commit),
  },
  enqueue: {
    group: "Tasks",
    summary: "add a task, or one a line from standard input",
    load: () => import("./task/enqueue.ts").then((module) => module.enqueue),
  },
  claim: {
    group: "Tasks",
    summary: "claim the next task",
    load: () => import("./task/claim.ts").then((module) => module.claim),
  },
  work: {
    group: "Tasks",
    summary: "run a command for each task: claim, heartbeats, report",
    load: () => import("./task/work.ts").then((module) => module.work),
  },
  complete: {
    group: "Tasks",
    summary: "mark a claimed task completed",
    load: () => import("./task/complete.ts").then((module) => module.complete),
  },
  "fail-task": {
    group: "Tasks",
    summary: "mark a claimed task failed",
    load: () => import("./task/fail_task.ts").then((module) => module.failTask),
  },
  "cancel-task": {
    group: "Tasks",
    summary: "cancel a task",
    load: () => import("./task/cancel_task.ts").then((module) => module.cancelTask),
  },
  requeue: {
    group: "Tasks",
    summary: "put tasks back into the queue: your own, failed or cancelled ones",
    load: () => import("./task/requeue.ts").then((module) => module.requeue),
  },
  reprioritize: {
    group: "Tasks",
    summary: "change the priority of tasks in the queue",
    load: () => import("./task/reprioritize.ts").then((module) => module.reprioritize),
  },
  "queue pause": {
    group: "Tasks",
    summary: "hand out no more tasks of queues",
    load: () => import("./task/queue_pause.ts").then((module) => module.pause),
  },
  "queue resume": {
    group: "Tasks",
    summary: "hand out the tasks of queues again",
    load: () => import("./task/queue_resume.ts").then((module) => module.resume),
  },
  "queue list": {
    group: "Tasks",
    summary: "list queues: their counts, and which are paused",
    load: () => import("./task/queue_list.ts").then((module) => module.list),
  },
  tasks: {
    group: "Tasks",
    summary: "count and list tasks",
    load: () => import("./task/tasks.ts").then((module) => module.tasks),
  },
  "lane acquire": {
    group: "Lanes",
    summary: "acquire a lane: a lease of a part of the tree",
    load: () => import("./lane/acquire.ts").then((module) => module.acquire),
  },
  "lane release": {
    group: "Lanes",
    summary: "release a lane",
    load: () => import("./lane/release.ts").then((module) => module.laneRelease),
  },
  "lane heartbeat": {
    group: "Lanes",
    summary: "extend a lane",
    load: () => import("./lane/heartbeat.ts").then((module) => module.laneHeartbeat),
  },
  "lane live": {
    group: "Lanes",
    summary: "list live lanes and their holders",
    load: () => import("./lane/live.ts").then((module) => module.live),
  },
  "lane taxonomy": {
    group: "Lanes",
    summary: "show the lanes that the team has set down, or set them down",
    load: () => import("./lane/taxonomy.ts").then((module) => module.taxonomy),
  },
  "lane arbitrate": {
    group: "Lanes",
    summary: "dry-run lane acquire",
    load: () => import("./lane/arbitrate.ts").then((module) => module.arbitrate),
  },
  "lane check": {
    group: "Lanes",
    summary: "check that a grant is still the current one",
    load: () => import("./lane/check.ts").then((module) => module.check),
  },
  "lane adopt": {
    group: "Lanes",
    summary: "take a lane over from its holder",
    load: () => import("./lane/adopt.ts").then((module) => module.adopt),
  },
  "lane spawn": {
    group: "Lanes",
    summary: "announce a run on a lane",
    load: () => import("./lane/spawn.ts").then((module) => module.spawn),
  },
  "lane halt": {
    group: "Lanes",
    summary: "record that a run should stop",
    load: () => import("./lane/halt.ts").then((module) => module.halt),
  },
  "lane liveness": {
    group: "Lanes",
    summary: "report whether a lane's holder is making progress",
    load: () => import("./lane/liveness.ts").then((module) => module.liveness),
  },
  "journal tail": {
    group: "Journal",
    summary: "show the last entries of the lanes' journal",
    load: () => import("./journal/tail.ts").then((module) => module.tail),
  },
  "journal replay": {
    group: "Journal",
    summary: "print the leases a journal leaves live",
    load: () => import("./journal/replay.ts").then((module) => module.replay),
  },
  "journal verify": {
    group: "Journal",
    summary: "report what is wrong with a journal",
    load: () => import("./journal/verify.ts").then((module) => module.verify),
  },
  "journal compact": {
    group: "Journal",
    summary: "shorten a journal; its history goes to an archive",
    load: () => import("./journal/compact.ts").then((module) => module.compact),
  },
};

/** Old first words and what they are called now. */
export const RENAMED: Readonly<Record<string, string>> = { "lease-lane": "lane" };
