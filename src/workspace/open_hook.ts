/** Puts together what a hook needs and nothing else: it runs before every edit. */
import { CoordError } from "../domain/errors.ts";
import type { HookRun } from "../domain/input/hook/run.ts";
import { sessionOfHook } from "../domain/input/run_id.ts";
import { afterEnd, beforeEdit, type Hook } from "../engine/holds/hook.ts";
import { remember } from "../engine/holds/hook_files.ts";
import type { Host } from "../ports/host.ts";
import { reservingOn } from "./open_reserving.ts";

/** The same machine, in another folder. */
function hostIn(host: Host, cwd: string): Host {
  return Object.create(host, { cwd: { value: () => cwd } });
}

/** Opens the workspace of an agent that works in `cwd`, on a given machine. */
export async function openHookOn(
  host: Host,
  cwd: string,
  options: Parameters<typeof reservingOn>[1],
): Promise<Hook> {
  const there = hostIn(host, cwd);
  const { context, reservations } = await reservingOn(there, options);
  const hook = { ...context, reservations };
  /** Lets others know of a session that its host names to hooks alone; most hosts have none. */
  const note = async ({ maker }: HookRun, what: "begins" | "is_there" | "ends") => {
    const session = sessionOfHook(maker, (name) => host.env(name));
    if (session === undefined) return;
    const { forgetSession, noteSession } = await import("./noted/session.ts");
    if (what === "ends") await forgetSession(host, session);
    else await noteSession(host, session, what === "begins");
  };
  return {
    before: (run, edit) =>
      beforeEdit(hook, run, { ...edit, onReserving: () => note(run, "is_there") }),
    remember: (run, use) => remember(hook, run, use),
    async sweep({ runId }, sweep) {
      const folder = host.fs.realPath(sweep.folder);
      if (folder === undefined) return { verdict: "pass" };
      const { openSweepsOn } = await import("./open_holds.ts");
      try {
        const before = await openSweepsOn(hostIn(host, folder), options);
        return await before(runId, sweep);
      } catch (error) {
        // There is one where the agent works, so git is called in another project.
        if (!(error instanceof CoordError) || error.code !== "no_workspace") throw error;
        return { verdict: "pass" };
      }
    },
    async prime(run) {
      const { mode } = context.agreement.hook();
      if (mode === "off") return [];
      await note(run, "begins");
      const { openOn } = await import("./open.ts");
      return (await (await openOn(there, options)).prime({ runId: run.runId })).lines;
    },
    async ended(run) {
      await note(run, "ends");
      await afterEnd(hook, run);
    },
  };
}
