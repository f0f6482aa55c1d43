/** The word that was probably meant. */

/** Edits between two words: insert, delete, replace, swap neighbours. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(
        (previous[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (previous[j - 1] ?? 0) + same,
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, (before[j - 2] ?? 0) + 1);
      }
      row.push(best);
    }
    before = previous;
    previous = row;
  }
  return previous[b.length] ?? 0;
}

/** A longer word is no typing error, and would only take time. */
const MAX_WORD = 40;

/** The nearest of `known`, if one is near: within a third of its letters, or begun by `word`. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  if (word.length > MAX_WORD) return undefined;
  const typed = word.toLowerCase().replaceAll("_", "-");
  let best: { name: string; cost: number } | undefined;
  for (const name of known) {
    const begun = typed.length >= 3 && name.startsWith(typed);
    const cost = begun ? 1 : editDistance(typed, name);
    if (cost > Math.max(1, Math.floor(name.length / 3))) continue;
    if (best === undefined || cost < best.cost) best = { name, cost };
  }
  return best?.name;
}
