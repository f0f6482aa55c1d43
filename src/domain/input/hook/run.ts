/**
 * Who the caller of a hook is. The agent's own calls of coord in its shell are one lineage with it, so
 * that no agent is refused for the sake of its own holds: they go by `identify()`.
 */
import { MAX_IDENTIFIER } from "../../limits.ts";
import { identify, isSession, RUN_ENV, RUN_HOSTS } from "../run_id.ts";
import type { HookEvent } from "./event.ts";

/** Who calls. */
export interface HookRun {
  /** As whom it reserves. */
  readonly runId: string;
  /** The session, or the subagent in it, in the host's words: whose reservations end with it. */
  readonly maker: string;
}

/** Variables that `identify()` prefers to those of the host, as far as another one can have set them. */
function namedBefore(host: string): readonly string[] {
  const at = RUN_HOSTS.findIndex(([name]) => name === host);
  // A nested `codex exec` shows the outer session in its shell.
  const before = at < 0 ? RUN_HOSTS : RUN_HOSTS.slice(0, host === "codex" ? at + 1 : at);
  return before.map(([, variable]) => variable);
}

/** Characters of one part of an id. */
const MAX_PART = 80;

/** Names as hosts make them. The other class takes longer to make than all else of a call. */
const PLAIN = /^[!-.0-~]*$/;

/** A host's name of a session or agent as a part of a run id. */
function part(name: string | undefined): string | undefined {
  const plain =
    (name === undefined || PLAIN.test(name)
      ? name
      : name.replaceAll(/[\s/\p{C}\u2028\u2029]/gu, "_"))?.slice(0, MAX_PART);
  return plain === "" ? undefined : plain?.toWellFormed();
}

/** Who calls; `undefined` when the host does not name the session. */
export function hookRun(
  host: string,
  event: Pick<HookEvent, "session" | "agent">,
  env: (name: string) => string | undefined,
): HookRun | undefined {
  const [session, agent] = [part(event.session), part(event.agent)];
  if (session === undefined) return undefined;
  const own = `${host}:${session}`;
  const under = agent === undefined ? "" : `/${agent}`;
  const maker = `${own}${under}`;
  const given = env(RUN_ENV);
  if (given) {
    // Of another id coord does not know that it has subagents, and theirs would be strangers to it.
    const runId = isSession(given) ? `${given}${under}` : given;
    return { runId: runId.length > MAX_IDENTIFIER ? given : runId, maker };
  }
  const outer = outerRun(host, env);
  const isNested = outer !== undefined && outer !== own;
  const runId = isNested ? `${outer}/${maker}` : maker;
  return { runId: runId.length > MAX_IDENTIFIER ? own : runId, maker };
}

/** The session of a host that this one runs in, as calls in the agent's shell would have it. */
function outerRun(host: string, env: (name: string) => string | undefined): string | undefined {
  const names = namedBefore(host);
  const { run_id, source } = identify(undefined, (name) => names.includes(name) ? env(name) : "");
  return source === "none" ? undefined : run_id;
}

/** Whether what a maker reserved ends when a session or subagent does: a session takes all its own along. */
export function endsWith(maker: string, ended: string): boolean {
  return maker === ended || maker.startsWith(`${ended}/`);
}
