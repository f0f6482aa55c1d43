/**
 * Linux' inotify, read without waiting: the kernel keeps what has changed until it is asked. The runtimes have it
 * too, but call for each change, from a thread of their own.
 *
 * Numbers and layouts are those of `man 7 inotify` and of the kernel's `include/uapi/linux/inotify.h`.
 */
import type { DirHint, DirNotices } from "../../ports/host.ts";

/** Where the numbers below and the order of bytes hold; `O_NONBLOCK` is another one on some others. */
const MACHINES = ["x64", "arm64"];

/** The C library of glibc, and those of musl. */
const LIBRARIES = ["libc.so.6", "libc.musl-x86_64.so.1", "libc.musl-aarch64.so.1"];

/** `IN_NONBLOCK | IN_CLOEXEC`. */
const OPENED = 0o4000 | 0o2000000;

/** `IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_CREATE | IN_DELETE`: what happens in a directory. */
const INSIDE = 0x8 | 0x40 | 0x80 | 0x100 | 0x200;

/** `IN_DELETE_SELF | IN_MOVE_SELF`: what happens to it. */
const ITSELF = 0x400 | 0x800;

/** `IN_ONLYDIR | IN_DONT_FOLLOW`. */
const REAL_FOLDERS = 0x1000000 | 0x2000000;

const WATCHED = INSIDE | ITSELF | REAL_FOLDERS;

/** `IN_UNMOUNT | IN_Q_OVERFLOW | IN_IGNORED`: some of what happened is not among the events. */
const LOST = 0x2000 | 0x4000 | 0x8000;

/** Bytes of an event before its name, which is at most `NAME_MAX + 1` long. */
const HEAD = 16;
const MOST = HEAD + 256;

const BUFFER_BYTES = 64 * 1024;
const LENGTH = BigInt(BUFFER_BYTES);

/** The C library as both runtimes give it; a negative result is a failure. */
interface Libc {
  readonly symbols: {
    inotify_init1(flags: number): number;
    inotify_add_watch(fd: number, path: Uint8Array<ArrayBuffer>, mask: number): number;
    read(fd: number, into: Uint8Array<ArrayBuffer>, length: bigint): bigint;
    close(fd: number): number;
  };
  /** Gives the library back. */
  close(): void;
}

/** See `Host.notices`. */
export function noticesOf(dirs: readonly string[]): DirNotices | undefined {
  const libc = openLibc();
  if (libc === undefined) return undefined;
  const fd = libc.symbols.inotify_init1(OPENED);
  if (fd < 0) {
    libc.close();
    return undefined;
  }
  const notices = new Notices(libc, fd);
  if (dirs.every((dir) => notices.add(dir))) return notices;
  notices.close();
  return undefined;
}

class Notices implements DirNotices {
  readonly #dirs = new Map<number, string>();
  readonly #bytes = new Uint8Array(BUFFER_BYTES);
  readonly #numbers = new DataView(this.#bytes.buffer);
  readonly #text = new TextDecoder();
  #isOpen = true;

  constructor(readonly libc: Libc, readonly fd: number) {}

  /** Starts to note what happens in a directory; `false` where that cannot be. */
  add(dir: string): boolean {
    const path = new TextEncoder().encode(`${dir}\0`);
    const watch = this.libc.symbols.inotify_add_watch(this.fd, path, WATCHED);
    if (watch >= 0) this.#dirs.set(watch, dir);
    return watch >= 0;
  }

  take(): readonly DirHint[] | undefined {
    const hints: DirHint[] = [];
    while (this.#isOpen) {
      const length = Number(this.libc.symbols.read(this.fd, this.#bytes, LENGTH));
      for (let at = 0; at < length;) {
        const nameBytes = this.#numbers.getUint32(at + 12, true);
        const hint = this.#hintAt(at, nameBytes);
        if (hint === undefined) this.close();
        else hints.push(hint);
        at += HEAD + nameBytes;
      }
      // A buffer with room for one more has all of them; nothing to read is a failure too.
      if (this.#isOpen && length <= BUFFER_BYTES - MOST) return hints;
    }
    return undefined;
  }

  /** The event there; `undefined` where something else has happened than a change in a directory. */
  #hintAt(at: number, nameBytes: number): DirHint | undefined {
    const dir = this.#dirs.get(this.#numbers.getInt32(at, true));
    const mask = this.#numbers.getUint32(at + 4, true);
    if (dir === undefined || (mask & (LOST | ITSELF)) !== 0) return undefined;
    const start = at + HEAD;
    // Zeros follow the name.
    const zero = this.#bytes.subarray(start, start + nameBytes).indexOf(0);
    const end = zero < 0 ? start + nameBytes : start + zero;
    return { dir, name: this.#text.decode(this.#bytes.subarray(start, end)) };
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.libc.symbols.close(this.fd);
    this.libc.close();
  }
}

/** The C library, where this machine, this runtime and what it is allowed have it. */
function openLibc(): Libc | undefined {
  if (process.platform !== "linux" || !MACHINES.includes(process.arch)) return undefined;
  const open = "Deno" in globalThis ? denoLibc : bunLibc;
  for (const name of LIBRARIES) {
    try {
      return open(name);
    } catch {
      // It has another name here, or none.
    }
  }
  return undefined;
}

function denoLibc(name: string): Libc | undefined {
  // The user is not asked for it: it makes things cheaper, and nothing else.
  if (Deno.permissions.querySync({ name: "ffi" }).state !== "granted") return undefined;
  return Deno.dlopen(name, {
    inotify_init1: { parameters: ["i32"], result: "i32" },
    inotify_add_watch: { parameters: ["i32", "buffer", "u32"], result: "i32" },
    read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
    close: { parameters: ["i32"], result: "i32" },
  });
}

/** What is taken of Bun's module for that. */
interface BunFfi {
  dlopen(name: string, symbols: object): Libc;
}

function bunLibc(name: string): Libc | undefined {
  const ffi = process.getBuiltinModule("bun:ffi") as unknown as BunFfi | undefined;
  return ffi?.dlopen(name, {
    inotify_init1: { args: ["i32"], returns: "i32" },
    inotify_add_watch: { args: ["i32", "ptr", "u32"], returns: "i32" },
    read: { args: ["i32", "ptr", "u64"], returns: "i64" },
    close: { args: ["i32"], returns: "i32" },
  });
}
