/** Scratch workspaces for tests, with a clock that only the test moves. */
import type { Coord } from "../../../mod.ts";
import { isSettled } from "../../../src/adapters/fs/disk/folder_mark.ts";
import { initWorkspace } from "../../../src/adapters/fs/open.ts";
import { detectHost } from "../../../src/host/detect.ts";
import { openFilesOn } from "../../../src/workspace/open.ts";
import type { HostFs } from "../../../src/ports/host.ts";
import { makeTempDir } from "./scratch.ts";

/** A clock that stands still until a test advances it. */
export class FakeClock {
  constructor(public ms: number = Date.UTC(2026, 10, 21, 9, 30)) {}
  readonly now = (): number => this.ms;
  /** Advances by a number of seconds. */
  advance(seconds: number): void {
    this.ms += seconds * 1000;
  }
}

/** Waits until a change of a folder would show in its time stamp, so that what is noted of it is believed. */
export async function settled(fs: HostFs, folder: string): Promise<void> {
  while (!isSettled(fs.lstat(folder)?.mtimeMs ?? -1, Date.now())) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A new workspace and what a test wants of it. */
export async function workspace(dir: string = makeTempDir()) {
  const host = await detectHost();
  const { path } = initWorkspace(host, dir);
  const clock = new FakeClock();
  const warnings: string[] = [];
  /** One more opening of the same workspace, as another process would have it. */
  const open = (): Coord =>
    openFilesOn(host, {
      dir,
      clock: clock.now,
      onWarning: (message) => void warnings.push(message),
    });
  const write = (name: string, content: string | Uint8Array) => {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    host.fs.remove(`${path}/${name}`);
    host.fs.createNew(`${path}/${name}`, bytes);
  };
  const read = (name: string): string => {
    const bytes = host.fs.read(`${path}/${name}`);
    if (bytes === undefined) throw new Error(`there is no ${name}`);
    return new TextDecoder().decode(bytes);
  };
  const names = (folder: string): string[] =>
    (host.fs.list(`${path}/${folder}`) ?? []).map((entry) => entry.name).sort();
  return { host, dir, path, clock, warnings, open, coord: open(), write, read, names };
}
