/** Which files of a commit other runs hold: the net behind the hooks, since it also sees what shells edit. */
import { ruled, TEXTS } from "../../domain/input/rule.ts";
import * as fields from "../../domain/input/fields.ts";
import { HOOK_DEFAULTS } from "../../domain/input/hook/settings.ts";
import { MAX_ADDRESSES, MAX_CONFLICTS } from "../../domain/limits.ts";
import type { Context } from "../context.ts";
import type { Agreement } from "../../ports/agreement.ts";
import { checkInput } from "../input.ts";
import { checkAddresses, type CheckContext, checkContext } from "./check.ts";
import type { CheckedHold } from "./checked.ts";
import { editedFiles } from "./edited.ts";
import { heldLine, waitCommand } from "./wording.ts";

/** What is to be committed, and by whom. */
export interface GuardInput {
  /** Any number of paths, letter for letter. */
  readonly files: readonly string[];
  /** The folder that they are relative to; default the top of the checkout. */
  readonly base?: string;
  /** Who commits; without it every hold is another run's. */
  readonly runId?: string;
}

/** Whether a commit may be made. */
export interface GuardAnswer {
  /** `held` when another run holds one of the files exclusively or by a lane; `off` where `hook.mode` is. */
  readonly status: "free" | "held" | "off";
  /** What the team wants done about it: `deny`, `warn` or `off`. */
  readonly mode: "deny" | "warn" | "off";
  /** How many files were looked at: those of `hook.ignore`, and what lies elsewhere, were not. */
  readonly files: number;
  /**
   * The lane under which commits are made one after the other: `@git/index`, and in a linked worktree,
   * which has an index of its own, with its name behind it.
   */
  readonly index_lane: string;
  /** The holds of other runs that are in the way, the first 100. */
  readonly holds: readonly CheckedHold[];
  /** Who is in the way, for people. */
  readonly error?: string;
}

/** Holds that a refusal names. */
const MAX_NAMED = 3;

/** The fields of the input. */
const GUARD_FIELDS = {
  files: ruled(TEXTS, () => undefined),
  base: fields.anything,
  runId: fields.identifier,
} as const;

/** What a look works with. */
export interface GuardContext extends CheckContext {
  readonly agreement?: Agreement | undefined;
}

/** Says whether other runs hold any of the files. */
export async function guardFiles(context: GuardContext, input: GuardInput): Promise<GuardAnswer> {
  checkInput(input, GUARD_FIELDS, ["files"]);
  const { agreement, checkout } = context;
  const { files, base, runId } = input;
  const { mode, ignore } = agreement?.hook() ?? HOOK_DEFAULTS;
  const worktree = checkout.worktree();
  const index_lane = worktree === undefined ? "@git/index" : `@git/index/${worktree}`;
  if (mode === "off") return { status: "off", mode, files: 0, index_lane, holds: [] };
  const named = editedFiles(checkout, files, base, ignore).paths;
  const holds: CheckedHold[] = [];
  for (let at = 0; at < named.length; at += MAX_ADDRESSES) {
    const answer = await checkAddresses(context, {
      addresses: named.slice(at, at + MAX_ADDRESSES),
      literal: true,
      file: true,
      ...(base === undefined ? {} : { base }),
      ...(runId === undefined ? {} : { runId }),
    });
    if (answer.status !== "held") continue;
    holds.push(...answer.holds.filter(({ mine, exclusive }) => exclusive && !mine));
  }
  const looked = { mode, files: named.length, index_lane };
  const [first] = holds;
  if (first === undefined) return { status: "free", ...looked, holds };
  const lines = holds.slice(0, MAX_NAMED).map((hold) => heldLine(hold, context.clock()));
  const more = holds.length - lines.length;
  const error = [
    ...lines,
    ...(more > 0 ? [`${more} more are held.`] : []),
    `Commit other files, or wait: ${waitCommand(first.address)}.`,
  ].join(" ");
  return { status: "held", ...looked, holds: holds.slice(0, MAX_CONFLICTS), error };
}

/** The same, of a workspace of which all is open. */
export function guardCommit(context: Context, input: GuardInput): Promise<GuardAnswer> {
  return guardFiles({ ...checkContext(context), agreement: context.agreement }, input);
}
