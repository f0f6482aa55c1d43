/** Clashes between a file that one agent touches and the files that it imports. */
import { parseAddress } from "../glob/address.ts";
import { type ForecastBudget, type MappedAddress, placeOf, relate } from "./address_map.ts";
import { type Clash, CONFIDENCE, who } from "./clash.ts";
import { matches } from "../glob/glob.ts";
import type { Touch, TouchMap } from "./touches.ts";
import type { Target } from "./imports.ts";
import type { Stepwise } from "../glob/steps.ts";
import { quoted } from "../text.ts";

/** Source files that addresses name together: one file and symbols in it, or a folder or pattern. */
export interface HeldFiles {
  /** The file's path, or the pattern as it is written. */
  readonly name: string;
  /** The one path that is named, from the project's folder, with `/` and nothing escaped. */
  readonly path: string | undefined;
  /** The folder in which all of them lie, so written as well. */
  readonly folder: string;
  readonly places: readonly MappedAddress<Touch[]>[];
}

/** What the addresses name; whether there are such files is not known yet. */
export function heldFiles(map: TouchMap): HeldFiles[] {
  const all = new Map<string, HeldFiles & { places: MappedAddress<Touch[]>[] }>();
  for (const place of map.places()) {
    const glob = place.address.path.text;
    const path = plainPath(glob);
    const name = path ?? glob;
    const files = all.get(name) ?? { name, path, folder: path ?? literalFolder(glob), places: [] };
    all.set(name, files);
    files.places.push(place);
  }
  return [...all.values()];
}

/** The one path that a glob without wildcards names. */
function plainPath(glob: string): string | undefined {
  if (/[*?[{]/.test(glob.replaceAll(/\\[^]/gu, ""))) return undefined;
  const path = glob.replaceAll(/\\([^])/gu, "$1").split("/");
  return path.filter((segment) => segment !== "" && segment !== ".").join("/");
}

/** The folder in which everything lies that a glob with wildcards names. */
function literalFolder(glob: string): string {
  const segments = glob.split("/");
  const end = segments.findIndex((segment) => plainPath(segment) === undefined);
  // Braces may hold slashes, and so may what comes before them be cut; that is still above them.
  return plainPath(segments.slice(0, Math.max(0, end)).join("/")) ?? "";
}

/** Whether a file is among the held ones, by its path from the project's folder. */
export function isAmong(files: HeldFiles, path: string): boolean {
  return files.places.some(({ address }) => matches(address.path, path));
}

/** The places that name a file, or some of the files that `*` in its name stands for. */
export function* placesOf(
  map: TouchMap,
  path: string,
  effort: ForecastBudget,
): Stepwise<MappedAddress<Touch[]>[]> {
  const target = targetPlace(path);
  if (target === undefined) return [];
  const isPattern = path.endsWith("/*.go") || path === "*.go";
  const places: MappedAddress<Touch[]>[] = [];
  for (const meeting of map.meeting(target, effort)) {
    if (meeting === undefined) yield;
    if (meeting === undefined || meeting.relation === "unsure") continue;
    const { other } = meeting;
    // The tests of a package are no part of what others import.
    if (isPattern && other.isOnePath && /_test\.go$/i.test(other.address.path.text)) continue;
    places.push(other);
  }
  return places;
}

/** The place of a path. Most that are asked for are nowhere held, and their address is never needed. */
function targetPlace(path: string): MappedAddress<undefined> | undefined {
  if (!/^[\w/.@-]{1,1000}$/.test(path)) return parsedPlace(path);
  let parsed: MappedAddress<undefined> | undefined;
  const place = () => {
    parsed ??= parsedPlace(path);
    if (parsed === undefined) throw new TypeError(`Cannot parse ${quoted(path)}`);
    return parsed;
  };
  return {
    value: undefined,
    segments: path.toLowerCase().split("/"),
    symbol: undefined,
    isOnePath: true,
    isPlain: true,
    get address() {
      return place().address;
    },
    get outline() {
      return place().outline;
    },
    get extent() {
      return place().extent;
    },
  };
}

/** A target's path as an address has it. */
export function addressOfTarget(path: string): string {
  const cut = path.lastIndexOf("/") + 1;
  const name = path.slice(cut);
  return escape(path.slice(0, cut)) + (name === "*.go" ? name : escape(name));
}

function parsedPlace(path: string): MappedAddress<undefined> | undefined {
  const address = parseAddress(addressOfTarget(path));
  return typeof address === "string" ? undefined : placeOf(address, undefined);
}

function escape(path: string): string {
  return path.replaceAll(/[*?[\]{}\\:,]/g, (character) => `\\${character}`);
}

/** What a file imports from files that an agent touches. */
export interface FoundImport {
  /** The file. */
  readonly from: string;
  /** The linked worktree whose file says so. */
  readonly worktree: string | undefined;
  readonly target: Target;
  readonly places: readonly MappedAddress<Touch[]>[];
}

/** The linked worktrees in which files are touched, `undefined` for what names none. */
export function worktreesOf({ places }: HeldFiles): Set<string | undefined> {
  return new Set(places.flatMap(({ value }) => value.flatMap((touch) => [...touch.worktrees])));
}

/** Who names each file by itself, by its path and the worktree. */
export type Namers = ReadonlyMap<string, ReadonlyMap<string | undefined, ReadonlySet<string>>>;

/** The agents that name files by themselves. */
export function namersOf(all: readonly HeldFiles[]): Namers {
  const namers = new Map<string, Map<string | undefined, Set<string>>>();
  for (const { path, places } of all) {
    if (path === undefined) continue;
    const agents = new Map<string | undefined, Set<string>>();
    namers.set(path, agents);
    for (const { agent, worktrees } of places.flatMap(({ value }) => value)) {
      for (const worktree of worktrees) {
        const known = agents.get(worktree) ?? new Set();
        agents.set(worktree, known.add(agent));
      }
    }
  }
  return namers;
}

/** The clashes of the holders of files with the holders of what these import. */
export function dependencyClashes(
  files: HeldFiles,
  found: readonly FoundImport[],
  namers: Namers,
  effort: ForecastBudget,
): Clash[] {
  const holders = holdersOf(files);
  const byThing = new Map<
    string,
    { places: Set<MappedAddress<Touch[]>>; imports: FoundImport[] }
  >();
  for (const each of found) {
    for (const place of each.places) {
      if (!takes(place, each.target.name)) continue;
      // An agent that holds both by one address gets the overlap reported.
      if (files.places.some((own) => relate(place, own, effort) !== "apart")) continue;
      // All symbols of a file are one thing, and so are all files of a pattern.
      const thing = plainPath(place.address.path.text) ?? place.address.text;
      const known = byThing.get(thing) ?? { places: new Set(), imports: [] };
      byThing.set(thing, known);
      known.places.add(place);
      known.imports.push(each);
    }
  }
  return [...byThing].map(([thing, { places, imports }]) => ({
    type: "dependency_overlap",
    confidence: CONFIDENCE.dependency,
    things: [files.name, thing],
    first: holders(imports),
    second: merged([...places]),
    // For an agent that names the file by itself as well, that is reported already.
    admits: ({ agent, worktrees }) =>
      imports.some(({ from, worktree }) =>
        worktrees.has(worktree) &&
        (from === files.path || !namers.get(from)?.get(worktree)?.has(agent))
      ),
    describe(ours, theirs) {
      const own = imports.filter(({ worktree }) => ours.worktrees.has(worktree));
      const [from = files.name, ...others] = new Set(own.map(({ from }) => from));
      const by = from === files.path ? "" : ` by ${quoted(ours.address, 80)}`;
      return `${quoted(from, 80)}${more(others)}, which ${who(ours)} touches${by}${where(own)}, ` +
        `${others.length === 0 ? "imports" : "import"} ${pathsOf(own)}, ` +
        `which ${who(theirs)} touches`;
    },
  }));
}

/** The holders of files who work where some imports were found. */
function holdersOf(files: HeldFiles): (imports: readonly FoundImport[]) => Touch[] {
  const known = new Map<string, Touch[]>();
  return (imports) => {
    const worktrees = [...new Set(imports.map(({ worktree }) => worktree))];
    const key = JSON.stringify(worktrees);
    const holders = known.get(key) ??
      merged(files.places, (touch) => worktrees.some((each) => touch.worktrees.has(each)));
    known.set(key, holders);
    return holders;
  };
}

/** The one linked worktree in which imports stand: the files of others need not have them. */
function where(imports: readonly FoundImport[]): string {
  const [worktree, ...others] = new Set(imports.map(({ worktree }) => worktree));
  return worktree === undefined || others.length > 0 ? "" : ` in worktree ${quoted(worktree, 80)}`;
}

function pathsOf(imports: readonly FoundImport[]): string {
  const [path = "", ...others] = new Set(imports.map(({ target }) => target.path));
  return quoted(path, 80) + more(others);
}

function more(others: readonly string[]): string {
  return others.length === 0 ? "" : ` and ${others.length} more`;
}

/** Whether an address names what is imported from its file: that name, or something in it. */
function takes(place: MappedAddress<unknown>, name: string | null): boolean {
  if (name === null || place.symbol === undefined) return true;
  return /^[^.:#/]*/.exec(place.symbol)?.[0] === name;
}

/** One hold for each agent and branch, with all that it says of these places. */
function merged(
  places: readonly MappedAddress<Touch[]>[],
  counts: (touch: Touch) => boolean = () => true,
): Touch[] {
  const all = places.flatMap((place) => place.value).filter(counts);
  if (places.length === 1) return all;
  const holds = new Map<string, Touch>();
  for (const hold of all) {
    const key = JSON.stringify([hold.agent, hold.branch]);
    const known = holds.get(key);
    if (known === undefined) {
      holds.set(key, {
        ...hold,
        worktrees: new Set(hold.worktrees),
        operations: new Set(hold.operations),
        reservationIds: new Set(hold.reservationIds),
        intentIds: new Set(hold.intentIds),
        lanes: new Set(hold.lanes),
      });
      continue;
    }
    for (const worktree of hold.worktrees) known.worktrees.add(worktree);
    for (const id of hold.reservationIds) known.reservationIds.add(id);
    for (const id of hold.intentIds) known.intentIds.add(id);
    for (const lane of hold.lanes) known.lanes.add(lane);
  }
  return [...holds.values()];
}
