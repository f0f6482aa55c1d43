/** The machine by way of Deno's own API. */
import {
  hostError,
  hostErrorReason,
  ifThere,
  linkError,
  notText,
  watchError,
} from "./map_error.ts";
import { denoSha256 } from "./deno_sha256.ts";
import { Processes } from "./system/process_identity.ts";
import { shellWords } from "./shell_words.ts";
import type { DirEntry, DirHint, DirWatch, FileStat, Host, HostFs } from "../ports/host.ts";

function statOf(info: Deno.FileInfo): FileStat {
  return {
    kind: info.isFile
      ? "file"
      : info.isDirectory
      ? "directory"
      : info.isSymlink
      ? "symlink"
      : "other",
    size: info.size,
    mtimeMs: info.mtime?.getTime() ?? 0,
    ino: info.ino ?? 0,
    mode: info.mode === null ? undefined : info.mode & 0o7777,
  };
}

function writeAll(write: (part: Uint8Array) => number, bytes: Uint8Array): void {
  for (let sent = 0; sent < bytes.length;) sent += write(bytes.subarray(sent));
}

function ifFound<T>(path: string, body: () => T): T | undefined {
  try {
    return body();
  } catch (error) {
    const reason = hostErrorReason(error);
    if (reason === "not_found" || reason === "not_directory") return undefined;
    throw hostError(error, "look at", path);
  }
}

const fs: HostFs = {
  read(path) {
    try {
      return Deno.readFileSync(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw hostError(error, "read", path);
    }
  },
  createNew(path, bytes, sync = false) {
    try {
      // One call of the runtime, since three take twice as long.
      Deno.writeFileSync(path, bytes, { createNew: true });
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists) return false;
      const isMade = !(error instanceof Deno.errors.NotFound);
      const left = isMade ? fs.lstat(path) : undefined;
      if (left === undefined) throw hostError(error, "create", path);
      // A whole one is another process's, made since.
      if (left.kind === "file" && left.size < bytes.length) fs.remove(path);
      throw hostError(error, "write", path);
    }
    try {
      if (sync) fs.syncFile(path);
    } catch (error) {
      fs.remove(path);
      throw error;
    }
    return true;
  },
  append(path, bytes) {
    try {
      using file = Deno.openSync(path, { append: true, create: true });
      writeAll((part) => file.writeSync(part), bytes);
    } catch (error) {
      throw hostError(error, "append to", path);
    }
  },
  appendSynced(path, bytes) {
    let file: Deno.FsFile;
    try {
      file = Deno.openSync(path, { append: true });
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw hostError(error, "append to", path);
    }
    try {
      writeAll((part) => file.writeSync(part), bytes);
      file.syncDataSync();
      return true;
    } catch (error) {
      throw hostError(error, "append to", path);
    } finally {
      file.close();
    }
  },
  readRange(path, offset, length, opened) {
    let file: Deno.FsFile;
    try {
      file = Deno.openSync(path, { read: true });
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw hostError(error, "read", path);
    }
    try {
      const { ino, size } = file.statSync();
      opened?.();
      const bytes = new Uint8Array(Math.max(0, Math.min(length, size - offset)));
      if (offset > 0) file.seekSync(offset, Deno.SeekMode.Start);
      let got = 0;
      while (got < bytes.length) {
        const more = file.readSync(bytes.subarray(got));
        if (more === null) break;
        got += more;
      }
      return { bytes: bytes.subarray(0, got), ino: ino ?? 0, size };
    } catch (error) {
      throw hostError(error, "read", path);
    } finally {
      file.close();
    }
  },
  link(from, to) {
    try {
      Deno.linkSync(from, to);
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists) return false;
      throw linkError(error, to);
    }
  },
  rename(from, to) {
    try {
      Deno.renameSync(from, to);
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw hostError(error, "rename to", to);
    }
  },
  remove(path) {
    try {
      Deno.removeSync(path);
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw hostError(error, "remove", path);
    }
  },
  removeDir(path) {
    try {
      Deno.removeSync(path);
      return true;
    } catch (error) {
      const reason = hostErrorReason(error);
      if (reason === "not_found" || reason === "not_empty" || reason === "exists") return false;
      throw hostError(error, "remove", path);
    }
  },
  makeDir(path) {
    try {
      Deno.mkdirSync(path, { recursive: true });
    } catch (error) {
      throw hostError(error, "create directory", path);
    }
  },
  lstat: (path) => ifFound(path, () => statOf(Deno.lstatSync(path))),
  stat: (path) => ifFound(path, () => statOf(Deno.statSync(path))),
  setMode(path, mode) {
    if (Deno.build.os === "windows") return;
    try {
      Deno.chmodSync(path, mode);
    } catch (error) {
      throw hostError(error, "set the mode of", path);
    }
  },
  realPath: (path) => ifFound(path, () => Deno.realPathSync(path)),
  readLink(path) {
    try {
      return Deno.readLinkSync(path);
    } catch (error) {
      const code = hostErrorReason(error);
      if (code === "not_found" || code === "not_directory") return undefined;
      throw hostError(error, "follow", path);
    }
  },
  list(path) {
    try {
      return [...Deno.readDirSync(path)] as DirEntry[];
    } catch (error) {
      const reason = hostErrorReason(error);
      if (reason === "not_found") return undefined;
      throw hostError(error, "list", path);
    }
  },
  syncFile(path) {
    // Windows syncs nothing that cannot be written to.
    syncPath(path, Deno.build.os === "windows");
  },
  syncDir(path) {
    // Windows has no such call; NTFS journals its directories.
    if (Deno.build.os !== "windows") syncPath(path);
  },
  syncNames(path, folders) {
    fs.syncFile(path);
    syncOthers(folders);
  },
  async syncNamesAsync(path, folders) {
    try {
      // Only the sync takes long: to open it in another thread would cost more than it takes.
      using file = Deno.openSync(path, { read: true, write: Deno.build.os === "windows" });
      await file.sync();
    } catch (error) {
      throw hostError(error, "sync", path);
    }
    syncOthers(folders);
  },
};

/** Syncs folders where a file's own sync does not bring its names to the disk. */
function syncOthers(folders: readonly string[]): void {
  if (Deno.build.os !== "linux") folders.forEach(fs.syncDir);
}

function syncPath(path: string, write = false): void {
  try {
    using file = Deno.openSync(path, { read: true, write });
    file.syncSync();
  } catch (error) {
    throw hostError(error, "sync", path);
  }
}

function watch(
  dirs: readonly string[],
  onHint: (hint: DirHint) => void,
  onError: (error: unknown) => void,
): DirWatch {
  let watcher: Deno.FsWatcher;
  try {
    watcher = Deno.watchFs([...dirs], { recursive: false });
  } catch (error) {
    throw watchError(error, dirs[0] ?? "");
  }
  let open = true;
  // An event may have been read before the watch was closed.
  const hint = (dir: string, name?: string) => open && onHint({ dir, name });
  const readEvents = async () => {
    for await (const event of watcher) {
      if (event.kind === "access") continue;
      if (event.flag === "rescan" || event.paths.length === 0) {
        for (const dir of dirs) hint(dir);
      }
      for (const path of event.paths) {
        const cut = Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\"));
        hint(path.slice(0, cut), path.slice(cut + 1));
      }
    }
  };
  readEvents().catch((error) => {
    if (open) onError(watchError(error, dirs[0] ?? ""));
  });
  return {
    close() {
      if (!open) return;
      open = false;
      try {
        watcher.close();
      } catch (error) {
        if (!(error instanceof Deno.errors.BadResource)) throw error;
      }
    },
  };
}

/**
 * What `body` gives; `undefined` for what is not there and, without asking the user, not allowed.
 */
function ifAllowed<T>(
  permission: Deno.PermissionDescriptor,
  body: () => T,
): T | undefined {
  if (Deno.permissions.querySync(permission).state !== "granted") return undefined;
  return ifThere(body);
}

const PROC = { name: "read", path: "/proc" } as const;

const processes = new Processes({
  pid: Deno.pid,
  hostname: () => ifAllowed({ name: "sys", kind: "hostname" }, () => Deno.hostname()),
  readText: (path) => ifAllowed(PROC, () => Deno.readTextFileSync(path)),
  readLink: (path) => ifAllowed(PROC, () => Deno.readLinkSync(path)),
});

const encoder = new TextEncoder();

/** The host for Deno, from source and compiled. */
export const denoHost: Host = {
  runtime: "deno",
  runtimeVersion: Deno.version.deno,
  os: Deno.build.os === "linux" || Deno.build.os === "darwin" || Deno.build.os === "windows"
    ? Deno.build.os
    : "other",
  fs: Deno.build.os === "windows" ? (await import("./patient.ts")).patient(fs) : fs,
  args: Deno.args,
  sha256: denoSha256,
  pid: Deno.pid,
  processIdentity: (pid) => processes.identify(pid),
  processesAbove: () => processes.above(),
  isAlive: (process) => processes.isAlive(process),
  cwd() {
    try {
      return Deno.cwd();
    } catch (error) {
      throw hostError(error, "find the current folder", ".");
    }
  },
  env(name) {
    try {
      return Deno.env.get(name);
    } catch (error) {
      // Without permission for a variable it counts as not set.
      if (error instanceof Deno.errors.NotCapable) return undefined;
      if (error instanceof Deno.errors.InvalidData) throw notText(name);
      throw error;
    }
  },
  isTerminal: (stream) => Deno[stream].isTerminal(),
  columns() {
    try {
      return Deno.consoleSize().columns || 80; // 0 where the terminal does not know
    } catch {
      return 80; // no terminal on any of the three streams
    }
  },
  write(stream, text) {
    try {
      writeAll((part) => Deno[stream].writeSync(part), encoder.encode(text));
    } catch (error) {
      throw hostError(error, "write to", stream);
    }
  },
  async *stdin() {
    try {
      yield* Deno.stdin.readable;
    } catch (error) {
      throw hostError(error, "read from", "standard input");
    }
  },
  async shell(command, input, env) {
    const [program, ...args] = shellWords(Deno.build.os === "windows", command);
    try {
      const child = new Deno.Command(program, {
        args,
        env,
        stdin: "piped",
        stdout: "inherit",
        stderr: "inherit",
      }).spawn();
      const writer = child.stdin.getWriter();
      // A command that does not read its input has gone, or closed it.
      writer.write(encoder.encode(input)).then(() => writer.close()).catch(() => {});
      return (await child.status).code;
    } catch (error) {
      throw hostError(error, "run", program);
    }
  },
  command: (...call) => import("./command.ts").then(({ runCommand }) => runCommand(...call)),
  output: (...call) => import("./command.ts").then(({ outputOf }) => outputOf(...call)),
  run: (...call) => import("./run.ts").then(({ runInPlace }) => runInPlace(...call)),
  startBeside: (args) => import("./beside_deno.ts").then(({ startBeside }) => startBeside(args)),
  outputAgain: (args) => import("./beside_deno.ts").then(({ outputAgain }) => outputAgain(args)),
  async disk(path) {
    const { mountTable, spaceOf } = await import("./system/disk.ts");
    const space = ifAllowed({ name: "sys", kind: "statfs" }, () => spaceOf(path));
    return { mounts: ifAllowed(PROC, mountTable), space };
  },
  onStop(body) {
    const signals: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
    for (const signal of signals) Deno.addSignalListener(signal, body);
    return () => {
      for (const signal of signals) Deno.removeSignalListener(signal, body);
    };
  },
  watch,
  notices: (dirs) => import("./system/inotify.ts").then(({ noticesOf }) => noticesOf(dirs)),
  exit: (code) => Deno.exit(code),
};
