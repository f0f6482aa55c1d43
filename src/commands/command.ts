/**
 * What a command is: its operands and flags, a `run` that turns them into one plain value, and a
 * pure `text` that lays that value out for people. Help, completions and validation all come from
 * the same description; `--json` renders the same value.
 */
import type { Refusal } from "../engine/refusal.ts";
import type { InputProblem } from "../domain/errors.ts";
import type { InputRule } from "../domain/input/rule.ts";
import type { ReadShell } from "../domain/git/shell.ts";
import type { HookAnswer } from "../domain/input/hook/event.ts";
import type { Hook } from "../engine/holds/hook.ts";
import type { Configuration } from "../domain/input/configuration.ts";
import type { Coord } from "../engine/coord.ts";
import type { Fleet } from "../engine/watch/fleet/types.ts";
import type { Tasks } from "../engine/task/tasks.ts";
import type { LaneJournal } from "../engine/lane/journal.ts";
import type { Lanes } from "../engine/lane/lanes.ts";
import type { Reservations } from "../engine/reservation/reservations.ts";
import type { Host } from "../ports/host.ts";
import type { HostSettingsFiles, TextFile } from "../ports/host_settings.ts";
import type { StoreAdmin } from "../engine/upkeep/store.ts";
import type { Warn } from "../ports/warnings.ts";

/** Reads a variable of the environment. */
export type Env = (name: string) => string | undefined;

/** A value that stands in for a flag, where it comes from, and what there is to warn of. */
export interface StandIn {
  readonly text: string;
  readonly label: string;
  readonly warning: string | undefined;
}

/**
 * One flag. `--name VALUE`; a `boolean` takes no value, a `list` is split at commas, a `duration` is
 * seconds or has a unit, such as `15m`.
 */
export interface FlagSpec {
  readonly type: "text" | "integer" | "number" | "duration" | "boolean" | "json" | "list";
  /** One line, lower case, no full stop. */
  readonly summary: string;
  /** The value's name in help, such as `DURATION`. */
  readonly placeholder?: string;
  /** Shown in help; filled in by the engine. */
  readonly default?: string | number;
  readonly required?: boolean;
  /** May stand several times; the value is a list. */
  readonly repeatable?: boolean;
  /** An environment variable that stands in for it. */
  readonly env?: string;
  /** What stands in for it where neither it nor `env` is there. */
  readonly otherwise?: (env: Env) => StandIn | undefined;
  /** A one-letter alias. */
  readonly short?: string;
  /** The words that are allowed, for completions and help, and for validation without `field`. */
  readonly choices?: readonly string[];
  readonly field?: InputRule;
  /** Another word for one of the choices as that choice. */
  readonly read?: (text: string) => string | undefined;
  /** Another flag of the command that stands in for it when it is missing. */
  readonly orElse?: string;
  /** The name in the library's input when it is not the flag's own in camel case. */
  readonly as?: string;
}

/** A positional argument. */
export interface OperandSpec {
  readonly name: string;
  readonly summary: string;
  readonly required?: boolean;
  readonly repeatable?: boolean;
  /** Whether it is written last, after `--`, so that flags in it are its own. */
  readonly last?: boolean;
  readonly choices?: readonly string[];
  /** The rule for the value; of what is repeatable, for the list of them. */
  readonly field?: InputRule;
  /** The name in the library's input. */
  readonly as: string;
  /** The field of the library's input that it becomes a part of, where that is another one. */
  readonly part?: string;
}

/** Parsed and checked arguments by their names in the library's input. */
type Values = Readonly<Record<string, unknown>>;

/** A workspace that was made, or was there. */
interface InitAnswer {
  readonly path: string;
  readonly created: boolean;
  /** The main checkout, or the git folder, all of whose worktrees use it. */
  readonly shared?: string;
}

/** How a workspace is served. */
export interface ServeInput {
  /** Where to listen; by default a port that is free. */
  readonly port?: number;
  /** Whether what is served may change the workspace. */
  readonly control?: boolean;
  /** Who does that. */
  readonly runId?: string;
}

/** A server that listens. */
export interface Serving {
  /** It does until it is stopped. */
  readonly status: "serving";
  /** What a browser opens; it gives access to the workspace. */
  readonly url: string;
  /** Where it listens, on 127.0.0.1. */
  readonly port: number;
  /** Whether the page may change the workspace. */
  readonly control: boolean;
  /** Who does that. */
  readonly run_id: string;
}

/** What a command gets to work with. */
export interface CommandContext {
  readonly host: Host;
  readonly warn: Warn;
  /** Opens the workspace that the flags and the environment name. */
  open(): Promise<Coord>;
  /** The same, its queue alone, which is there sooner. */
  tasks(): Promise<Tasks>;
  /** The same, who holds what alone. */
  holds(): Promise<Pick<Coord, "check" | "guard">>;
  /** The same, the list of its reservations alone. */
  reservations(): Promise<Pick<Reservations, "list">>;
  /** The same, reserving in it alone. */
  reserving(): Promise<Pick<Reservations, "reserve" | "release">>;
  /** The same, the list of its leases alone. */
  lanes(): Promise<Pick<Lanes, "live">>;
  /** The same, its status alone. */
  status(): Promise<Pick<Coord, "status">>;
  /** The settings of hosts of agents, which need no workspace: their hooks, or their servers. */
  settings(what?: "hooks" | "servers"): Promise<HostSettingsFiles>;
  /** Takes part in the races of a `doctor`, in its folder; `undefined` when they do not come about. */
  races(scratch: string): Promise<object | undefined>;
  /** A file that belongs to others. */
  textFile(path: string): Promise<TextFile>;
  /** The bytes of a file from its beginning to its end, some of them at a time. */
  bytes(path: string): AsyncIterable<Uint8Array>;
  /** A workspace of its own to try a hook in. */
  trial(): Promise<{
    readonly dir: string;
    reserve(path: string, runId: string): Promise<void>;
    hook(host: Host, cwd: string): ReturnType<HookContext["hook"]>;
    remove(): void;
  }>;
  /** Makes a workspace in a folder, or finds the one that is there. */
  init(path: string, here: boolean): Promise<InitAnswer>;
  /** Serves a workspace to browsers on this machine, until the process is stopped. */
  serve(coord: Coord, how: ServeInput): Promise<Serving>;
  /** The store that is no workspace's files, to make it or to look at it. */
  store(): Promise<StoreAdmin>;
  /** The configuration; with `worktrees`, after that was kept in the workspace. */
  config(worktrees?: "warn" | "block"): Promise<Configuration>;
  /** Opens a journal of lanes: that of the workspace, or one that needs no workspace. */
  journal(path: string | undefined): Promise<LaneJournal>;
  /** `--dir`, else `$COORD_DIR`, unresolved. */
  readonly dir: string | undefined;
  /**
   * What to do with what was granted when its answer cannot be delivered, or a signal came before it:
   * give it back. It resolves to the answer of a call that was stopped.
   */
  ifUndelivered(giveBack: () => Promise<object>): void;
  /** Fires at SIGINT and SIGTERM. Until a command asks for it, those end the process as usual. */
  readonly stop: AbortSignal;
  /** Fires at the second of them, for a command that asks for it; the third ends the process. */
  readonly stopAgain: AbortSignal;
  /** Leaves SIGINT and SIGTERM to what the call runs, until the result is called. */
  leaveSignals(): () => void;
  /** Standard output is for the answer alone: it is JSON, or some of its fields. */
  readonly isAnswerAlone: boolean;
  /** Shows how far a long call is, on terminals only; nothing, when the message is empty. */
  progress(message: string): void;
}

/** The description that help, completions and the parser read. */
export interface Described {
  readonly operands: readonly OperandSpec[];
  readonly flags: Readonly<Record<string, FlagSpec>>;
  /** Paragraphs below the usage line in help. */
  readonly details?: string;
  /** Command lines for help, without `coord`. */
  readonly examples?: readonly string[];
  /** Whether it leaves records: then those that ended long ago are removed now and then. */
  readonly grows?: true;
  /** What is wrong with values that are fine one by one; `field` is a name in the input. */
  check?(values: Values): readonly InputProblem[];
}

/** A value of a cell; a number is aligned to the right. */
export type Cell = string | number | null | undefined;

/**
 * What the cells of a column are: what a reader comes for, which is shortened last; a short id; an agent,
 * shortened in the middle; a state, which has a colour; an instant,
 * which a terminal shows as seen from now, or a duration; the path of a file, which a terminal shows as
 * seen from the current folder, whole, on a line of its own where the table is too wide; or any other text.
 */
export type ColumnKind = "main" | "id" | "agent" | "state" | "time" | "path" | "text";

/** A column: its name, and what it holds unless that is plain text or numbers. */
export type Column = string | { readonly name: string; readonly is: ColumnKind };

/** A table. A column that says the same in all rows goes above it. */
export interface Table {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
}

/** A part of a text answer: a line, `key  value` lines, or a table. The cli aligns and shortens. */
export type Block = string | { readonly fields: Readonly<Record<string, Cell>> } | Table;

/** A text answer. */
export type Text = Block | readonly Block[];

/** Several answers of one call in their order; each goes out as an answer of its own. */
export class Answers<V> {
  constructor(readonly values: readonly V[]) {}
}

/** A command with one answer, or with {@link Answers}. A `status` in it picks the exit code. */
export interface AnswerCommand<V extends object = object, I extends object = object>
  extends Described {
  /** The `status` of its answer where the value has none, `ok` by default. */
  readonly status?: string;
  /** Whether it goes on after its answer, until it is stopped. */
  readonly lasts?: true;
  /** Whether its text goes to standard output even where the exit code is not 0; beside an `error`. */
  isReport?(value: V): boolean;
  run(context: CommandContext, values: I): Promise<V | Refusal | Answers<V>>;
  /** For people. Agent-supplied text is cleaned by the caller. */
  text(value: V): Text;
  /** The exit code of an answer whose `status` does not say it. */
  exitCode?(value: V): number | undefined;
  /** One of several {@link Answers}, on one line. */
  line?(value: V): string;
}

/** Values as they come; the `status` at their end picks the exit code. */
export type Stream<V> = AsyncIterable<V> & { readonly status?: string };

/** A command that prints many values, one a line, until it is stopped. */
export interface StreamCommand<V extends object = object, I extends object = object>
  extends Described {
  readonly stream: true;
  run(context: CommandContext, values: I): Promise<Stream<V>>;
  /** For people, one line; `width` is that of a terminal, which cuts it. */
  text(value: V, width?: number): string;
  /** The text is for programs too: nothing of it is cleaned or cut. */
  readonly isData?: true;
}

/** States that follow each other, and the records that they are about. */
export interface Screen {
  /** Where they come from, for people. */
  readonly place: string;
  readonly states: AsyncIterable<Fleet>;
  /** One record as text. */
  show(id: string): Promise<Text>;
}

/** A command that shows states on the whole of a terminal, until it is left. */
export interface ScreenCommand<I extends object = object> extends Described {
  readonly screen: true;
  run(context: CommandContext, values: I & { readonly once?: boolean }): Promise<Screen>;
}

/** What a command of the third kind gets to work with. */
export interface HookContext {
  readonly host: Host;
  /** The words after its name that are no flags. */
  readonly operands: readonly string[];
  /** Whether an edit that coord cannot check is denied. */
  readonly failClosed?: boolean;
  /** Reads the text of a shell. */
  shell(): Promise<ReadShell>;
  /** Opens the workspace of an agent that works in this folder. */
  hook(cwd: string): Promise<Hook>;
}

/** The same, for what is no hook. */
export interface RawContext extends HookContext {
  /** Serves an agent's client until that has gone. */
  serve(): Promise<void>;
}

/** A command whose exit code and output are another program's. */
export interface RawCommand extends Described {
  answer(context: RawContext): Promise<HookAnswer>;
  readonly raw: true;
  /** Whether people write its arguments, so that what is wrong with them is said. */
  readonly strict?: true;
}

export type Command = AnswerCommand | StreamCommand | ScreenCommand | RawCommand;

/** Whether a command answers another program. */
export function isRaw(command: Described): command is RawCommand {
  return "raw" in command;
}

/** Whether a command draws on the whole of a terminal. */
export function isScreen(command: Command): command is ScreenCommand {
  return "screen" in command;
}

/** Whether a command streams. */
export function isStream(command: Command): command is StreamCommand {
  return "stream" in command;
}
