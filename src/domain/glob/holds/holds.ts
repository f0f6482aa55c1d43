/**
 * Whether two holds meet, whatever they are: what a reservation names, and the tree of a lane. A symbol
 * meets a tree that its file is in.
 */
import {
  type CompareBudget,
  isSamePath,
  Outline,
  type OutlineOverlap,
  outlinesMeet,
  OutlineTree,
} from "../address_outline.ts";
import { contains } from "../address.ts";
import { parseGlob } from "../glob.ts";
import { MAX_COVERS } from "../../limits.ts";
import type { Stepwise } from "../steps.ts";
import { WHOLE } from "../tree.ts";

/** What a reservation or an intent names. */
export interface NamedAddresses {
  readonly addresses: readonly string[];
  /** The paths among them that were files when they were taken; each is that file alone. */
  readonly files?: readonly string[];
}

/** What a lane holds; no glob stands for the whole workspace, unless it is a name alone. */
interface NamedTree {
  readonly tree: readonly string[];
  /** The globs among them that were files when they were taken. */
  readonly files?: readonly string[];
  /** Whether the lane holds its name alone, and nothing of the tree. */
  readonly name_only?: boolean;
}

/** The addresses of a reservation or an intent, to be compared. */
export function addressOutlines({ addresses, files }: NamedAddresses): Outline[] {
  const known = files === undefined ? undefined : new Set(files);
  return addresses.map((text) => new Outline(text, known));
}

/** The same of a lane. A tree with a bad glob is the whole workspace: nothing says what it was to be. */
export function treeOutlines(named: NamedTree): Outline[] {
  return addressOutlines(addressesOfTree(named));
}

/** The tree of a lane as a reservation would name it. */
export function addressesOfTree({ tree, files = [], name_only }: NamedTree): NamedAddresses {
  if (name_only === true) return { addresses: [] };
  const isGood = tree.length > 0 && tree.every((glob) => typeof parseGlob(glob) !== "string");
  return { addresses: (isGood ? tree : WHOLE).map(addressOfGlob), files: files.map(addressOfGlob) };
}

/** A glob as an address has it: in that, `::` divides the path from the symbol. */
function addressOfGlob(glob: string): string {
  return glob.replaceAll(/\\[^]|::/gu, (part) => part === "::" ? "\\:\\:" : part);
}

/** The first two of two holds that meet, and whether that is sure. */
interface HoldsMeeting {
  readonly meeting: Exclude<OutlineOverlap, "apart">;
  readonly ours: Outline;
  readonly theirs: Outline;
}

/**
 * The first two that meet; `undefined` when nothing does.
 *
 * @param effort What may be spent on it; what there is no time for is `unsure`.
 * @param steps What of it may be spent in automata.
 */
export function holdsMeet(
  ours: readonly Outline[],
  theirs: readonly Outline[],
  effort: CompareBudget,
  steps: CompareBudget,
): HoldsMeeting | undefined {
  const tree = new OutlineTree(theirs);
  let unsure: HoldsMeeting | undefined;
  for (const our of ours) {
    for (const index of tree.near(our)) {
      const their = theirs[index];
      if (their === undefined) continue;
      const meeting = effort.left <= 0 ? "unsure" : outlinesMeet(our, their, effort, steps);
      if (meeting === "meets") return { meeting, ours: our, theirs: their };
      if (meeting === "unsure") unsure ??= { meeting, ours: our, theirs: their };
      if (effort.left <= 0 && unsure !== undefined) return unsure;
    }
  }
  return unsure;
}

/** Whether each address lies within one of these whole; false where that takes too long to know. */
export function* areCovered(
  ours: readonly Outline[],
  holders: readonly Outline[],
): Stepwise<boolean> {
  const tree = new OutlineTree(holders);
  let left = MAX_COVERS;
  for (const our of ours) {
    let isCovered = false;
    for (const index of tree.near(our)) {
      const holder = holders[index];
      if (--left < 0 || holder === undefined) return false;
      isCovered = isSamePath(our, holder) ||
        holder.address !== null && our.address !== null && contains(holder.address, our.address);
      if (isCovered) break;
      yield;
    }
    if (!isCovered) return false;
  }
  return true;
}
