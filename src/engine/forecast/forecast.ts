/** Predicting conflicts between agents from what they say that they touch. */
import { Pace, paced } from "../../async/paced.ts";
import type { ForecastBudget, MappedAddress } from "../../domain/forecast/address_map.ts";
import {
  dependencyClashes,
  type FoundImport,
  type HeldFiles,
  heldFiles,
  isAmong,
  type Namers,
  namersOf,
  placesOf,
} from "../../domain/forecast/dependencies.ts";
import * as fields from "../../domain/input/fields.ts";
import {
  type Clash,
  conflictOf,
  eachConflict,
  overlapClashes,
  type PredictedConflict,
  sortClashes,
} from "../../domain/forecast/clash.ts";
import {
  type LiveRecords,
  type Touch,
  touchesOf,
  type TouchMap,
} from "../../domain/forecast/touches.ts";
import { targetsOf } from "../../domain/forecast/import_targets.ts";
import { type Import, languageOf } from "../../domain/forecast/imports.ts";
import type { Stepwise } from "../../domain/glob/steps.ts";
import type { Lease } from "../../domain/lane/lease.ts";
import { FORECAST_EFFORT, FORECAST_STEPS, MAX_FORECAST } from "../../domain/limits.ts";
import type { SourceTree } from "../../ports/checkout.ts";
import type { Context } from "../context.ts";
import { checkInput } from "../input.ts";
import { checkedNames, NAMING, type NamingInput } from "../names.ts";
import { ADDRESSES, RESERVATION_INPUTS } from "../reservation/types.ts";
import { type Neighbours, neighboursOf } from "./neighbours.ts";
import { sourceFilesOf } from "./source_files.ts";

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
  context: Context,
  source: LiveSource,
  input: ForecastInput = {},
): Promise<Forecast> {
  const tree = context.checkout.sources();
  let near: Neighbours | undefined;
  if (input.addresses === undefined) checkInput(input, FORECAST_FIELDS);
  else {
    const named = checkedNames(input, FORECAST_FIELDS, [], context.checkout, ADDRESSES);
    const asked = { addresses: named.entries, files: named.files };
    near = await neighboursOf(context, tree, asked, await source.leases());
  }
  const live = near?.live ?? { ...await source.records(), leases: await source.leases() };
  const { branch, runId } = input;
  const { clashes, isWhole } = await clashesOf(context, live, undefined, tree, near?.files);
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
  { checkout, warn }: Pick<Context, "warn" | "checkout">,
  live: LiveRecords,
  effort: ForecastBudget = { left: FORECAST_EFFORT, steps: { left: FORECAST_STEPS } },
  tree: SourceTree = checkout.sources(),
  only?: readonly string[],
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
    const dependencies = new Dependencies(holds, tree, rest, pace, only);
    for await (const clash of dependencies) clashes.push(clash);
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

/** What it costs to find who touches a path, against a look at two addresses. */
const LOOK_UP = 75;

/** What the files that agents touch import from what other agents touch. */
class Dependencies {
  readonly #held: readonly HeldFiles[];
  readonly #namers: Namers;
  readonly #places = new Map<string, readonly MappedAddress<Touch[]>[]>();
  readonly #texts = new Map<string, string | undefined>();

  constructor(
    readonly holds: TouchMap,
    readonly tree: SourceTree,
    readonly effort: ForecastBudget,
    readonly pace: Pace,
    /** The files whose imports matter; default all that are touched. */
    readonly only: readonly string[] | undefined,
  ) {
    this.#held = heldFiles(holds);
    this.#namers = namersOf(this.#held);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Clash> {
    for (const files of this.#held) {
      if (this.effort.left <= 0) return;
      const found: FoundImport[] = [];
      for (const from of this.#filesOf(files)) {
        for (const each of await this.tree.imports(from)) {
          const resolved = await paced(this.#resolved(from, each), this.pace);
          if (resolved !== undefined) found.push(resolved);
        }
      }
      if (found.length > 0) {
        yield* dependencyClashes(files, found, this.#namers, this.effort);
      }
    }
  }

  #filesOf(files: HeldFiles): readonly string[] {
    return this.only?.filter((file) => isAmong(files, file)) ??
      sourceFilesOf(this.tree, files, this.effort);
  }

  /** What an import means, if an agent touches it. */
  *#resolved(from: string, imported: Import): Stepwise<FoundImport | undefined> {
    const language = languageOf(from);
    if (language === undefined) return undefined;
    const exists = (path: string) => this.tree.exists(path);
    const targets = targetsOf(from, language, imported, exists, (path) => this.#read(path));
    // The file system is asked only where the answer matters.
    let isTouched = false;
    for (const { path } of targets) isTouched ||= (yield* this.#touching(path)).length > 0;
    if (!isTouched) return undefined;
    for (const target of targets) {
      // A file that is named may be about to be made.
      if (!target.path.includes("*") && !this.#namers.has(target.path) && !exists(target.path)) {
        continue;
      }
      const places = yield* this.#touching(target.path);
      return places.length === 0 ? undefined : { from, target, places };
    }
    return undefined;
  }

  *#touching(path: string): Stepwise<readonly MappedAddress<Touch[]>[]> {
    let known = this.#places.get(path);
    if (known === undefined) {
      yield;
      this.effort.left -= LOOK_UP;
      known = this.effort.left > 0 ? yield* placesOf(this.holds, path, this.effort) : [];
      this.#places.set(path, known);
    }
    return known;
  }

  /** What many imports ask for again and again, such as `go.mod`. */
  #read(path: string): string | undefined {
    if (!this.#texts.has(path)) this.#texts.set(path, this.tree.read(path));
    return this.#texts.get(path);
  }
}
