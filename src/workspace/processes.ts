/** What lanes ask of the machine's processes, in the words of a lease. */
import type { Host } from "../ports/host.ts";
import type { Processes } from "../ports/processes.ts";

/** The processes of a machine. */
export function processesOf(host: Host): Processes {
  return {
    ownPid: host.pid,

    origin(pid) {
      const own = host.processIdentity();
      const host_id = host.env("DISPATCH_HOST_ID") || own.host || "";
      if (pid === undefined) return { host_id, pid: null };
      const { start, ...process } = host.processIdentity(pid);
      return { host_id, pid, ...(start !== undefined && { process: { ...process, start } }) };
    },

    isAlive({ pid, process }) {
      if (pid === null || process?.["pid"] !== pid) return undefined;
      const text = (name: string) => {
        const value = process[name];
        return typeof value === "string" ? { [name]: value } : {};
      };
      return host.isAlive({
        pid,
        ...text("host"),
        ...text("boot"),
        ...text("pidns"),
        ...text("start"),
      });
    },
  };
}
