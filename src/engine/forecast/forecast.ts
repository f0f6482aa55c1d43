/** Predicting conflicts between agents from what they say that they touch. */
import { Pace, paced } from "../../async/paced.ts";
import type { ForecastBudget } from "../../domain/forecast/address_map.ts";
import * as fields from "../../domain/input/fields.ts";
import {
  type Clash,
  conflictOf,
  eachConflict,
  overlapClashes,
  type PredictedConflict,
  sortClashes,
} from "../../domain/forecast/clash.ts";
import { type LiveRecords, touchesOf, type TouchMap } from "../../domain/forecast/touches.ts";
import type { Lease } from "../../domain/lane/lease.ts";
import { FORECAST_EFFORT, FORECAST_STEPS, MAX_FORECAST } from "../../domain/limits.ts";
import type { SourceTrees } from "../../ports/checkout.ts";
import type { ForecastContext } from "../context.ts";
import { checkInput } from "../input.ts";
import { checkedNames, NAMING, type NamingInput } from "../names.ts";
import { ADDRESSES, RESERVATION_INPUTS } from "../reservation/types.ts";
import { Dependencies } from "./dependencies.ts";
import { type Neighbours, neighboursOf } from "./neighbours.ts";
import { type FilesByWorktree, warnOfTooWide } from "./source_files.ts";

/** Which conflicts to predict; those that match all that is given. */
export interface ForecastInput extends NamingInput {
  /**
   * Only conflicts about what overlaps these, 1 to 1000: both agents touch that, or one does, and a
   * file that these name imports what the other touches. The answer takes the time of these, however much else is live.
   */
  readonly addresses?: readonly string[];
  /** Only conflicts that involve this branch. */
  readonly branch?: string;
  /** Only conflicts that involve this agent. */
  readonly runId?: string;
}

/** What a forecast answers. */
export interface Forecast {
  /** How many conflicts are predicted. */
  readonly total: number;
  /** Whether only some are listed: the surest, or those that there was time to find. */
  readonly truncated: boolean;
  /** The surest first, then by address; at most 1000. */
  readonly conflicts: readonly PredictedConflict[];
}

/** The fields of a forecast's input. */
export const FORECAST_FIELDS = {
  branch: fields.identifier,
  runId: fields.identifier,
  addresses: RESERVATION_INPUTS.reserve.addresses,
  ...NAMING,
} as const;

/** The live records, each as it is asked for. */
export interface LiveSource {
  leases(): Promise<readonly Lease[]>;
  records(): Promise<Omit<LiveRecords, "leases">>;
}

/** Predicts conflicts between the agents of live records. */
export async function forecast(
  context: ForecastContext,
  source: LiveSource,
  input: ForecastInput = {},
): Promise<Forecast> {
  const trees = context.checkout.sources();
  let near: Neighbours | undefined;
  if (input.addresses === undefined) checkInput(input, FORECAST_FIELDS);
  else {
    const named = checkedNames(input, FORECAST_FIELDS, [], context.checkout, ADDRESSES);
    const asked = { addresses: named.entries, files: named.files };
    near = await neighboursOf(context, trees, asked, await source.leases());
  }
  const live = near?.live ?? { ...await source.records(), leases: await source.leases() };
  const { branch, runId } = input;
  const { clashes, isWhole } = await clashesOf(context, live, undefined, trees, near?.files);
  const conflicts: PredictedConflict[] = [];
  let total = 0;
  const isCounted = await paced(eachConflict(
    clashes,
    (a, b) =>
      (branch === undefined || a.branch === branch || b.branch === branch) &&
      (runId === undefined || a.run_id === runId || b.run_id === runId),
    (clash, first, second) => {
      const isAsked = near === undefined || near.touches(first.address) &&
          (clash.type === "dependency_overlap" || near.touches(second.address));
      if (!isAsked) return;
      if (total++ < MAX_FORECAST) conflicts.push(conflictOf(clash, first, second));
    },
  ));
  if (!isCounted) context.warn(TOO_MANY);
  return { total, truncated: !isWhole || !isCounted || total > conflicts.length, conflicts };
}

/** Said when not all conflicts were visited. */
export const TOO_MANY = "There are more conflicts than are worth counting: only some are counted";

/** What clashes among live records. */
interface FoundClashes {
  readonly holds: TouchMap;
  /** The surest first. */
  readonly clashes: readonly Clash[];
  /** Whether all addresses were compared. */
  readonly isWhole: boolean;
}

/**
 * All that clashes among live records, within a budget. What no steps are left for is unsure; what no
 * effort is left for is missing.
 */
export async function clashesOf(
  { checkout, warn }: Pick<ForecastContext, "warn" | "checkout">,
  live: LiveRecords,
  effort: ForecastBudget = { left: FORECAST_EFFORT, steps: { left: FORECAST_STEPS } },
  trees: SourceTrees = checkout.sources(),
  only?: FilesByWorktree,
): Promise<FoundClashes> {
  const pace = new Pace();
  const holds = await paced(touchesOf(live, warn), pace);
  const clashes = await paced(overlapClashes(holds, effort), pace);
  if (effort.steps.left <= 0) {
    warn("There are too many patterns to compare all in time: some conflicts are unsure");
  }
  if (hasSeveralAgents(holds)) {
    const { left } = effort;
    const rest = { left, steps: { left: FORECAST_STEPS } };
    const dependencies = new Dependencies(holds, trees, rest, pace, only);
    for await (const clash of dependencies) clashes.push(clash);
    warnOfTooWide(dependencies.tooWide, warn);
    effort.left = rest.left;
  }
  const isWhole = effort.left > 0;
  if (!isWhole) warn("There are too many addresses to compare all: conflicts are missing");
  return { holds, clashes: sortClashes(clashes), isWhole };
}

function hasSeveralAgents(holds: TouchMap): boolean {
  const agents = new Set<string>();
  for (const { value } of holds.places()) {
    for (const { agent } of value) agents.add(agent);
    if (agents.size > 1) return true;
  }
  return false;
}
