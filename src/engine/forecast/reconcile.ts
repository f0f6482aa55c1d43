/** Advice on merging what the agents of live records work on. It changes nothing. */
import type { LiveRecords } from "../../domain/forecast/touches.ts";
import {
  type Hotspot,
  hotspots,
  mergeOrder,
  type MergeStep,
} from "../../domain/forecast/merge_order.ts";
import { paced } from "../../async/paced.ts";
import type { ForecastContext } from "../context.ts";
import { clashesOf, TOO_MANY } from "./forecast.ts";

/** What `reconcile` answers. */
export interface Reconciliation {
  /** How many conflicts are predicted, those within a branch too. */
  readonly conflicts: number;
  /** The branches, in the order in which to merge them. */
  readonly merge_order: readonly MergeStep[];
  /** The addresses that most agents touch; at most 20. */
  readonly hotspots: readonly Hotspot[];
}

/** Orders the branches of live records for merging. */
export async function reconcile(
  context: ForecastContext,
  live: LiveRecords,
): Promise<Reconciliation> {
  const { holds, clashes } = await clashesOf(context, live);
  const { steps, conflicts, isWhole } = await paced(mergeOrder(holds, clashes));
  if (!isWhole) context.warn(TOO_MANY);
  return { conflicts, merge_order: steps, hotspots: hotspots(holds, clashes) };
}
