/** The machine by way of `node:`, for Bun and for Node. */
import type nodeFsTypes from "node:fs";
import type nodeProcess from "node:process";
import { bun, bunRunsLong, bunSha256 } from "./bun.ts";
import {
  hostError,
  hostErrorReason,
  ifThere,
  linkError,
  notText,
  watchError,
} from "./map_error.ts";
import { shellWords } from "./shell_words.ts";
import { Processes } from "./system/process_identity.ts";
import type { DirHint, DirWatch, FileStat, Host, HostFs } from "../ports/host.ts";

// As modules they would be all of their hundred fields, which take longer than most commands.
const { process } = globalThis as unknown as { readonly process: typeof nodeProcess };
const nodeFs = process.getBuiltinModule("node:fs");
const isWindows = process.platform === "win32";

function statOf(info: nodeFsTypes.Stats): FileStat {
  return {
    kind: info.isFile()
      ? "file"
      : info.isDirectory()
      ? "directory"
      : info.isSymbolicLink()
      ? "symlink"
      : "other",
    size: info.size,
    mtimeMs: Math.floor(info.mtimeMs),
    ino: info.ino,
    mode: isWindows ? undefined : info.mode & 0o7777,
  };
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let sent = 0; sent < bytes.length;) {
    try {
      sent += nodeFs.writeSync(fd, bytes, sent);
    } catch (error) {
      // A pipe that is full and non-blocking: its reader will make room.
      if ((error as { code?: string }).code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

function withFile(path: string, flags: string, body: (fd: number) => void): void {
  const fd = nodeFs.openSync(path, flags);
  try {
    body(fd);
  } finally {
    nodeFs.closeSync(fd);
  }
}

function syncPath(path: string, flags = "r"): void {
  try {
    withFile(path, flags, nodeFs.fsyncSync);
  } catch (error) {
    throw hostError(error, "sync", path);
  }
}

function unlessMissing<T>(action: string, path: string, body: () => T): T | undefined {
  try {
    return body();
  } catch (error) {
    const code = hostErrorReason(error);
    if (code === "not_found" || code === "not_directory") return undefined;
    throw hostError(error, action, path);
  }
}

function looked(path: string, look: typeof nodeFs.statSync): FileStat | undefined {
  const info = unlessMissing("look at", path, () => look(path, { throwIfNoEntry: false }));
  return info && statOf(info);
}

const fs: HostFs = {
  read(path) {
    try {
      return nodeFs.readFileSync(path);
    } catch (error) {
      if (hostErrorReason(error) === "not_found") return undefined;
      throw hostError(error, "read", path);
    }
  },
  createNew(path, bytes, sync = false) {
    let fd: number;
    try {
      fd = nodeFs.openSync(path, "wx");
    } catch (error) {
      if (hostErrorReason(error) === "exists") return false;
      throw hostError(error, "create", path);
    }
    try {
      writeAll(fd, bytes);
      if (sync) nodeFs.fsyncSync(fd);
    } catch (error) {
      nodeFs.closeSync(fd);
      fs.remove(path);
      throw hostError(error, "write", path);
    }
    nodeFs.closeSync(fd);
    return true;
  },
  append(path, bytes) {
    try {
      withFile(path, "a", (fd) => writeAll(fd, bytes));
    } catch (error) {
      throw hostError(error, "append to", path);
    }
  },
  appendSynced(path, bytes) {
    let fd: number;
    try {
      fd = nodeFs.openSync(path, nodeFs.constants.O_WRONLY | nodeFs.constants.O_APPEND);
    } catch (error) {
      if (hostErrorReason(error) === "not_found") return false;
      throw hostError(error, "append to", path);
    }
    try {
      writeAll(fd, bytes);
      nodeFs.fdatasyncSync(fd);
      return true;
    } catch (error) {
      throw hostError(error, "append to", path);
    } finally {
      nodeFs.closeSync(fd);
    }
  },
  readRange(path, offset, length, opened) {
    let fd: number;
    try {
      fd = nodeFs.openSync(path, "r");
    } catch (error) {
      if (hostErrorReason(error) === "not_found") return undefined;
      throw hostError(error, "read", path);
    }
    try {
      const { ino, size } = nodeFs.fstatSync(fd);
      opened?.();
      const bytes = new Uint8Array(Math.max(0, Math.min(length, size - offset)));
      let got = 0;
      while (got < bytes.length) {
        const more = nodeFs.readSync(fd, bytes, got, bytes.length - got, offset + got);
        if (more === 0) break;
        got += more;
      }
      return { bytes: bytes.subarray(0, got), ino, size };
    } catch (error) {
      throw hostError(error, "read", path);
    } finally {
      nodeFs.closeSync(fd);
    }
  },
  link(from, to) {
    try {
      nodeFs.linkSync(from, to);
      return true;
    } catch (error) {
      if (hostErrorReason(error) === "exists") return false;
      throw linkError(error, to);
    }
  },
  rename(from, to) {
    try {
      nodeFs.renameSync(from, to);
      return true;
    } catch (error) {
      if (hostErrorReason(error) === "not_found") return false;
      throw hostError(error, "rename to", to);
    }
  },
  remove(path) {
    try {
      nodeFs.unlinkSync(path);
      return true;
    } catch (error) {
      if (hostErrorReason(error) === "not_found") return false;
      throw hostError(error, "remove", path);
    }
  },
  removeDir(path) {
    try {
      nodeFs.rmdirSync(path);
      return true;
    } catch (error) {
      const reason = hostErrorReason(error);
      if (reason === "not_found" || reason === "not_empty" || reason === "exists") return false;
      throw hostError(error, "remove", path);
    }
  },
  makeDir(path) {
    try {
      nodeFs.mkdirSync(path, { recursive: true });
    } catch (error) {
      throw hostError(error, "create directory", path);
    }
  },
  lstat: (path) => looked(path, nodeFs.lstatSync),
  stat: (path) => looked(path, nodeFs.statSync),
  setMode(path, mode) {
    if (isWindows) return;
    try {
      nodeFs.chmodSync(path, mode);
    } catch (error) {
      throw hostError(error, "set the mode of", path);
    }
  },
  realPath: (path) => unlessMissing("look at", path, () => nodeFs.realpathSync.native(path)),
  readLink: (path) => unlessMissing("follow", path, () => nodeFs.readlinkSync(path)),
  list(path) {
    try {
      return nodeFs.readdirSync(path, { withFileTypes: true }).map((entry) => ({
        name: entry.name,
        isFile: entry.isFile(),
        isDirectory: entry.isDirectory(),
        isSymlink: entry.isSymbolicLink(),
      }));
    } catch (error) {
      if (hostErrorReason(error) === "not_found") return undefined;
      throw hostError(error, "list", path);
    }
  },
  // Windows syncs nothing that cannot be written to.
  syncFile: (path) => syncPath(path, isWindows ? "r+" : "r"),
  syncDir(path) {
    if (!isWindows) syncPath(path);
  },
  syncNames(path, folders) {
    fs.syncFile(path);
    syncOthers(folders);
  },
  async syncNamesAsync(path, folders) {
    try {
      const file = nodeFs.openSync(path, isWindows ? "r+" : "r");
      try {
        await new Promise<void>((resolve, reject) =>
          nodeFs.fsync(file, (error) => error ? reject(error) : resolve())
        );
      } finally {
        nodeFs.closeSync(file);
      }
    } catch (error) {
      throw hostError(error, "sync", path);
    }
    syncOthers(folders);
  },
};

/** Syncs folders where a file's own sync does not bring its names to the disk. */
function syncOthers(folders: readonly string[]): void {
  if (process.platform !== "linux") folders.forEach(fs.syncDir);
}

function watch(
  dirs: readonly string[],
  onHint: (hint: DirHint) => void,
  onError: (error: unknown) => void,
): DirWatch {
  const watchers: nodeFsTypes.FSWatcher[] = [];
  let open = true;
  const close = () => {
    open = false;
    for (const watcher of watchers) watcher.close();
  };
  try {
    for (const dir of dirs) {
      const watcher = nodeFs.watch(dir, { persistent: true }, (_event, name) => {
        if (open) onHint({ dir, name: name ?? undefined });
      });
      watcher.on("error", (error) => {
        if (!open) return;
        close();
        onError(watchError(error, dir));
      });
      watchers.push(watcher);
    }
  } catch (error) {
    close();
    throw watchError(error, dirs[watchers.length] ?? "");
  }
  return { close };
}

/** Whether it is a device that may be a terminal, so not /dev/null. */
function isDevice(fd: number): boolean {
  try {
    const info = nodeFs.fstatSync(fd);
    return info.isCharacterDevice() &&
      info.rdev !== nodeFs.statSync("/dev/null", { throwIfNoEntry: false })?.rdev;
  } catch (error) {
    if (hostErrorReason(error) === "other") return false; // EBADF: it was closed before we started
    throw hostError(error, "look at", `file descriptor ${fd}`);
  }
}

const processes = new Processes({
  pid: process.pid,
  // Most commands never ask, and loading the module takes longer than most of them.
  hostname: () => ifThere(() => process.getBuiltinModule("node:os").hostname()),
  readText: (path) => ifThere(() => nodeFs.readFileSync(path, "utf-8")),
  readLink: (path) => ifThere(() => nodeFs.readlinkSync(path)),
});

/** Exit codes of a command that a signal ended are the signal's number above this. */
const KILLED = 128;
const encoder = new TextEncoder();
const fds = { stdin: 0, stdout: 1, stderr: 2 };

/** The host for Bun, from source and compiled, and for Node, bundled. */
export const nodeHost: Host = {
  runtime: process.versions["bun"] === undefined ? "node" : "bun",
  runtimeVersion: process.versions["bun"] ?? process.versions.node,
  os: process.platform === "linux" || process.platform === "darwin"
    ? process.platform
    : isWindows
    ? "windows"
    : "other",
  fs: isWindows ? (await import("./patient.ts")).patient(fs) : fs,
  args: process.argv.slice(2),
  pid: process.pid,
  sha256: bunSha256,
  runsLong: bunRunsLong,
  processIdentity: (pid) => processes.identify(pid),
  processesAbove: () => processes.above(),
  isAlive: (other) => processes.isAlive(other),
  cwd() {
    try {
      return process.cwd();
    } catch (error) {
      throw hostError(error, "find the current folder", ".");
    }
  },
  env(name) {
    const value = process.env[name];
    if (value?.includes("\ufffd") === true) throw notText(name);
    return value;
  },
  isTerminal(stream) {
    // Asking the stream itself loads all of node's streams; a pipe is no terminal without it.
    return isDevice(fds[stream]) && process[stream].isTTY === true;
  },
  columns: () => process.stdout.columns || process.stderr.columns || 80,
  write(stream, text) {
    try {
      writeAll(fds[stream], encoder.encode(text));
    } catch (error) {
      throw hostError(error, "write to", stream);
    }
  },
  async *stdin() {
    try {
      // Node's stream takes 0.7 times an empty program to load.
      yield* bun?.stdin.stream() ?? process.stdin;
    } catch (error) {
      throw hostError(error, "read from", "standard input");
    }
  },
  async shell(command, input, env) {
    const [program, ...args] = shellWords(isWindows, command);
    const [{ spawn }, { constants }] = await Promise.all([
      import("node:child_process"),
      import("node:os"),
    ]);
    const child = spawn(program, args, {
      env: { ...process.env, ...env },
      stdio: ["pipe", "inherit", "inherit"],
    });
    // A command that does not read its input has gone, or closed it.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
    return new Promise((resolve, reject) => {
      child.once("error", (error) => reject(hostError(error, "run", program)));
      child.once("close", (code, signal) => {
        resolve(code ?? KILLED + (signal === null ? 0 : constants.signals[signal]));
      });
    });
  },
  command: (...call) => import("./command.ts").then(({ runCommand }) => runCommand(...call)),
  output: (...call) => import("./command.ts").then(({ outputOf }) => outputOf(...call)),
  run: (...call) => import("./run.ts").then(({ runInPlace }) => runInPlace(...call)),
  startBeside: (args) => import("./run.ts").then(({ startBeside }) => startBeside(args)),
  outputAgain: (args) => import("./run.ts").then(({ outputAgain }) => outputAgain(args)),
  disk: (path) => import("./system/disk.ts").then(({ diskFacts }) => diskFacts(path)),
  onStop(body) {
    const signals = ["SIGINT", "SIGTERM"] as const;
    for (const signal of signals) process.on(signal, body);
    return () => {
      for (const signal of signals) process.off(signal, body);
    };
  },
  watch,
  notices: (dirs) => import("./system/inotify.ts").then(({ noticesOf }) => noticesOf(dirs)),
  exit: (code) => process.exit(code),
};
