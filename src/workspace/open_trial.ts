/** A workspace of its own to try a hook in, which is removed again. */
import { removeTree } from "../adapters/fs/disk/doctor/remove_tree.ts";
import type { Host } from "../ports/host.ts";
import { initOn } from "./open.ts";
import type { Hook } from "../engine/holds/hook.ts";
import { openHookOn } from "./open_hook.ts";
import { openReservingOn } from "./open_reserving.ts";

/** A folder with an empty workspace. */
export interface Trial {
  readonly dir: string;
  /** Reserves a file in it exclusively. */
  reserve(path: string, runId: string): Promise<void>;
  hook(host: Host, cwd: string): Promise<Hook>;
  /** Removes the folder. */
  remove(): void;
}

/** @param clock Milliseconds since 1970. */
export async function openTrialOn(host: Host, clock: () => number): Promise<Trial> {
  const { fs } = host;
  const base = host.env("TMPDIR") || host.env("TEMP") || "/tmp";
  const path = `${base}/coord-hook-${crypto.randomUUID().slice(0, 8)}`;
  fs.makeDir(path);
  const dir = fs.realPath(path) ?? path;
  const options = { dir, clock, store: "files" };
  await initOn(host, dir, { here: true });
  return {
    dir,
    async reserve(address, runId) {
      const reserving = await openReservingOn(host, options);
      await reserving.reserve({ addresses: [address], base: dir, runId, exclusive: true });
    },
    hook: (there, cwd) => openHookOn(there, cwd, options),
    remove: () => removeTree(fs, dir),
  };
}
