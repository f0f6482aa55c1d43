/** Puts together what a hook needs and nothing else: it runs before every edit. */
import { CoordError } from "../domain/errors.ts";
import { afterEnd, beforeEdit, type Hook } from "../engine/holds/hook.ts";
import { remember } from "../engine/holds/hook_files.ts";
import type { Host } from "../ports/host.ts";
import { reservingOn } from "./open_reserving.ts";

/** The same machine, in another folder. */
function hostIn(host: Host, cwd: string): Host {
  return Object.create(host, { cwd: { value: () => cwd } });
}

/** Opens the workspace of an agent that works in `cwd`, on a given machine. */
export function openHookOn(
  host: Host,
  cwd: string,
  options: Parameters<typeof reservingOn>[1],
): Hook {
  const there = hostIn(host, cwd);
  const { context, reservations } = reservingOn(there, options);
  const hook = { ...context, reservations };
  return {
    before: (run, edit) => beforeEdit(hook, run, edit),
    remember: (run, use) => remember(hook, run, use),
    async sweep({ runId }, sweep) {
      const folder = host.fs.realPath(sweep.folder);
      if (folder === undefined) return { verdict: "pass" };
      const { openSweepsOn } = await import("./open_holds.ts");
      try {
        return await openSweepsOn(hostIn(host, folder), options)(runId, sweep);
      } catch (error) {
        // There is one where the agent works, so git is called in another project.
        if (!(error instanceof CoordError) || error.code !== "no_workspace") throw error;
        return { verdict: "pass" };
      }
    },
    async prime({ runId }) {
      const { mode } = context.agreement.hook();
      if (mode === "off") return [];
      const { openFilesOn } = await import("./open.ts");
      return (await openFilesOn(there, options).prime({ runId })).lines;
    },
    ended: (run) => afterEnd(hook, run),
  };
}
