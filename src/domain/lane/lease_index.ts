/** The live leases, in the order in which they were granted, and the ways to find those in question. */
import { type Bounds, mayOverlap } from "../glob/bounds.ts";
import type { StepBudget } from "../glob/search.ts";
import { bareName, laneKey, type Lease, type LeaseIdentity, leaseKey, NAME_MARK } from "./lease.ts";
import { leaseTree, type Tree } from "../glob/tree.ts";

interface Held {
  readonly key: string;
  lease: Lease;
  /** Made when it is first asked for. */
  tree?: Tree;
}

/** A lease whose tree meets another. */
export interface LeaseOverlap {
  readonly lease: Lease;
  /** A path in both trees, or `null` when none is known. */
  readonly witness: string | null;
  /** Whether it would take too long to know; that they meet is then only the safe answer. */
  readonly exhausted: boolean;
}

/** Leases that can be found by name, kind and tree. */
export class LeaseIndex {
  readonly #held = new Map<string, Held>();
  readonly #lanes = new Map<string, Set<Held>>();
  readonly #kinds = new Map<string, Set<Held>>();
  readonly #exclusive = new Set<Held>();
  /** All globs of all leases but those below. */
  readonly #folders = new LeaseNode();
  /** Leases whose globs are not in their folders yet: most end before any request asks. */
  readonly #unplaced = new Set<Held>();

  get size(): number {
    return this.#held.size;
  }

  get({ lane, loop_ts }: LeaseIdentity): Lease | undefined {
    return this.#held.get(leaseKey({ lane, loop_ts }))?.lease;
  }

  /** All, the first granted first. */
  *all(): Generator<Lease> {
    for (const { lease } of this.#held.values()) yield lease;
  }

  /** Adds a lease; one of the same identity gives up its place to it. */
  put(lease: Lease): void {
    const key = leaseKey(lease);
    const known = this.#held.get(key);
    if (known !== undefined && isAlike(known.lease, lease)) {
      known.lease = lease;
      return;
    }
    if (known !== undefined) this.#unlink(known);
    const held = { key, lease };
    this.#held.set(key, held);
    addTo(this.#lanes, laneKey(lease.lane, lease.name_only), held);
    addTo(this.#kinds, lease.lane_kind, held);
    if (lease.exclusive) this.#exclusive.add(held);
    this.#unplaced.add(held);
  }

  remove(identity: LeaseIdentity): void {
    const key = leaseKey(identity);
    const held = this.#held.get(key);
    if (held === undefined) return;
    this.#held.delete(key);
    this.#unlink(held);
  }

  #unlink(held: Held): void {
    takeFrom(this.#lanes, laneKey(held.lease.lane, held.lease.name_only), held);
    takeFrom(this.#kinds, held.lease.lane_kind, held);
    this.#exclusive.delete(held);
    if (this.#unplaced.delete(held)) return;
    for (const [i, { folders }] of treeOf(held).bounds.entries()) {
      this.#folders.drop(folders, `${i}:${held.key}`);
    }
  }

  #place(held: Held): void {
    for (const [i, bounds] of treeOf(held).bounds.entries()) {
      this.#folders.at(bounds.folders).globs.set(`${i}:${held.key}`, { held, i, bounds });
    }
  }

  /** Those of the lane of this key: one, unless another program granted more. */
  ofLane(key: string): Lease[] {
    return leasesOf(this.#lanes.get(key));
  }

  /** Those that a name may mean: `@x` and `x` are one lane, if it is a name alone. */
  named(lane: string): Lease[] {
    const others = lane.startsWith(NAME_MARK) ? this.ofLane(bareName(lane)) : [];
    return [...this.ofLane(lane), ...others];
  }

  /** Those of one kind. */
  ofKind(kind: string): Lease[] {
    return leasesOf(this.#kinds.get(kind));
  }

  countOfKind(kind: string): number {
    return this.#kinds.get(kind)?.size ?? 0;
  }

  /** Those that allow no other lane beside them. */
  exclusive(): Lease[] {
    return leasesOf(this.#exclusive);
  }

  /** Whether a tree and that of one lease have a path in common. */
  meets(tree: Tree, lease: Lease, budget: StepBudget): LeaseOverlap | undefined {
    const held = this.#held.get(leaseKey(lease));
    const found = tree.meets(treeOf(held ?? { key: "", lease }), budget);
    return found.overlaps ? { ...found, lease } : undefined;
  }

  /** Those whose tree meets a tree, and which were granted or renewed after an entry. */
  *meeting(tree: Tree, budget: StepBudget, since = -1): Generator<LeaseOverlap> {
    for (const held of this.#unplaced) this.#place(held);
    this.#unplaced.clear();
    const met = new Set<Held>();
    for (const [ours, bounds] of tree.bounds.entries()) {
      for (const globs of this.#near(bounds)) {
        for (const { held, i, bounds: theirs } of globs.values()) {
          if (!mayOverlap(bounds, theirs)) continue;
          if (held.lease.renewed_seq <= since || met.has(held)) continue;
          const { overlaps, witness, exhausted } = tree.globMeets(ours, treeOf(held), i, budget);
          if (!overlaps) continue;
          met.add(held);
          yield { lease: held.lease, witness, exhausted };
        }
      }
    }
  }

  /** The globs that may match what one with these bounds does, each once; a caller may need few of them. */
  *#near(bounds: Bounds): Generator<ReadonlyMap<string, HeldGlob>> {
    if (bounds.ways === undefined) return yield* this.#folders.near(bounds.segments);
    const found = new Set<ReadonlyMap<string, HeldGlob>>();
    for (const { segments } of bounds.ways) {
      for (const globs of this.#folders.near(segments)) {
        if (found.size < found.add(globs).size) yield globs;
      }
    }
  }
}

/** One glob of a lease. */
interface HeldGlob {
  readonly held: Held;
  /** Which of its globs. */
  readonly i: number;
  readonly bounds: Bounds;
}

/** The globs all of whose paths begin with the same whole segments, and those below. */
class LeaseNode {
  readonly globs = new Map<string, HeldGlob>();
  readonly #below = new Map<string, LeaseNode>();

  /** The folder of these segments below this one, made if need be. */
  at([segment, ...rest]: readonly string[]): LeaseNode {
    if (segment === undefined) return this;
    const next = this.#below.get(segment) ?? new LeaseNode();
    this.#below.set(segment, next);
    return next.at(rest);
  }

  /** Takes a glob out, and the folders that have nothing left. */
  drop([segment, ...rest]: readonly string[], key: string): void {
    if (segment === undefined) {
      this.globs.delete(key);
      return;
    }
    const next = this.#below.get(segment);
    next?.drop(rest, key);
    if (next !== undefined && next.globs.size === 0 && next.#below.size === 0) {
      this.#below.delete(segment);
    }
  }

  /** The globs that may match what a glob with these segments does; `undefined` is any. */
  *near(segments: readonly (string | undefined)[]): Generator<ReadonlyMap<string, HeldGlob>> {
    const open: { readonly node: LeaseNode | undefined; readonly depth: number }[] = [
      { node: this, depth: 0 },
    ];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      const { node, depth } = at;
      if (node === undefined) continue;
      if (node.globs.size > 0) yield node.globs;
      const segment = segments[depth];
      const below = segment === undefined ? [...node.#below.values()] : [node.#below.get(segment)];
      for (const next of below.reverse()) open.push({ node: next, depth: depth + 1 });
    }
  }
}

function treeOf(held: Held): Tree {
  return held.tree ??= leaseTree(held.lease);
}

/** Whether two leases are found in the same ways. */
function isAlike(a: Lease, b: Lease): boolean {
  return a.lane_kind === b.lane_kind && a.exclusive === b.exclusive &&
    a.name_only === b.name_only &&
    isSameList(a.tree, b.tree) && isSameList(a.files ?? [], b.files ?? []);
}

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, i) => text === b[i]);
}

function leasesOf(set: ReadonlySet<Held> | undefined): Lease[] {
  return [...set ?? []].map((held) => held.lease);
}

function addTo<K, V>(sets: Map<K, Set<V>>, key: K, value: V): void {
  const set = sets.get(key);
  if (set === undefined) sets.set(key, new Set([value]));
  else set.add(value);
}

function takeFrom<K, V>(sets: Map<K, Set<V>>, key: K, value: V): void {
  const set = sets.get(key);
  set?.delete(value);
  if (set?.size === 0) sets.delete(key);
}
