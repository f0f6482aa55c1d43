/** What has changed between two states of the page, so that a page which has one need not get all of the other. */
import { onceOfEach } from "../domain/watch/once.ts";
import type { Cell, ScreenRow, Section } from "../cli/top/sections.ts";
import type { PageHold, PageState } from "./view.ts";

/** How rows became others: those that went leave, then each new one comes to its place, in this order. */
export interface RowChanges<R> {
  readonly gone: readonly string[];
  readonly news: readonly (readonly [at: number, row: R])[];
}

/** A section that a page has, and what it becomes. */
interface SectionChange extends RowChanges<ScreenRow<Cell>> {
  readonly title: string;
  readonly count: number;
}

/** The difference of two states; sections that a page has not come whole. */
export interface PageChange extends Omit<PageState, "sections" | "holds"> {
  readonly sections: readonly (Section<Cell> | SectionChange)[];
  /** The titles of sections without rows. */
  readonly without: readonly string[];
  readonly holds: readonly PageHold[] | RowChanges<PageHold>;
}

/** By what a hold is known again. */
const holdKey = ({ key, address }: PageHold) => `${key} ${address}`;

/** Rows, and the same as JSON, by their keys, in their order; none where two have one key. */
interface Rows<R = object> {
  readonly rows: readonly R[];
  readonly byKey: ReadonlyMap<string, string> | undefined;
}

/** The last state, and what has changed with each that follows. */
export class PageChanges {
  #head = "";
  #sections = new Map<string, Rows>();
  #holds: Rows = { rows: [], byKey: new Map() };

  /** Takes in a state; what it changes, `undefined` where that is nothing but the time. */
  next(state: PageState): PageChange | undefined {
    const { sections, holds, ...head } = state;
    const before = this.#sections;
    this.#sections = new Map();
    const changed = sections.flatMap((section) => {
      const { title, rows, count = rows.length } = section;
      const now = rowsOf(before.get(title), rows, ({ key }) => key);
      this.#sections.set(title, now);
      const changes = changesOf(before.get(title), now);
      if (changes === undefined) return section;
      return isNone(changes) ? [] : { title, count, ...changes };
    });
    const without = [...before.keys()].filter((title) => !this.#sections.has(title));
    const now = rowsOf(this.#holds, holds, holdKey);
    const held = changesOf(this.#holds, now) ?? holds;
    this.#holds = now;
    const counts = JSON.stringify({
      ...head,
      at: "",
      sections: sections.map(({ count }) => count),
    });
    const isSame = counts === this.#head;
    this.#head = counts;
    if (isSame && changed.length === 0 && without.length === 0 && isNone(held)) return undefined;
    return { ...head, sections: changed, without, holds: held };
  }
}

function isNone<R>(changes: RowChanges<R> | readonly R[]): boolean {
  return "gone" in changes && changes.gone.length === 0 && changes.news.length === 0;
}

const textOf = onceOfEach((row: object) => JSON.stringify(row));

/** The same as before where each row is. */
function rowsOf<R extends object>(
  before: Rows | undefined,
  rows: readonly R[],
  keyOf: (row: R) => string,
): Rows<R> {
  const isSame = before?.rows.length === rows.length &&
    rows.every((row, at) => row === before.rows[at]);
  if (isSame) return before as Rows<R>;
  const all = new Map(rows.map((row) => [keyOf(row), textOf(row)]));
  return { rows, byKey: all.size === rows.length ? all : undefined };
}

/** How rows became others; `undefined` where that cannot be said, or what stayed has another order. */
function changesOf<R>(
  old: Rows | undefined,
  { rows, byKey: now }: Rows<R>,
): RowChanges<R> | undefined {
  const before = old?.byKey;
  if (before === undefined || now === undefined) return undefined;
  if (before === now) return { gone: [], news: [] };
  const gone = [...before.keys()].filter((key) => !now.has(key));
  const stayed = [...before.keys()].filter((key) => before.get(key) === now.get(key));
  const news: [number, R][] = [];
  let [at, met] = [0, 0];
  for (const [key, json] of now) {
    const row = rows[at++];
    if (before.get(key) === json) {
      if (stayed[met++] !== key) return undefined;
    } else if (row !== undefined) news.push([at - 1, row]);
  }
  return { gone, news };
}
