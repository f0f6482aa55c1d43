/** Roots with nothing in them but a program and its libraries, as minimal containers have. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import process from "node:process";
import { isRoot, makeTempDir } from "../scene/scratch.ts";

/** How a program is run in a root. */
export interface BoxOptions {
  /** The whole environment; default none. */
  readonly env?: Readonly<Record<string, string>>;
  /** The user's and the group's number; default 0. */
  readonly uid?: number;
  /** `whole` as usual, `pids` with processes alone, `none`; default `whole`. */
  readonly proc?: "whole" | "pids" | "none";
  /** A folder outside that is bound to `/vol`; the root itself is then read-only. */
  readonly volume?: string;
}

/** What came of it. */
export interface BoxEnd {
  /** Null after a signal. */
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A running program. */
export interface BoxChild {
  readonly ended: Promise<BoxEnd>;
  /** Waits until it has written that much to standard output, in one piece or in many. */
  printed(text: string): Promise<void>;
  /** Sends a signal to the program itself, which is the first process of its namespace. */
  signal(name: NodeJS.Signals): void;
}

/** Whether roots, namespaces and mounts can be made here. */
export function canBox(): boolean {
  if (!isRoot()) return false;
  try {
    execFileSync("unshare", ["--mount", "--pid", "--fork", "true"], { stdio: "ignore" });
    return true;
  } catch {
    return false; // a sandbox that forbids it, or no util-linux
  }
}

/**
 * Makes an empty root with programs, by the names that they get in it, their shared libraries,
 * `/dev/null` and `/dev/urandom`.
 */
export function makeRoot(programs: Readonly<Record<string, string>>): string {
  const root = makeTempDir();
  chmodSync(root, 0o755);
  for (const folder of ["dev", "proc", "work", "vol"]) mkdirSync(`${root}/${folder}`);
  for (const [name, minor] of [["null", "3"], ["urandom", "9"]] as const) {
    execFileSync("mknod", ["-m", "666", `${root}/dev/${name}`, "c", "1", minor]);
  }
  for (const [name, path] of Object.entries(programs)) {
    copyFileSync(path, `${root}/${name}`);
    chmodSync(`${root}/${name}`, 0o755);
    const libraries = execFileSync("ldd", [path], { encoding: "utf-8" });
    for (const [library] of libraries.matchAll(/\/\S+/g)) {
      mkdirSync(dirname(root + library), { recursive: true });
      copyFileSync(library, root + library);
    }
  }
  return root;
}

/** Starts a program of the root in namespaces of its own, with `/` as its current folder. */
export function startIn(
  root: string,
  program: string,
  args: readonly string[],
  { env = {}, uid = 0, proc = "whole", volume }: BoxOptions = {},
): BoxChild {
  const mounts = ["set -e"];
  if (volume !== undefined) {
    mounts.push(
      'mount --bind "$ROOT" "$ROOT"',
      'mount --bind "$VOLUME" "$ROOT/vol"',
      'mount -o remount,bind,ro "$ROOT"',
    );
  }
  if (proc !== "none") {
    mounts.push(`mount -t proc ${proc === "pids" ? "-o subset=pid " : ""}proc "$ROOT/proc"`);
  }
  const vars = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const script = `${mounts.join("\n")}
exec env -i ${'"$@"'}`;
  const child = spawn("unshare", [
    "--mount",
    "--pid",
    "--fork",
    "--kill-child",
    "sh",
    "-c",
    script,
    "sh",
    ...vars,
    chroot(),
    `--userspec=${uid}:${uid}`,
    root,
    program,
    ...args,
  ], {
    env: { PATH: process.env["PATH"], ROOT: root, VOLUME: volume ?? "" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  return follow(child);
}

/** `env -i` leaves no path to search. */
function chroot(): string {
  return execFileSync("sh", ["-c", "PATH=$PATH:/usr/sbin:/sbin; command -v chroot"], {
    encoding: "utf-8",
  }).trim();
}

function follow(child: ChildProcess): BoxChild {
  let out = "";
  let err = "";
  let look = () => {};
  child.stdout?.on("data", (part) => {
    out += part;
    look();
  });
  child.stderr?.on("data", (part) => err += part);
  const ended = new Promise<BoxEnd>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, out, err }));
  });
  return {
    ended,
    printed: (text) =>
      new Promise((resolve, reject) => {
        look = () => {
          if (out.includes(text)) resolve();
        };
        look();
        ended.then(() =>
          reject(new Error(`It ended without ${JSON.stringify(text)}: ${out}${err}`))
        );
      }),
    signal(name) {
      const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf-8");
      process.kill(parseInt(children), name);
    },
  };
}
