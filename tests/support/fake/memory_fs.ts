/**
 * A file system in memory: for tests that make thousands of workspaces. Names, links, folders, symbolic
 * links and missing rights are as on Linux; nothing is ever synced, and no change is notified of.
 */
import {
  type DirEntry,
  type FileStat,
  HostError,
  type HostErrorReason,
  type HostFs,
} from "../../../src/ports/host.ts";

/** What a name names. Files that have several names are one node. */
export interface Node {
  kind: FileStat["kind"];
  readonly ino: number;
  mtimeMs: number;
  bytes: Uint8Array;
  target: string;
  names: Map<string, Node>;
  /** Whether this process may not read it. */
  isDenied: boolean;
}

const NOTHING = new Uint8Array();
const MAX_LINKS = 10;

function split(path: string): string[] {
  return path.split("/").filter((part) => part !== "");
}

export class MemoryFs {
  root: Node;
  #ino = 1;

  constructor(root?: Node) {
    this.root = root ?? this.#node("directory");
  }

  /** The same again, with the same numbers of nodes. Bytes are never changed in place. */
  copy(): MemoryFs {
    const made = new Map<Node, Node>();
    const copied = (node: Node): Node => {
      const known = made.get(node);
      if (known !== undefined) return known;
      const names = node.kind === "directory"
        ? new Map([...node.names].map(([name, child]) => [name, copied(child)]))
        : node.names;
      const copy = { ...node, names };
      made.set(node, copy);
      return copy;
    };
    const other = new MemoryFs(copied(this.root));
    other.#ino = this.#ino;
    return other;
  }

  /** Every name below a folder with its node. */
  *walk(path: string): Generator<{ path: string; node: Node }> {
    for (const [name, node] of this.find(path)?.names ?? []) {
      yield { path: `${path}/${name}`, node };
      if (node.kind === "directory") yield* this.walk(`${path}/${name}`);
    }
  }

  /** A node, without following a symbolic link as the last part. */
  find(path: string): Node | undefined {
    return this.#find(path, "look at", false);
  }

  /** Puts a node under a name, whatever is there. */
  put(path: string, kind: Node["kind"], content: Partial<Node> = {}): Node {
    const { folder, name } = this.#above(path, "make");
    const node = Object.assign(this.#node(kind), content);
    folder.names.set(name, node);
    return node;
  }

  readonly fs: HostFs = {
    read: (path) => this.#file(path, "read")?.bytes,
    readRange: (path, offset, length, opened) => {
      const node = this.#file(path, "read");
      if (node === undefined) return undefined;
      opened?.();
      const bytes = node.bytes.slice(offset, Math.min(node.bytes.length, offset + length));
      return { bytes, ino: node.ino, size: node.bytes.length };
    },
    createNew: (path, bytes) => {
      const { folder, name } = this.#above(path, "create");
      if (folder.names.has(name)) return false;
      this.#name(folder, name, Object.assign(this.#node("file"), { bytes: bytes.slice() }));
      return true;
    },
    append: (path, bytes) => {
      if (this.#file(path, "append to") === undefined) this.fs.createNew(path, NOTHING);
      const node = this.#file(path, "append to");
      if (node === undefined) throw new HostError("not_found", "append to", path);
      const whole = new Uint8Array(node.bytes.length + bytes.length);
      whole.set(node.bytes);
      whole.set(bytes, node.bytes.length);
      node.bytes = whole;
      node.mtimeMs = Date.now();
    },
    appendSynced: (path, bytes) => {
      if (this.#file(path, "append to") === undefined) return false;
      this.fs.append(path, bytes);
      return true;
    },
    link: (from, to) => {
      const node = this.find(from);
      if (node === undefined) throw new HostError("not_found", "link", from);
      if (node.kind === "directory") throw new HostError("permission", "link", from);
      const { folder, name } = this.#above(to, "link to");
      if (folder.names.has(name)) return false;
      this.#name(folder, name, node);
      return true;
    },
    rename: (from, to) => {
      const node = this.find(from);
      if (node === undefined) return false;
      const source = this.#above(from, "rename");
      const target = this.#above(to, "rename to");
      const there = target.folder.names.get(target.name);
      if (there === node) return true;
      if (there?.kind === "directory" && node.kind !== "directory") {
        throw new HostError("is_directory", "rename to", to);
      }
      if (there !== undefined && node.kind === "directory") {
        const reason = there.kind === "directory" ? "not_empty" : "not_directory";
        if (there.kind !== "directory" || there.names.size > 0) {
          throw new HostError(reason, "rename to", to);
        }
      }
      source.folder.names.delete(source.name);
      source.folder.mtimeMs = Date.now();
      this.#name(target.folder, target.name, node);
      return true;
    },
    remove: (path) => {
      const node = this.find(path);
      if (node === undefined) return false;
      if (node.kind === "directory") throw new HostError("is_directory", "remove", path);
      this.#unname(path);
      return true;
    },
    removeDir: (path) => {
      const node = this.find(path);
      if (node === undefined || node.names.size > 0) return false;
      if (node.kind !== "directory") throw new HostError("not_directory", "remove", path);
      this.#unname(path);
      return true;
    },
    makeDir: (path) => {
      const parts = split(path);
      for (let depth = 1; depth <= parts.length; depth++) {
        const part = `/${parts.slice(0, depth).join("/")}`;
        const there = this.#find(part, "make", true);
        if (there === undefined) {
          const { folder, name } = this.#above(part, "make");
          if (folder.names.has(name)) throw new HostError("exists", "make", part);
          this.#name(folder, name, this.#node("directory"));
        } else if (there.kind !== "directory") {
          throw new HostError(depth === parts.length ? "exists" : "not_directory", "make", part);
        }
      }
    },
    lstat: (path) => statOf(this.#find(path, "look at", false)),
    stat: (path) => statOf(this.#find(path, "look at", true)),
    setMode: () => {},
    realPath: (path) => this.#find(path, "look at", true) === undefined ? undefined : path,
    readLink: (path) => this.find(path)?.target,
    list: (path) => {
      const node = this.#find(path, "list", true);
      if (node === undefined) return undefined;
      if (node.kind !== "directory") throw new HostError("not_directory", "list", path);
      this.#allow(node, "list", path);
      return [...node.names].map(([name, { kind }]): DirEntry => ({
        name,
        isFile: kind === "file",
        isDirectory: kind === "directory",
        isSymlink: kind === "symlink",
      }));
    },
    syncFile: (path) => this.#there(path),
    syncDir: (path) => this.#there(path),
    syncNames: (path) => this.#there(path),
    syncNamesAsync: async (path) => this.#there(path),
  };

  #node(kind: Node["kind"]): Node {
    return {
      kind,
      ino: this.#ino++,
      mtimeMs: Date.now(),
      bytes: NOTHING,
      target: "",
      names: new Map(),
      isDenied: false,
    };
  }

  #name(folder: Node, name: string, node: Node): void {
    folder.names.set(name, node);
    folder.mtimeMs = Date.now();
  }

  #unname(path: string): void {
    const { folder, name } = this.#above(path, "remove");
    folder.names.delete(name);
    folder.mtimeMs = Date.now();
  }

  #there(path: string): void {
    if (this.find(path) === undefined) throw new HostError("not_found", "sync", path);
  }

  #allow({ isDenied }: Node, operation: string, path: string): void {
    if (isDenied) throw new HostError("permission", operation, path);
  }

  /** A file that is read or written; a symbolic link is followed. */
  #file(path: string, operation: string): Node | undefined {
    const node = this.#find(path, operation, true);
    if (node === undefined) return undefined;
    if (node.kind === "directory") throw new HostError("is_directory", operation, path);
    this.#allow(node, operation, path);
    return node;
  }

  #above(path: string, operation: string): { folder: Node; name: string } {
    const parts = split(path);
    const name = parts.pop() ?? "";
    const folder = this.#find(`/${parts.join("/")}`, operation, true);
    if (folder === undefined) throw new HostError("not_found", operation, path);
    if (folder.kind !== "directory") throw new HostError("not_directory", operation, path);
    return { folder, name };
  }

  #find(path: string, operation: string, follows: boolean, links = 0): Node | undefined {
    const fail = (reason: HostErrorReason) => new HostError(reason, operation, path);
    let node: Node | undefined = this.root;
    const parts = split(path);
    for (const [at, part] of parts.entries()) {
      if (node.kind !== "directory") throw fail("not_directory");
      if (node.isDenied) throw fail("permission");
      const child: Node | undefined = node.names.get(part);
      if (child === undefined) return undefined;
      node = child;
      const isLast = at === parts.length - 1;
      if (node.kind !== "symlink" || isLast && !follows) continue;
      if (links >= MAX_LINKS) throw fail("loop");
      const rest = parts.slice(at + 1).join("/");
      return this.#find(`${node.target}/${rest}`, operation, follows, links + 1);
    }
    return node;
  }
}

function statOf(node: Node | undefined): FileStat | undefined {
  if (node === undefined) return undefined;
  const { kind, ino, mtimeMs, bytes, isDenied } = node;
  return { kind, size: bytes.length, mtimeMs, ino, mode: isDenied ? 0 : 0o644 };
}
