import { largestApart, type Neighbours } from "../../../src/domain/forecast/independent_set.ts";
import { assert_, assertEquals, it } from "../../deps.ts";
import { newSeed, type Random } from "../../support/random.ts";

function graph(random: Random, size: number, chance: number): Set<number>[] {
  const neighbours = Array.from({ length: size }, () => new Set<number>());
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < i; j++) {
      if (!random.chance(chance)) continue;
      neighbours[i]?.add(j);
      neighbours[j]?.add(i);
    }
  }
  return neighbours;
}

/** Whether no two are neighbours, and all others have one among them. */
function isWhole(neighbours: Neighbours, set: ReadonlySet<number>): boolean {
  return neighbours.every((others, at) =>
    [...others].some((other) => set.has(other)) !== set.has(at)
  );
}

/** The size of the largest set, by trying all. */
function largest(neighbours: Neighbours): number {
  const masks = neighbours.map((others) => [...others].reduce((mask, at) => mask | (1 << at), 0));
  let best = 0;
  for (let set = 0; set < 2 ** neighbours.length; set++) {
    let size = 0;
    let at = 0;
    for (; at < masks.length; at++) {
      if (!((set >> at) & 1)) continue;
      if (set & (masks[at] ?? 0)) break;
      size++;
    }
    if (at === masks.length) best = Math.max(best, size);
  }
  return best;
}

it("largestApart() finds as many as trying all sets does", () => {
  const random = newSeed("largestApart()");
  for (let round = 0; round < 150; round++) {
    const neighbours = graph(random, random.below(12), random.pick([0.1, 0.3, 0.5, 0.9]));
    const set = largestApart(neighbours);
    assert_(isWhole(neighbours, set));
    assertEquals(set.size, largest(neighbours));
  }
});

it("largestApart() ends in time on what it cannot search through", () => {
  const random = newSeed("largestApart()");
  for (const [size, chance] of [[150, 0.1], [600, 0.01], [600, 0.5], [5_000, 0]] as const) {
    const neighbours = graph(random, size, chance);
    const start = performance.now();
    assert_(isWhole(neighbours, largestApart(neighbours)), `${size}, ${chance}`);
    const took = performance.now() - start;
    assert_(took < 5_000, `${size}, ${chance}: ${took} ms`);
  }
});
