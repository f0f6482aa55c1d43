/** Holds that come and go, by where they lie: those that may meet one are found without a look at all. */
import type { Outline } from "../address_outline.ts";

/** What lies on the map. */
interface Lying {
  readonly outlines: readonly Outline[];
}

/** Holds by the segments with which the paths of their addresses begin. */
export class HoldMap<T extends Lying> {
  /** Those that name a path which begins with just these segments, */
  readonly #here = new Map<string, Set<T>>();
  /** and with these or more. */
  readonly #below = new Map<string, Set<T>>();

  add(hold: T): void {
    for (const [map, key] of this.#places(hold)) {
      const there = map.get(key);
      if (there === undefined) map.set(key, new Set([hold]));
      else there.add(hold);
    }
  }

  delete(hold: T): void {
    for (const [map, key] of this.#places(hold)) {
      const there = map.get(key);
      if (there?.delete(hold) && there.size === 0) map.delete(key);
    }
  }

  /** All that may meet one; the same one may come several times. */
  *near({ outlines }: Lying): Generator<T, undefined> {
    for (const { segments } of outlines) {
      const keys = keysOf(segments);
      const last = keys.pop() ?? "";
      for (const key of keys) yield* this.#here.get(key) ?? [];
      yield* this.#below.get(last) ?? [];
    }
  }

  *#places({ outlines }: T): Generator<readonly [Map<string, Set<T>>, string], undefined> {
    for (const { segments } of outlines) {
      const keys = keysOf(segments);
      for (const key of keys) yield [this.#below, key];
      yield [this.#here, keys.at(-1) ?? ""];
    }
  }
}

/** The folders on the way to these segments, from the root on. */
function keysOf(segments: readonly string[]): string[] {
  const keys = [""];
  for (const segment of segments) keys.push(`${keys.at(-1)}${segment}/`);
  return keys;
}
