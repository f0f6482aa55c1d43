/** The machine by way of `node:`, for Bun. */
import * as nodeFs from "node:fs";
import process from "node:process";
import { hostError, hostErrorCode } from "./map_error.ts";
import type { DirHint, DirWatch, FileStat, Host, HostFs } from "../ports/host.ts";

function statOf(info: nodeFs.Stats): FileStat {
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

function syncPath(path: string): void {
  try {
    const fd = nodeFs.openSync(path, "r");
    try {
      nodeFs.fsyncSync(fd);
    } finally {
      nodeFs.closeSync(fd);
    }
  } catch (error) {
    throw hostError(error, "sync", path);
  }
}

const fs: HostFs = {
  read(path) {
    try {
      return nodeFs.readFileSync(path);
    } catch (error) {
      if (hostErrorCode(error) === "not_found") return undefined;
      throw hostError(error, "read", path);
    }
  },
  createNew(path, bytes, sync = false) {
    let fd: number;
    try {
      fd = nodeFs.openSync(path, "wx");
    } catch (error) {
      if (hostErrorCode(error) === "exists") return false;
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
      const fd = nodeFs.openSync(path, "a");
      try {
        writeAll(fd, bytes);
      } finally {
        nodeFs.closeSync(fd);
      }
    } catch (error) {
      throw hostError(error, "append to", path);
    }
  },
  link(from, to) {
    try {
      nodeFs.linkSync(from, to);
      return true;
    } catch (error) {
      if (hostErrorCode(error) === "exists") return false;
      throw hostError(error, "link", to);
    }
  },
  rename(from, to) {
    try {
      nodeFs.renameSync(from, to);
      return true;
    } catch (error) {
      if (hostErrorCode(error) === "not_found") return false;
      throw hostError(error, "rename to", to);
    }
  },
  remove(path) {
    try {
      nodeFs.unlinkSync(path);
      return true;
    } catch (error) {
      if (hostErrorCode(error) === "not_found") return false;
      throw hostError(error, "remove", path);
    }
  },
  removeDir(path) {
    try {
      nodeFs.rmdirSync(path);
      return true;
    } catch (error) {
      const code = hostErrorCode(error);
      if (code === "not_found" || code === "not_empty" || code === "exists") return false;
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
  lstat(path) {
    try {
      return statOf(nodeFs.lstatSync(path));
    } catch (error) {
      const code = hostErrorCode(error);
      if (code === "not_found" || code === "not_directory") return undefined;
      throw hostError(error, "look at", path);
    }
  },
  stat(path) {
    try {
      return statOf(nodeFs.statSync(path));
    } catch (error) {
      const code = hostErrorCode(error);
      if (code === "not_found" || code === "not_directory") return undefined;
      throw hostError(error, "look at", path);
    }
  },
  list(path) {
    try {
      return nodeFs.readdirSync(path, { withFileTypes: true }).map((entry) => ({
        name: entry.name,
        isFile: entry.isFile(),
        isDirectory: entry.isDirectory(),
        isSymlink: entry.isSymbolicLink(),
      }));
    } catch (error) {
      if (hostErrorCode(error) === "not_found") return undefined;
      throw hostError(error, "list", path);
    }
  },
  syncFile: syncPath,
  syncDir(path) {
    if (process.platform !== "win32") syncPath(path);
  },
};

function watch(
  dirs: readonly string[],
  onHint: (hint: DirHint) => void,
  onError: (error: unknown) => void,
): DirWatch {
  const watchers: nodeFs.FSWatcher[] = [];
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
        onError(hostError(error, "watch", dir));
      });
      watchers.push(watcher);
    }
  } catch (error) {
    close();
    throw hostError(error, "watch", dirs[watchers.length] ?? "");
  }
  return { close };
}

const encoder = new TextEncoder();
const fds = { stdin: 0, stdout: 1, stderr: 2 };

/** The host for Bun, from source and compiled. */
export const nodeHost: Host = {
  runtime: "bun",
  runtimeVersion: process.versions["bun"] ?? process.versions.node,
  os: process.platform === "linux" || process.platform === "darwin"
    ? process.platform
    : process.platform === "win32"
    ? "windows"
    : "other",
  fs,
  args: process.argv.slice(2),
  get pid() {
    return process.pid;
  },
  cwd: () => process.cwd(),
  env: (name) => process.env[name],
  isTerminal: (stream) => process[stream].isTTY === true,
  columns: () => process.stdout.columns || process.stderr.columns || 80,
  write(stream, text) {
    try {
      writeAll(fds[stream], encoder.encode(text));
    } catch (error) {
      throw hostError(error, "write to", stream);
    }
  },
  stdin: () => process.stdin,
  onStop(body) {
    process.on("SIGINT", body);
    process.on("SIGTERM", body);
    return () => {
      process.off("SIGINT", body);
      process.off("SIGTERM", body);
    };
  },
  watch,
  exit: (code) => process.exit(code),
};
