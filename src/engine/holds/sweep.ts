/** Whether a call of git would sweep what other runs hold in the checkout that it works in. */
import type { Sweep } from "../../domain/git/sweep.ts";
import { HOOK_DEFAULTS } from "../../domain/input/hook/settings.ts";
import { checkAddresses } from "./check.ts";
import type { CheckedHold } from "./checked.ts";
import { ignoring } from "./edited.ts";
import type { GuardContext } from "./guard.ts";
import type { HookVerdict } from "./hook.ts";
import { heldLine, waitCommand } from "./wording.ts";

/** What a look works with. */
export interface SweepContext extends GuardContext {
  /** The folder of the call, absolute. */
  readonly folder: string;
  /** The top of the checkout that git finds from there; `undefined` where it finds none. */
  top(): string | undefined;
}

/** A call of git in that folder. */
export type SweepInput = Pick<Sweep, "verb" | "paths">;

/** Holds that a denial names. */
const MAX_NAMED = 3;

const PASS: HookVerdict = { verdict: "pass" };

/** Says whether a run may have git do this. */
export async function beforeSweep(
  context: SweepContext,
  runId: string,
  { verb, paths }: SweepInput,
): Promise<HookVerdict> {
  const { agreement, checkout, clock, folder } = context;
  const { mode, git = mode, ignore } = agreement?.hook() ?? HOOK_DEFAULTS;
  const top = context.top();
  if (mode === "off" || git === "off" || top === undefined) return PASS;
  const naming = { kind: "address", literal: true } as const;
  const addresses = paths.flatMap(({ path, isFromTop, isDoubtful }) => {
    const address = path.startsWith("/") ? path : `${isFromTop === true ? top : folder}/${path}`;
    const { problems, files } = checkout.named([address], naming);
    // What lies outside of the checkout is no concern of it.
    return problems.length > 0 || isDoubtful === true && files.length === 0 ? [] : [address];
  });
  if (addresses.length === 0) return PASS;
  const answer = await checkAddresses(context, { addresses, literal: true, runId });
  const isIgnored = ignoring(ignore);
  // A hold of another checkout is not touched here, whatever the team makes of it.
  const holds = answer.holds.filter((hold) =>
    hold.exclusive && !hold.mine && hold.worktree !== true && !isIgnored([hold.their_address])
  );
  return holds.length === 0 ? PASS : { verdict: git, reason: whyNot(verb, holds, clock()) };
}

/** Who is in the way, and what to do now. */
function whyNot(verb: string, holds: readonly CheckedHold[], now: number): string {
  const named = new Map(holds.map((hold) => [`${hold.run_id} ${hold.their_address}`, hold]));
  const [first, ...others] = [...named.values()].map((hold) => ({
    ...hold,
    address: hold.their_address,
  }));
  if (first === undefined) throw new RangeError("No hold is in the way");
  const lines = [first, ...others.slice(0, MAX_NAMED - 1)].map((hold) => heldLine(hold, now));
  const more = named.size - lines.length;
  const wait = waitCommand(first.address);
  const next = /^(?:add|stage|commit)$/.test(verb)
    ? `Commit just your own files: coord commit -m TEXT PATH…. Or wait: ${wait}.`
    : `It may undo or put away their work. Leave their files alone, or wait: ${wait}.`;
  return [
    `This git ${verb} sweeps up what others hold.`,
    ...lines,
    ...(more > 0 ? [`${more} more are held.`] : []),
    next,
  ].join(" ");
}
