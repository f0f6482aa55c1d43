/** A file system that fails or stops at a given operation. */
import { HostError, type HostErrorReason, type HostFs } from "../../../src/ports/host.ts";

/** The machine has stopped: nothing that comes after it has any effect. */
export class PowerOff extends Error {
  override name = "PowerOff";
}

/** What happens at the n-th operation. */
export type Fault =
  /**
   * Neither it nor any later one is done; with `torn`, half of a file that it writes is. All are
   * counted, or those of the names in `among`.
   */
  | {
    readonly kind: "off";
    readonly at: number;
    readonly torn: boolean;
    readonly among?: readonly Operation[];
  }
  /**
   * It fails, and the later ones do not. Only operations that change something are counted, or
   * those of the names in `among`. `done` is what it has done before it failed; half of it can be
   * done of writing.
   */
  | {
    readonly kind: "error";
    readonly at: number;
    readonly code: HostErrorReason;
    readonly done?: "half" | "all";
    readonly among?: readonly Operation[];
  }
  /** `stop` is called, which does not return. */
  | { readonly kind: "stop"; readonly at: number; stop(): void };

type Operation = keyof HostFs;

/** What changes something; where between two of them a process ends makes no difference. */
export const CHANGES: readonly Operation[] = [
  "createNew",
  "append",
  "appendSynced",
  "link",
  "rename",
  "remove",
  "removeDir",
  "makeDir",
  "syncFile",
  "syncDir",
  "syncNames",
  "syncNamesAsync",
];

type Writing = "createNew" | "append" | "appendSynced";

const READS: readonly string[] = [
  "read",
  "readRange",
  "lstat",
  "stat",
  "readLink",
  "list",
] satisfies Operation[];

/** Puts a fault into a file system; `hit` names the operation that it met. */
export function faulty(real: HostFs, fault: Fault): { fs: HostFs; readonly hit?: string } {
  let count = 0;
  let hit: string | undefined;
  const before = (name: string, args: unknown[]) => {
    if (hit !== undefined && fault.kind === "off") throw new PowerOff();
    if (fault.kind !== "stop" && !isCounted(fault, name)) return;
    if (++count !== fault.at) return;
    hit = name;
    if (fault.kind === "stop") return fault.stop();
    if (fault.kind === "error") {
      if (fault.done === "half" && name === "appendSynced") half(name, args);
      if (fault.done === "all") (real[name as Operation] as (...args: unknown[]) => void)(...args);
      throw new HostError(fault.code, name, String(args[0]));
    }
    if (fault.torn && isWriting(name)) half(name, args);
    throw new PowerOff();
  };
  const half = (name: Writing, args: unknown[]) => {
    const [path, bytes] = args as [string, Uint8Array];
    real[name](path, bytes.subarray(0, bytes.length / 2));
  };
  const fs = new Proxy(real, {
    get(target, name: Operation) {
      const operation = target[name] as (...args: unknown[]) => unknown;
      return (...args: unknown[]) => {
        before(name, args);
        return operation.apply(target, args);
      };
    },
  });
  return {
    fs,
    get hit() {
      return hit;
    },
  };
}

function isWriting(name: string): name is Writing {
  return name === "createNew" || name === "append" || name === "appendSynced";
}

function isCounted({ kind, among }: Exclude<Fault, { kind: "stop" }>, name: string): boolean {
  if (among === undefined) return kind === "off" || !READS.includes(name);
  return (among as readonly string[]).includes(name);
}
