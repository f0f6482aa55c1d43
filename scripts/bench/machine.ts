/** What the figures were measured on. */
import { VERSION } from "../../src/domain/version.ts";

/** Load above which figures are not worth keeping: half a core's work besides the bench's own. */
export const BUSY = 0.5;

/** A machine, and what ran on it. */
export interface Machine {
  readonly coord: string;
  readonly deno: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memory_gb: number;
  readonly system: string;
  /** Of the folder that the scratch workspaces lie in. */
  readonly file_system: string;
  /** Processes that wanted to run, over the last minute before the bench began. */
  readonly load: number;
}

export function machine(): Machine {
  return {
    coord: VERSION,
    deno: Deno.version.deno,
    cpu: /^model name\s*:\s*(.+)$/m.exec(textOf("/proc/cpuinfo"))?.[1] ?? "unknown",
    cores: navigator.hardwareConcurrency,
    memory_gb: Math.round(Deno.systemMemoryInfo().total / 1e9),
    system: `${Deno.build.os} ${Deno.osRelease()} ${Deno.build.arch}`,
    file_system: fileSystemOf(Deno.makeTempDirSync({ prefix: "coord-bench-" })),
    load: Math.round((Deno.loadavg()[0] ?? NaN) * 100) / 100,
  };
}

/** The kind of the mount that a folder, which is removed, lies in (Linux). */
function fileSystemOf(folder: string): string {
  Deno.removeSync(folder);
  const mounts = textOf("/proc/mounts").split("\n").map((line) => line.split(" "));
  const around = mounts.filter(([, at = "-"]) => at === "/" || folder.startsWith(`${at}/`));
  around.sort(([, a = ""], [, b = ""]) => b.length - a.length);
  return around[0]?.[2] ?? "unknown";
}

/** The text of a file that only Linux has; elsewhere none. */
function textOf(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return "";
  }
}
