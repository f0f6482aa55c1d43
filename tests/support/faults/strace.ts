/** A program under strace: its system calls that touch a folder, and a fault at one of them. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";

/** The n-th call of a name that the program's first thread makes, its start included. */
export interface Point {
  readonly call: string;
  readonly nth: number;
  /** A signal that ends the program before the call, or the error that the call gives. */
  readonly fault: string;
}

/** What came of a run. */
export interface Traced {
  /** Null after SIGKILL. */
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  readonly ms: number;
  /** The calls that touch the folder, in order. */
  readonly calls: readonly { readonly call: string; readonly nth: number; readonly line: string }[];
  /** The call that got the fault, where it touches the folder. */
  readonly hit: string | undefined;
  /** What another thread, or a process that the program started, does in the folder. */
  readonly elsewhere: readonly string[];
}

/** How a program is run. */
export interface TraceOptions {
  readonly program: readonly string[];
  readonly args: readonly string[];
  readonly cwd: string;
  readonly stdin?: string;
  /** The folder whose calls count. */
  readonly folder: string;
  /** A file for the trace. */
  readonly trace: string;
  readonly point?: Point;
}

const CALLS = "%file,read,pread64,readv,preadv,write,pwrite64,writev,pwritev,fsync,fdatasync," +
  "getdents64,ftruncate,fallocate,copy_file_range,sendfile,fchmod,close";

const DISK_FULL = ["ENOSPC", "EDQUOT"];

/** The errors that a call can give, besides EIO. */
const ERRORS: Readonly<Record<string, readonly string[]>> = {
  open: ["EACCES", "EMFILE", "EINTR"],
  openat: ["EACCES", "EMFILE", "EINTR"],
  mkdir: ["EACCES", ...DISK_FULL],
  link: ["EACCES", ...DISK_FULL],
  linkat: ["EACCES", ...DISK_FULL],
  rename: ["EACCES", ...DISK_FULL],
  unlink: ["EACCES"],
  rmdir: ["EACCES"],
  statx: ["EACCES"],
  lstat: ["EACCES"],
  stat: ["EACCES"],
  read: ["EINTR"],
  pread64: ["EINTR"],
  write: [...DISK_FULL, "EINTR"],
  pwrite64: [...DISK_FULL, "EINTR"],
  fsync: [...DISK_FULL, "EINTR"],
  fdatasync: [...DISK_FULL, "EINTR"],
  close: ["EINTR"],
};

/** All faults at the calls of a run. */
export function pointsOf({ calls }: Traced): Point[] {
  return calls.flatMap(({ call, nth, line }) => {
    const creates = call.startsWith("open") && line.includes("O_CREAT") ? DISK_FULL : [];
    const faults = ["SIGKILL", "EIO", ...ERRORS[call] ?? [], ...creates];
    return faults.map((fault) => ({ call, nth, fault }));
  });
}

/** Runs a program; without a fault all its threads and children are traced. */
export async function traced(options: TraceOptions): Promise<Traced> {
  const { program, args, cwd, stdin = "", folder, trace, point } = options;
  const inject = point &&
    `${point.call}:${
      point.fault === "SIGKILL" ? "signal=KILL" : `error=${point.fault}`
    }:when=${point.nth}`;
  const start = performance.now();
  const child = spawn("strace", [
    "-y",
    "-qq",
    "--signal=none",
    "-s0",
    `-etrace=${CALLS}`,
    `-o${trace}`,
    ...(inject === undefined ? ["-f"] : [`-einject=${inject}`]),
    ...program,
    ...args,
  ], {
    cwd,
    env: { PATH: process.env["PATH"], HOME: cwd, NO_COLOR: "1" },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let out = "";
  let err = "";
  child.stdout.on("data", (part) => out += part);
  child.stderr.on("data", (part) => err += part);
  child.stdin.on("error", () => {}); // it may end without having read
  child.stdin.end(stdin);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  const ms = performance.now() - start;
  return { code, out, err, ms, ...readTrace(readFileSync(trace, "utf-8"), folder) };
}

function readTrace(text: string, folder: string): Pick<Traced, "calls" | "hit" | "elsewhere"> {
  const calls: { call: string; nth: number; line: string }[] = [];
  const elsewhere: string[] = [];
  const counts = new Map<string, number>();
  let first: string | undefined;
  let hit: string | undefined;
  let last: string | undefined;
  for (const line of text.split("\n")) {
    // `openat(AT_FDCWD</cwd>, "/path", O_RDONLY) = 3</path>`, after a number where all are traced
    const [, thread = "", call] = /^(\d+ +)?(\w+)\(/.exec(line) ?? [];
    if (call === undefined) continue;
    first ??= thread;
    const path = line.replace(/AT_FDCWD<[^>]*>/g, "");
    const touches = [`"${folder}/`, `"${folder}"`, `<${folder}/`, `<${folder}>`]
      .some((part) => path.includes(part));
    if (thread !== first) {
      if (touches) elsewhere.push(line);
      continue;
    }
    const nth = (counts.get(call) ?? 0) + 1;
    counts.set(call, nth);
    last = touches ? line : undefined;
    if (touches) calls.push({ call, nth, line });
    if (touches && line.includes("(INJECTED)")) hit = line;
  }
  return { calls, elsewhere, hit: hit ?? last };
}
