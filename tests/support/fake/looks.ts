/** Noting what a call asks the file system, in its order. */
import type { HostFs } from "../../../src/ports/host.ts";

/** A file system that notes the calls on what lies below a folder: `stat src/.coord`. */
export function notingLooks(real: HostFs, root: string): { fs: HostFs; take(): string[] } {
  let looks: string[] = [];
  const fs = new Proxy(real, {
    get(target, name, receiver) {
      const value: unknown = Reflect.get(target, name, receiver);
      if (typeof value !== "function") return value;
      return (path: string, ...rest: unknown[]) => {
        if (path.startsWith(root)) looks.push(`${String(name)} ${path.slice(root.length + 1)}`);
        return Reflect.apply(value, target, [path, ...rest]);
      };
    },
  });
  return {
    fs,
    take() {
      const taken = looks;
      looks = [];
      return taken;
    },
  };
}
