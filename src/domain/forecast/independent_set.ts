/** The largest set of things of which no two are neighbours, found by search within bounds. */
import { MERGE_STEPS } from "../limits.ts";

/** For each thing, by its index, the indices of its neighbours. */
export type Neighbours = readonly ReadonlySet<number>[];

/** Looks at neighbours that may still be taken. */
interface SearchBudget {
  left: number;
}

/**
 * As many things as can be of which no two are neighbours, by index; nothing can be added to them.
 * Where it would take more than {@link MERGE_STEPS} looks to know, they may be fewer.
 */
export function largestApart(neighbours: Neighbours): Set<number> {
  const all = new Set(neighbours.keys());
  return new Set(search(neighbours, all, { left: MERGE_STEPS }));
}

/** The same within some of the things, which it uses up. */
function search(neighbours: Neighbours, left: Set<number>, steps: SearchBudget): number[] {
  const taken: number[] = [];
  while (left.size > 0) {
    const { fewest, most } = extremes(neighbours, left, steps);
    // With one neighbour or none, some best set has it; without time, it is the best guess.
    if (fewest.count > 1 && steps.left > 0) {
      const passedOver = new Set(left);
      passedOver.delete(most.at);
      take(neighbours, left, most.at);
      const withIt = [most.at, ...search(neighbours, left, steps)];
      const without = steps.left > 0 ? search(neighbours, passedOver, steps) : [];
      return [...taken, ...(without.length > withIt.length ? without : withIt)];
    }
    taken.push(fewest.at);
    take(neighbours, left, fewest.at);
  }
  return taken;
}

/** The things with the fewest and with the most neighbours among these; the first of equals. */
function extremes(neighbours: Neighbours, left: ReadonlySet<number>, steps: SearchBudget) {
  let fewest = { at: -1, count: Infinity };
  let most = { at: -1, count: -1 };
  for (const at of left) {
    let count = 0;
    for (const other of neighbours[at] ?? []) if (left.has(other)) count++;
    steps.left -= 1 + (neighbours[at]?.size ?? 0);
    if (count < fewest.count) fewest = { at, count };
    if (count > most.count) most = { at, count };
    if (count === 0) break;
  }
  return { fewest, most };
}

/** Takes a thing, so that its neighbours cannot be taken any more. */
function take(neighbours: Neighbours, left: Set<number>, at: number): void {
  left.delete(at);
  for (const other of neighbours[at] ?? []) left.delete(other);
}
