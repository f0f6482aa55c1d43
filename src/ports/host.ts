/**
 * What coord asks of the machine. `src/host/` implements it for Deno and for Bun; nothing else in
 * `src/` speaks to a runtime.
 *
 * File operations are synchronous: each takes microseconds on a local disk, and a round trip through
 * a thread pool would cost more than the call. Outcomes that callers expect are return values; all
 * other failures are thrown as {@link HostError}, which is what the library's callers catch.
 */
import { CoordError } from "../domain/errors.ts";

/** Why a file operation failed. */
export type HostErrorReason =
  | "not_found"
  | "exists"
  | "permission"
  | "no_space"
  | "read_only"
  | "not_directory"
  | "is_directory"
  | "not_empty"
  | "unsupported"
  | "broken_pipe"
  | "limit"
  | "busy"
  | "in_use"
  | "no_links"
  | "link"
  | "io"
  | "stale"
  | "loop"
  | "other";

/** A failed operation of the machine, with the path that it concerned. */
export class HostError extends CoordError {
  declare readonly code: "io_error";
  /** The system's own name of the error, such as `EIO`, where it gave one. */
  readonly errno: string | undefined;

  constructor(
    readonly reason: HostErrorReason,
    readonly operation: string,
    readonly path: string,
    { errno, ...options }: { errno?: string | undefined; cause?: unknown } = {},
  ) {
    const named = errno === undefined ? "" : ` (${errno})`;
    super(
      "io_error",
      `Cannot ${operation} ${JSON.stringify(path)}: ${REASONS[reason]}${named}`,
      { reason, path, ...(errno !== undefined && { errno }) },
      options,
    );
    this.errno = errno;
  }

  /** No permission, or a link that is not followed. */
  override get isDenied(): boolean {
    return ["permission", "link", "not_directory"].includes(this.reason);
  }
}

const REASONS: Record<HostErrorReason, string> = {
  not_found: "no such file or directory",
  exists: "it exists already",
  permission: "permission denied",
  no_space: "no space left on the device or quota reached",
  read_only: "the file system is read-only",
  not_directory: "a part of the path is not a directory",
  is_directory: "it is a directory",
  not_empty: "the directory is not empty",
  unsupported: "the file system does not support it",
  broken_pipe: "the reader has gone",
  limit: "a limit of the operating system is reached",
  busy: "another program has it open",
  in_use: "another program has it",
  link: "it is a symbolic link, which coord does not follow",
  no_links: "the file system has no hard links, or the file is another user's",
  io: "the device or the connection to it failed",
  stale: "the file server no longer knows the file",
  loop: "too many symbolic links on the way",
  other: "the operating system refused",
};

/** What `lstat` returns; a symbolic link is reported as itself. */
export interface FileStat {
  readonly kind: "file" | "directory" | "symlink" | "other";
  /** Bytes. */
  readonly size: number;
  /** Last modification, milliseconds since 1970. */
  readonly mtimeMs: number;
  /** Inode number, 0 where the platform has none. */
  readonly ino: number;
  /** Who may do what with it, as of `chmod`; missing where the platform has none. */
  readonly mode?: number;
}

/** A name in a directory. */
export interface DirEntry {
  readonly name: string;
  readonly isFile: boolean;
  readonly isDirectory: boolean;
  readonly isSymlink: boolean;
}

/** File operations. */
export interface HostFs {
  /** The whole file; `undefined` when there is none. */
  read(path: string): Uint8Array | undefined;
  /**
   * Creates a file that must not exist, writes `bytes` and, with `sync`, forces them to the disk.
   * `false` when it exists already. A failure in mid-write removes the file again.
   */
  createNew(path: string, bytes: Uint8Array, sync?: boolean): boolean;
  /** Appends to a file, which is created when missing. */
  append(path: string, bytes: Uint8Array): void;
  /** Appends to a file and forces its bytes to the disk; `false` when there is no such file. */
  appendSynced(path: string, bytes: Uint8Array): boolean;
  /**
   * At most `length` bytes from `offset` on, with the number and the size of the file that they are
   * of; `undefined` when there is no such file.
   *
   * @param opened Is called when the file is open, and nothing of it is read yet.
   */
  readRange(
    path: string,
    offset: number,
    length: number,
    opened?: () => void,
  ): { bytes: Uint8Array; ino: number; size: number } | undefined;
  /** A second name for a file; `false` when `to` exists. Throws `not_found` when `from` does not. */
  link(from: string, to: string): boolean;
  /** Renames, replacing `to`; `false` when `from` does not exist. */
  rename(from: string, to: string): boolean;
  /** Removes a file; `false` when there is none. */
  remove(path: string): boolean;
  /** Removes an empty directory; `false` when it is missing or not empty. */
  removeDir(path: string): boolean;
  /** Creates a directory and its parents; existing ones are fine. */
  makeDir(path: string): void;
  /** `undefined` when there is nothing of that name. */
  lstat(path: string): FileStat | undefined;
  /** Like {@link lstat}, following symbolic links. */
  stat(path: string): FileStat | undefined;
  /** Sets who may do what with a file, where the platform has that. */
  setMode(path: string, mode: number): void;
  /** The path with all symbolic links resolved; `undefined` when there is nothing of that name. */
  realPath(path: string): string | undefined;
  /** Where a symbolic link leads, as it is written there; `undefined` when there is none. */
  readLink(path: string): string | undefined;
  /** The names in a directory in no order; `undefined` when there is no such directory. */
  list(path: string): DirEntry[] | undefined;
  /** Forces a file's bytes to the disk. */
  syncFile(path: string): void;
  /** Forces a directory's names to the disk, where the platform can. */
  syncDir(path: string): void;
  /**
   * Forces a file's bytes to the disk, with the names in these folders that it was given before. On
   * Linux that takes one sync; elsewhere the folders are synced too.
   */
  syncNames(path: string, folders: readonly string[]): void;
  /** The same beside other work: callers at the same time share what the disk has to do. */
  syncNamesAsync(path: string, folders: readonly string[]): Promise<void>;
}

/**
 * What a directory watch reports: a name in it changed, or `undefined` for "look at everything".
 */
export interface DirHint {
  readonly dir: string;
  readonly name: string | undefined;
}

/** A running watch. */
export interface DirWatch {
  close(): void;
}

/** What has changed in directories; the kernel keeps it until it is taken. */
export interface DirNotices {
  /**
   * Takes what has changed since. `undefined` where some of that is not known, such as when a directory
   * went: then nothing more is noted.
   */
  take(): readonly DirHint[] | undefined;
  close(): void;
}

/** A process's identity, by which others see whether it still runs. What is unknown is missing. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly host?: string;
  /** Of the running kernel. */
  readonly boot?: string;
  /** The namespace in which `pid` means something. */
  readonly pidns?: string;
  /** When the process started, since process numbers are used again. */
  readonly start?: string;
}

/** A process above this one: its parent, the parent of that, and so on. */
export interface ProcessAbove {
  readonly process: ProcessIdentity;
  /** What it calls itself, cut after some characters, and its file: for a script that of its interpreter. */
  readonly names: readonly string[];
}

/** Variables of a command besides those of this process; `undefined`: without it. */
export type CommandEnv = Readonly<Record<string, string | undefined>>;

/** What a command runs with. */
export interface CommandOptions {
  readonly env: CommandEnv;
  /** Ends the command: SIGTERM to its group, and SIGKILL some seconds later. */
  readonly signal: AbortSignal;
  /** How much of the end of its standard error is returned. */
  readonly stderrBytes: number;
  /** Is called with all that it writes, before that is passed on. */
  readonly onOutput: (bytes: Uint8Array) => void;
}

/** What a command runs with that stands in this process's place. */
export interface RunOptions extends Pick<CommandOptions, "env" | "signal"> {
  /** Standard output is for this process alone; what the command writes there goes to standard error. */
  readonly isStdoutTaken: boolean;
  /** Is called when it runs: from then on SIGINT and SIGTERM are passed on to it. */
  readonly onStart: () => void;
}

/** How a command ended. */
export interface CommandEnd {
  /** Its exit code; of one that a signal ended, 128 and the signal's number. */
  readonly code: number;
  /** The end of its standard error. */
  readonly stderr: Uint8Array;
}

/** What a short program did. */
export interface CommandOutput extends CommandEnd {
  readonly stdout: Uint8Array;
}

/** How much room a file system has. */
export interface DiskSpace {
  readonly totalBytes: number;
  /** What this process may still use. */
  readonly freeBytes: number;
  /** Files that may still be made; missing where there is no bound. */
  readonly freeInodes?: number;
}

/** What the system says of a file system; what it does not say is missing. */
export interface DiskFacts {
  /** The kernel's table of mounts, as `/proc/self/mountinfo` has it. */
  readonly mounts?: string | undefined;
  readonly space?: DiskSpace | undefined;
}

/** What a terminal reports. */
export interface TerminalEvents {
  /** Bytes were typed. */
  readonly onInput: (bytes: Uint8Array) => void;
  /** Its size is another one. */
  readonly onResize: () => void;
  /** The process was stopped and goes on: what is on the screen is not known. */
  readonly onReturn: () => void;
}

/** A terminal on which a program draws as a whole. */
export interface Terminal {
  size(): { readonly columns: number; readonly rows: number };
  /** Puts the terminal back and stops the process, as Ctrl-Z does; a shell continues it. */
  suspend(): void;
  /** Puts the terminal back; nothing more is reported. */
  close(): void;
}

/** The machine. */
export interface Host {
  readonly runtime: "deno" | "bun" | "node";
  readonly runtimeVersion: string;
  readonly os: "linux" | "darwin" | "windows" | "other";
  readonly fs: HostFs;
  readonly args: readonly string[];
  readonly pid: number;
  /**
   * SHA-256 in lower-case hex, where the runtime computes it without a thread of its own; `undefined` where
   * that does not pay yet.
   */
  readonly sha256?: (bytes: Uint8Array) => string | undefined;
  /** Prepares a process that goes on for long, where the runtime spares what only such a one needs. */
  readonly runsLong?: () => void;
  /** A process of this machine; by default this one. */
  processIdentity(pid?: number): ProcessIdentity;
  /** The processes above this one, the nearest first; none where the system does not list them in files. */
  processesAbove(): readonly ProcessAbove[];
  /** Whether a process still runs; `undefined` when that cannot be seen from here. */
  isAlive(process: ProcessIdentity): boolean | undefined;
  /** The current folder; throws `not_found` when it was removed. */
  cwd(): string;
  env(name: string): string | undefined;
  /** Whether a standard stream is a terminal. */
  isTerminal(stream: "stdin" | "stdout" | "stderr"): boolean;
  /** Columns of the terminal on standard error or output; 80 when there is none. */
  columns(): number;
  /** Writes to a standard stream; throws `broken_pipe` when the reader has gone. */
  write(stream: "stdout" | "stderr", text: string): void;
  /** Standard input in chunks. */
  stdin(): AsyncIterable<Uint8Array>;
  /**
   * Runs a command line in the system's shell, with this text on its standard input and these
   * variables; its output goes where this process's goes. Resolves to its exit code.
   */
  shell(command: string, input: string, env: Readonly<Record<string, string>>): Promise<number>;
  /**
   * Runs a program in a process group of its own, with nothing on standard input. What it writes goes
   * to standard error, from both streams. What it leaves running ends with it; and it all ends, where
   * the system can, when this process is killed. Throws when the program cannot be started.
   */
  command(words: readonly [string, ...string[]], options: CommandOptions): Promise<CommandEnd>;
  /**
   * Runs a short program, with nothing on standard input, and gives all that it wrote. Throws when it
   * cannot be started.
   */
  output(words: readonly [string, ...string[]], env?: CommandEnv): Promise<CommandOutput>;
  /**
   * Runs a program with the streams of this process. On a terminal it is in the foreground, where what is
   * typed reaches it once; elsewhere it has a process group of its own, to which signals are passed on.
   * What it leaves running ends as with {@link command}. Resolves to its exit code.
   */
  run(words: readonly [string, ...string[]], options: RunOptions): Promise<number>;
  /**
   * Starts this program once more, with these arguments and no streams. It goes on when this process
   * ends, and nothing waits for it.
   */
  startBeside(args: readonly string[]): Promise<void>;
  /** Runs this program once more, with these arguments, as {@link output} does. */
  outputAgain(args: readonly string[]): Promise<CommandOutput>;
  /** What the system says of the file system of a path. */
  disk(path: string): Promise<DiskFacts>;
  /**
   * Has the kernel note what changes in these directories, which are no links, for one who looks at intervals:
   * that costs less than a call for each change. Resolves to `undefined` where that cannot be had.
   */
  readonly notices?: (dirs: readonly string[]) => Promise<DirNotices | undefined>;
  /** Calls `body` at SIGINT and SIGTERM (where the platform has them); the result stops that. */
  onStop(body: () => void): () => void;
  /**
   * Watches the names in `dirs` (not below them) by the kernel's notification. Hints are passed to
   * `onHint`; when the watch breaks, `onError` is called once and no more hints follow.
   * Throws when the watch cannot start.
   */
  watch(
    dirs: readonly string[],
    onHint: (hint: DirHint) => void,
    onError: (error: unknown) => void,
  ): DirWatch;
  exit(code: number): never;
}
