/** Things in the file system that only tests make. */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

const made: string[] = [];
const removeMade = () => {
  for (const path of made.splice(0)) rmSync(path, { recursive: true, force: true });
};
// Bun's test runner ends with the one, Deno's with the other.
process.on("exit", removeMade);
globalThis.addEventListener?.("unload", removeMade);

/** A new folder that goes with the test process; the everyday run has it in memory. */
export function makeTempDir(parent: string = tmpdir()): string {
  const path = mkdtempSync(join(parent, "coord-test-"));
  made.push(path);
  return path;
}

/** The same on a disk: where folders count their links, and Deno gives rights for single folders. */
export function makeDiskDir(): string {
  return makeTempDir(process.env["COORD_TEST_DISK"]);
}

/** A FIFO: reading it would block without end. */
export function makeFifo(path: string): void {
  execFileSync("mkfifo", [path]);
}

export function makeSymlink(target: string, path: string): void {
  symlinkSync(target, path);
}

export function setMode(path: string, mode: number): void {
  chmodSync(path, mode);
}

/** Sets the last modification to an instant in milliseconds. */
export function setMtime(path: string, ms: number): void {
  utimesSync(path, ms / 1000, ms / 1000);
}

/** Makes a folder, and those above it. */
export function makeFolder(path: string): void {
  mkdirSync(path, { recursive: true });
}

/** Writes a file, in place of what was there. */
export function writeOver(path: string, content: string | Uint8Array): void {
  writeFileSync(path, content);
}

export function removeTree(path: string): void {
  rmSync(path, { recursive: true, force: true });
}

/**
 * All names below a folder but those in `except`; of files also when they changed and what they
 * say.
 */
export function treeOf(path: string, except = ""): string[] {
  if (path === except) return [];
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    const child = `${path}/${entry.name}`;
    if (entry.isDirectory()) return [child, ...treeOf(child, except)];
    return entry.isFile()
      ? [`${child} ${statSync(child).mtimeMs} ${readFileSync(child)}`]
      : [child];
  }).sort();
}

/** The regular files in a folder and below. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? filesBelow(path) : entry.isFile() ? [path] : [];
  });
}

/** Whether this process may do everything, so that modes do not stop it. */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** A small file system of its own, or `undefined` where mounting is not allowed. */
export function mountSmallDisk(path: string, kib: number): { unmount(): void } | undefined {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${kib}k`, "tmpfs", path], {
      stdio: "ignore",
    });
  } catch {
    return undefined; // not root, or a sandbox without mounts
  }
  return { unmount: () => void execFileSync("umount", ["-l", path]) };
}

/** Makes a mounted file system read-only. */
export function remountReadOnly(path: string): void {
  execFileSync("mount", ["-o", "remount,ro", path]);
}
