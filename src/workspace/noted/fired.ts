/** Takes note that the hook of a host was called, after the host has its answer. */
import { noteFired } from "../../adapters/fs/disk/fired.ts";
import { withinRoot } from "../../adapters/fs/disk/real_folders.ts";
import { Layout } from "../../adapters/fs/layout.ts";
import type { Host } from "../../ports/host.ts";

/** @param name Of the agent's host. */
export function noteFiredOn(host: Host, path: string, name: string, now: number): void {
  try {
    noteFired(withinRoot(host.fs, path, true), new Layout(path), name, now);
  } catch {
    // The note is for people; the call has done its work.
  }
}
