/** The lanes in a look at what holds some addresses. */
import { paced } from "../../async/paced.ts";
import { partsOf } from "../../domain/glob/address.ts";
import type { Outline } from "../../domain/glob/address_outline.ts";
import { holdsMeet, type NamedAddresses, treeOutlines } from "../../domain/glob/holds/holds.ts";
import type { Stepwise } from "../../domain/glob/steps.ts";
import { Tree } from "../../domain/glob/tree.ts";
import type { LaneView } from "../../domain/journal/fold.ts";
import { COMPARE_EFFORT, COMPARE_STEPS, LANE_STEPS, MAX_CONFLICTS } from "../../domain/limits.ts";
import { leaseItem, restTime } from "../lane/answers.ts";
import { type LaneContext, readJournal } from "../lane/turn.ts";
import type { LaneItem } from "../lane/types.ts";
import type { CheckedHold, FoundHolds } from "./checked.ts";

/** The live leases whose trees meet the addresses. */
export interface LanesNear extends FoundHolds {
  /** How many are other runs'; these alone are in `holds`. */
  readonly others: number;
  /** Those of the caller's run, as far as they are listed. */
  readonly mine: readonly CheckedHold[];
  /** All of its leases. */
  readonly own: readonly LaneItem[];
}

/** What of the lanes meets the addresses. */
export async function lanesNear(
  context: LaneContext,
  asked: Required<NamedAddresses>,
  ours: readonly Outline[],
  isMine: (run: string) => boolean,
): Promise<LanesNear> {
  const { fold } = await readJournal(context);
  return await paced(meeting(context, fold, asked, ours, isMine));
}

function* meeting(
  context: LaneContext,
  { leases }: LaneView,
  asked: Required<NamedAddresses>,
  ours: readonly Outline[],
  isMine: (run: string) => boolean,
): Stepwise<LanesNear> {
  const [holds, mine]: [CheckedHold[], CheckedHold[]] = [[], []];
  const own: LaneItem[] = [];
  const effort = { left: COMPARE_EFFORT };
  let [total, others] = [0, 0];
  const paths = (texts: readonly string[]) => texts.map((text) => partsOf(text).path);
  const tree = new Tree(paths(asked.addresses), asked.files);
  const met = [...leases.meeting(tree, { left: LANE_STEPS })].map(({ lease }) => lease);
  for (const lease of met.sort((a, b) => a.fence - b.fence)) {
    yield;
    const theirs = treeOutlines(lease);
    const steps = { left: COMPARE_STEPS };
    const pairs = ours.flatMap((our) => holdsMeet([our], theirs, effort, steps) ?? []);
    const item = pairs.length === 0 ? undefined : leaseItem(lease, context);
    if (item?.status !== "live") continue;
    const run = lease.run_id ?? lease.holder;
    const isOwn = isMine(run);
    if (isOwn) own.push(item);
    else others += pairs.length;
    total += pairs.length;
    const list = isOwn ? mine : holds;
    for (const { meeting, ours: our, theirs: their } of pairs) {
      if (list.length >= MAX_CONFLICTS) break;
      list.push({
        address: our.text,
        their_address: their.text,
        kind: "lane",
        exclusive: true,
        mine: isOwn,
        run_id: run,
        since: lease.adopted_at ?? lease.acquired_at ?? null,
        expires_at: restTime(lease),
        lane: lease.lane,
        fence: lease.fence,
        ...(meeting === "unsure" ? { unsure: true } : {}),
      });
    }
  }
  return { holds, mine, total, isCounted: effort.left > 0, others, own };
}
