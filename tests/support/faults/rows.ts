/** The commands that write to a workspace, each on the {@link Scene}. */

/** A command with what else is true of it. */
export interface Row {
  /** Its name in the registry. */
  readonly verb: string;
  /** Its arguments; `ID:one` stands for an id of the scene. */
  readonly args: readonly string[];
  readonly stdin?: string;
  /** The exit code without a fault; default 0. */
  readonly code?: number;
  /** Exit codes of its own table, besides those of every command. */
  readonly codes?: readonly number[];
  /** What it prints: one document of JSON by default, one a line, or what a host wants. */
  readonly prints?: "lines" | "host";
  /** What may be left of a record that it has made and ends itself, as `name: what is said of it`. */
  readonly between?: RegExp;
  /** A task that waits for one that it completes: where it cannot free it, the next process does. */
  readonly frees?: { readonly task: string; readonly by: string };
  /** Whether it goes past a record that it cannot read, with a warning. */
  readonly skips?: boolean;
  /** Whether all of its records come to be, or none. */
  readonly whole?: boolean;
  /** It begins in the folder `new`, in which there is no workspace. */
  readonly fresh?: boolean;
}

const ME = ["--run-id", "me"];

function row(verb: string, args: string, more: Omit<Row, "verb" | "args"> = {}): Row {
  return { verb, args: [...verb.split(" "), ...args.split(" ").filter(Boolean)], ...more };
}

function ofMe(verb: string, args: string, more: Omit<Row, "verb" | "args"> = {}): Row {
  const { args: words, ...rest } = row(verb, args, more);
  const at = words.indexOf("--");
  return {
    ...rest,
    args: at < 0 ? [...words, ...ME] : [...words.slice(0, at), ...ME, ...words.slice(at)],
  };
}

const LINES = [{ title: "a" }, { title: "b", priority: 3 }, { title: "c", queue: "more" }]
  .map((line) => `${JSON.stringify(line)}\n`).join("");

const GENERIC = JSON.stringify({ moment: "pre", session: "me", writes: ["free.ts"] });
const CLAUDE = JSON.stringify({
  session_id: "s",
  hook_event_name: "PreToolUse",
  tool_name: "Write",
  tool_input: { file_path: "free.ts", content: "x" },
});

const HELD_MEANWHILE = /^(reservation me free\.ts|lane free): /;

/** What each does, with its answer in JSON. */
export const ROWS: readonly Row[] = [
  row("init", "", { fresh: true }),
  ofMe("enqueue", "new"),
  ofMe("enqueue", "new --key k --after ID:one --queue more"),
  ofMe("enqueue", "--stdin", { stdin: LINES, prints: "lines", whole: true }),
  ofMe("claim", "", { skips: true, between: /^task (two|job): claimed 1 0 \w+ me 3$/ }),
  ofMe("claim", "--queue job --claim-ttl 2h"),
  ofMe("heartbeat", "ID:held --extension 4h --note going"),
  ofMe("heartbeat", "ID:mine --extension 4h --progress 1/2"),
  ofMe("heartbeat", "--mine --extension 4h"),
  ofMe("complete", "ID:mine", { frees: { task: "after", by: "mine" } }),
  ofMe("fail-task", "ID:mine --error no"),
  ofMe("cancel-task", "ID:two"),
  ofMe("requeue", "ID:mine"),
  ofMe("requeue", "ID:failed"),
  ofMe("reprioritize", "ID:two --priority 7"),
  ofMe("queue pause", "default"),
  row("queue resume", "paused"),
  ofMe("reserve", "free.ts"),
  ofMe("reserve", "free.ts new.ts --exclusive"),
  ofMe("reserve", "held.ts --exclusive --renew --ttl 4h"),
  ofMe("release", "ID:held"),
  ofMe("release", "--mine"),
  ofMe("intent", "free.ts --op modify"),
  ofMe("seen", "free.ts"),
  row("lane acquire", "free/** --lane free --owner me"),
  row("lane heartbeat", "--lane api --owner me"),
  row("lane release", "--lane api --owner me"),
  // Where it cannot see whether a reservation was there first, the lease ends.
  row("lane adopt", "--lane web --owner me", { between: /^lane web: undefined$/ }),
  row("lane spawn", "--lane api --owner me"),
  row("lane halt", "api --lane api"),
  row("lane taxonomy", "lanes.json"),
  row("journal compact", ""),
  row("gc", "--execute", { skips: true }),
  row("fsck", "--repair"),
  ofMe("with", "free.ts -- true", { codes: [126, 127, 143], between: HELD_MEANWHILE }),
  ofMe("with", "--lane free --tree free/** -- true", {
    codes: [126, 127, 143],
    between: HELD_MEANWHILE,
  }),
  ofMe("work", "--once --queue job -- true", {
    prints: "lines",
    between: /^task job: claimed 1 0 job me 0$/,
  }),
  row("hook run", "generic pre", { stdin: GENERIC, prints: "host" }),
  row("hook run", "claude", { stdin: CLAUDE, prints: "host" }),
  ofMe("wait", "--address theirs.ts --timeout 0.05", { code: 75 }),
];

/** Commands that write no record: they read, or they write outside of the workspace alone. */
export const WRITES_NO_RECORD: readonly string[] = [
  ...["status", "show", "agents", "log", "prime", "whoami", "config", "watch"],
  ...["check", "list", "forecast", "reconcile", "check-fresh", "tasks", "queue list"],
  ...["lane live", "lane arbitrate", "lane check", "lane liveness"],
  ...["journal tail", "journal replay", "journal verify"],
  ...["metrics", "doctor", "top", "web", "export"],
  // On a server; a database has faults of its own.
  ...["store init", "store migrate", "store status", "store trust"],
  ...["hook install", "hook uninstall", "hook status", "hook print", "hook test"],
  ...["mcp install", "mcp uninstall", "guard install", "guard uninstall", "guard check"],
];

/**
 * Commands that write by what other rows do: `mcp` as `reserve` and the verbs of tasks, `commit` as
 * `with`, `import` as `enqueue`. Moves between stores are cut at each step by a test of their own.
 */
export const AS_OTHERS: readonly string[] = [
  ...["mcp", "commit", "import", "store import", "store export"],
];
