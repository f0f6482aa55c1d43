/**
 * The fields of every command's answer, for `--print` and help. They have a file of their own, so that no
 * other call loads them.
 */

/** The fields of one command's answer. */
export interface AnswerFields {
  /** `payload.*` is a field, and so is all below it. */
  readonly fields: readonly string[];
  /** The lists of the answer whose items are its records. */
  readonly lists?: readonly string[];
  /** The fields of each record. */
  readonly each?: readonly string[];
}

function words(...texts: readonly string[]): string[] {
  return texts.flatMap((text) => text.split(" "));
}

function within(name: string, fields: readonly string[]): string[] {
  return [name, ...fields.map((field) => `${name}.${field}`)];
}

/** What the envelope around every answer has. */
export const ENVELOPE = words(
  "ok status exit_code error warnings.* coord_version schema_version schema duration_ms timestamp",
);

const TASK = words(
  "task_id title priority queue ttl_seconds created_by created_at tags.* payload.* nonce",
  "not_before needs.* max_attempts backoff.* key delay_seconds after.* on_failure",
);
const CLAIM = words(
  "task_id status claimer_run_id claimed_at expires_at heartbeat_at claim_nonce attempt fence",
  "transition result.* error note progress.* cancelled_by ttl_seconds noted_at ended_at earlier_attempts.*",
  "retry_at uncounted_attempts revived_after requeued_at requeued_by requeue_reason",
  "requeue_followed.* earlier_requeues.*",
  "priority reprioritized_at reprioritized_by",
);
const TASK_ITEM = [
  ...TASK,
  ...words("status claimer_run_id claimed_at expires_at heartbeat_at ended_at attempt fence"),
  ...words("result.* error note progress.*"),
];
const COUNTS = words(
  "pending claimed timed_out completed failed cancelled expired delayed blocked total",
);

const PAUSE = words("queue status paused_at paused_by reason");

const RESERVATION = words(
  "reservation_id run_id branch worktree addresses.* files.* created_at expires_at operation exclusive confirmation nonce",
  "note progress.* auto",
);
const RESERVATION_STATE = words("status last_beat_at released_at reason");
const INTENT = words(
  "intent_id reservation_id run_id branch worktree addresses.* files.* operation detail created_at nonce",
);

const BEAT = words(
  "status reservation_id task_id run_id last_beat_at expires_at extended_expires_at",
  "ttl_extended_seconds fence note progress.* since attempt released_at reason error",
);
const EDIT = words("host scope path change command");
const INSTALLED: AnswerFields = {
  fields: words("status dry_run workspace workspace_created next.*"),
  lists: ["hosts"],
  each: EDIT,
};
const MOVED: AnswerFields = {
  fields: words(
    "status from to added unchanged tasks reservations intents queues entries conflicts.* conflicts_total",
  ),
};
const UNINSTALLED: AnswerFields = { fields: ["dry_run"], lists: ["hosts"], each: EDIT };
const RELEASED = words(
  "status reservation_id run_id released_at reason since expires_at fence note progress.* conflicts.*",
  "error",
);

const HELD = words(
  "address their_address kind exclusive mine run_id since expires_at reservation_id branch worktree",
  "operation lane fence unsure note progress.*",
);

const DECISION = words(
  "status outcome lane lane_kind tree.* owner loop_ts fence reason reason_class conflicts.*",
  "conflicts_total",
  "scavenged.*",
);
const LEASE = words(
  "lane lane_kind tree.* files.* name_only holder loop_ts host_id pid process.* run_id acquired_at",
  "adopted_at heartbeat_at alive_at refused_at.* ttl_minutes ttl_seconds grace_seconds exclusive",
  "fence renewed_seq events",
);
const LEASE_ITEM = [...LEASE, "status", "silent_seconds"];
const HELD_LANE = words("status lane owner loop_ts fence");

const ENDED: AnswerFields = { fields: [...CLAIM, ...words("run_id since")] };

/** By the name of the command. */
export const ANSWERS: Readonly<Record<string, AnswerFields>> = {
  init: { fields: words("workspace created shared_with lines.*") },
  status: {
    fields: [
      ...words("workspace found_by live_reservations live_leases records.* timed_out_claims.*"),
      "paused_queues.*",
      "unmet_needs.*",
      ...within("tasks", COUNTS),
      ...within("oldest_pending", ["task_id", "age_seconds"]),
      "leases.*",
    ],
  },
  agents: {
    fields: words("total working silent stuck lost"),
    lists: ["agents"],
    each: [
      ...words("run_id status tasks last_beat_at note progress.* reservations lanes.*"),
      ...within("task", words("task_id title queue since expires_at attempt")),
    ],
  },
  metrics: { lists: ["metrics"], fields: [], each: words("name type help samples.*") },
  export: {
    fields: [
      ...words("kind format coord_version exported_at status counts.*"),
      ...words("queue paused_at paused_by reason"),
      ...within("task", TASK),
      ...within("claim", CLAIM),
      ...within("reservation", [...RESERVATION, ...RESERVATION_STATE]),
      ...within("intent", [...INTENT, "status"]),
      ...within("lane", LEASE_ITEM),
    ],
  },
  import: {
    fields: words("status added updated unchanged skipped paused left_out error"),
    lists: ["conflicts"],
    each: words("at task_id reason message"),
  },
  top: {
    fields: [
      ...words("at queues.* waits.* reservations.* leases.* failures.* attempts.*"),
      ...words("conflicts.* conflicts_total conflicts_last_minute conflicts_counted hotspots.*"),
      ...within("runs", words("total working silent stuck lost agents.*")),
      ...within("tasks", COUNTS),
    ],
    lists: ["alerts"],
    each: words("kind id run_id queue subject detail at"),
  },
  web: { fields: words("status url port control run_id") },
  prime: { fields: words("status run_id lines.* left_out") },
  log: {
    fields: words("total limit truncated"),
    lists: ["events"],
    each: words("at kind event id run_id subject attempt detail"),
  },
  show: {
    fields: [
      ...words("kind status attempts.* notes.* blocked_by.* blocks.* entries.*"),
      ...within("task", TASK),
      ...within("claim", CLAIM.filter((field) => field !== "earlier_attempts.*")),
      ...within("reservation", [...RESERVATION, ...RESERVATION_STATE, "fence"]),
      ...within("intent", [...INTENT, "status"]),
      ...within("lane", LEASE_ITEM),
    ],
  },
  whoami: { fields: words("run_id source reliable variables.*") },
  config: { fields: ["path"], lists: ["values"], each: words("key value.* source") },
  wait: {
    fields: words("status waited_seconds"),
    lists: ["tasks"],
    each: words("task_id status result.* error"),
  },
  watch: { fields: words("schema_version event_type kind id timestamp data.*") },
  doctor: {
    fields: [
      ...words(
        "status workspace found_by problems.* version runtime os checkouts.* hosts.* raced",
      ),
      ...within("file_system", words("type mount_point source free_bytes total_bytes free_inodes")),
      ...within("size", words("files bytes complete")),
      ...within("waits", words("live lapsed")),
    ],
    lists: ["promises"],
    each: words("promise result carries how found means next"),
  },
  "store init": {
    fields: words(
      "status store space named_by store_version schema_made space_made granted.* grants.* error",
    ),
  },
  "store migrate": { fields: words("status store space named_by from to") },
  "store status": {
    fields: words(
      "status store space named_by user server_version store_version known_version may_write",
      "records.* next",
    ),
  },
  "store import": MOVED,
  "store export": MOVED,
  "store trust": { fields: words("status store space named_by changed") },
  gc: {
    fields: words("executed put_off grace_seconds failed_grace_seconds due_at total counts.*"),
    lists: ["items"],
    each: words("kind id reason"),
  },
  fsck: {
    fields: words("status path checked.* total repaired"),
    lists: ["findings"],
    each: words("class file reason meaning remedy next repaired kept"),
  },
  reserve: {
    fields: [
      ...RESERVATION,
      ...words("fence status renewed conflicts.* conflicts_total conflicts_counted"),
    ],
  },
  "guard install": { fields: words("change path dry_run") },
  "guard uninstall": { fields: words("change path dry_run") },
  "guard check": {
    fields: words("status mode files index_lane error"),
    lists: ["holds"],
    each: HELD,
  },
  commit: { fields: words("status commit lane fence error"), lists: ["holds"], each: HELD },
  check: {
    fields: words("status addresses.* holds_total holds_counted"),
    lists: ["holds"],
    each: HELD,
  },
  seen: {
    fields: words("status run_id seen_at total"),
    lists: ["files"],
    each: words("path size modified_at sha256"),
  },
  "check-fresh": {
    fields: words("status run_id total"),
    lists: ["files"],
    each: words("path status seen_at changed_at changed_by"),
  },
  heartbeat: {
    fields: [...BEAT, ...words("total conflicts.*")],
    lists: ["holds"],
    each: [...BEAT, ...words("lane owner loop_ts heartbeat_at coalesced conflicts.*")],
  },
  release: { fields: [...RELEASED, "total"], lists: ["holds"], each: RELEASED },
  with: {
    fields: words("status run_id reservation_id lane fence command_exit_code conflicts.* error"),
  },
  intent: { fields: INTENT },
  list: {
    fields: words("total live"),
    lists: ["reservations", "intents"],
    each: [
      ...new Set([...RESERVATION, ...INTENT, ...RESERVATION_STATE]),
    ],
  },
  forecast: {
    fields: words("total truncated"),
    lists: ["conflicts"],
    each: words(
      "type addresses.* agents.* branches.* reservation_ids.* intent_ids.* lanes.* confidence description",
    ),
  },
  reconcile: {
    fields: words("conflicts hotspots.*"),
    lists: ["merge_order"],
    each: words("branch position conflicts conflicts_before strategy reason agents.*"),
  },
  "hook install": INSTALLED,
  "hook uninstall": UNINSTALLED,
  "hook status": {
    fields: words("workspace guards.* not_guarded.*"),
    lists: ["hosts"],
    each: words(
      "host scope path state command program program_found fail_closed last_fired_at problems.*",
    ),
  },
  "mcp install": INSTALLED,
  "mcp uninstall": UNINSTALLED,
  "hook test": { fields: words("status host free.* held.*") },
  "hook print": { fields: words("host scope paths.* lines.*") },
  enqueue: { fields: [...TASK, "created"] },
  claim: { fields: [...CLAIM, ...within("task", TASK), ...words("queue queues.* tag paused.*")] },
  work: {
    fields: words("status task_id title queue run_id attempt fence seconds result.* error"),
  },
  complete: ENDED,
  "fail-task": ENDED,
  "cancel-task": ENDED,
  requeue: {
    fields: words("status"),
    lists: ["tasks"],
    each: words(
      "task_id status was attempt fence retry_at run_id since expires_at note progress.* error",
    ),
  },
  reprioritize: {
    fields: words("status"),
    lists: ["tasks"],
    each: words(
      "task_id status priority was run_id since expires_at attempt fence note progress.* error",
    ),
  },
  "queue pause": {
    fields: words("status"),
    lists: ["queues"],
    each: [...PAUSE, "was"],
  },
  "queue resume": { fields: words("status"), lists: ["queues"], each: words("queue status was") },
  "queue list": { fields: words("total"), lists: ["queues"], each: [...PAUSE, ...COUNTS] },
  tasks: {
    fields: [...COUNTS, ...words("queues.* limit matched truncated next")],
    lists: ["items"],
    each: TASK_ITEM,
  },
  "lane acquire": {
    fields: [...DECISION, ...words("journaled ttl_seconds acquired_at expires_at")],
  },
  "lane release": { fields: HELD_LANE },
  "lane heartbeat": { fields: [...HELD_LANE, ...words("heartbeat_at expires_at coalesced")] },
  "lane live": { fields: words("live dead"), lists: ["leases"], each: LEASE_ITEM },
  "lane taxonomy": {
    fields: ["autopick.*"],
    lists: ["lanes", "kinds"],
    each: words("lane lane_kind tree.* exclusive max_concurrent"),
  },
  "lane arbitrate": { fields: [...DECISION, "journaled"] },
  "lane check": { fields: words("status lane owner fence") },
  "lane adopt": { fields: [...HELD_LANE, "previous_owner"] },
  "lane spawn": { fields: words("status recorded lane owner loop_ts") },
  "lane halt": { fields: words("status recorded lane loop_ts handle command") },
  "lane liveness": { fields: words("lane verdict reason evidence.*") },
  "journal tail": {
    fields: ["journal"],
    lists: ["entries"],
    each: words(
      "seq ts op lane fence holder host_id run_id loop_ts handle command reason reason_class tree.*",
      "conflicts.* pid nonce lease.*",
    ),
  },
  "journal replay": {
    fields: words("journal seq problems.*"),
    lists: ["leases"],
    each: LEASE,
  },
  "journal verify": { fields: words("status journal entries archives.* problems.*") },
  "journal compact": {
    fields: words("status journal entries_before entries_after bytes_reclaimed archive"),
  },
  help: {
    fields: words("command usage details operands.* flags.* fields.* examples.*"),
    lists: ["commands"],
    each: words("name group summary"),
  },
  version: { fields: words("version runtime") },
  completions: { fields: words("shell script") },
  man: { fields: ["page"] },
};

/** All fields that `--print` takes of a command's answer, those of its records first. */
export function fieldsOf(command: string): readonly string[] {
  const { fields = [], each = [] } = ANSWERS[command] ?? {};
  return [...new Set([...each, ...fields])];
}
