/** The list of live leases, apart from the other operations: the command that shows it needs none of them. */
import { CoordError } from "../../domain/errors.ts";
import type { JournalView } from "../../ports/journal.ts";
import { checkInput } from "../input.ts";
import { leaseItem } from "./answers.ts";
import { LANE_INPUTS } from "./inputs.ts";
import { type LaneContext, readJournal } from "./turn.ts";
import type { LaneList, LaneListInput } from "./types.ts";

/** What `Lanes.live()` promises. */
export async function liveLeases(context: LaneContext, input: LaneListInput): Promise<LaneList> {
  checkInput(input, LANE_INPUTS.live);
  const items = ((await readable(context))?.fold.live() ?? []).map((lease) =>
    leaseItem(lease, context)
  );
  const live = items.filter(({ status }) => status === "live");
  return {
    live: live.length,
    dead: items.length - live.length,
    leases: input.all === true ? items : live,
  };
}

/** The journal; `undefined` where it may not be read, which is reported. */
async function readable(context: LaneContext): Promise<JournalView | undefined> {
  try {
    return await readJournal(context);
  } catch (error) {
    if (!(error instanceof CoordError && error.isDenied)) throw error;
    context.warn(`${error.message}: skipped`);
    return undefined;
  }
}
