/** What the page keeps besides the newest state: attempts at tasks, and how queues stood. */

/**
 * One grant of a task, as the server sends it.
 *
 * @typedef {object} Attempt
 * @property {string} task_id
 * @property {string} title
 * @property {string} queue
 * @property {string} run_id
 * @property {number} attempt
 * @property {string} claimed_at
 * @property {string | null} ended_at
 * @property {string | null} end
 * @property {string | null} error
 */

/**
 * An attempt as a bar: from when to when; `to` is null while it goes on.
 *
 * @typedef {Attempt & { key: string, from: number, to: number | null }} Bar
 */

/** Attempts that are kept; of more, those that ended first are forgotten. */
const MOST_BARS = 5_000;

/** Attempts by run, the oldest first. */
export class Bars {
  /** @type {Map<string, Bar>} */
  #byKey = new Map();
  /** @type {Bar[] | undefined} */
  #sorted;

  /**
   * Takes in attempts, new ones and changed ones.
   *
   * @param {readonly Attempt[]} attempts
   * @param {boolean} full Whether these are all that there are.
   */
  take(attempts, full) {
    if (full) this.#byKey.clear();
    for (const each of attempts) {
      const key = `${each.task_id} ${each.attempt}`;
      const to = each.ended_at === null ? null : Date.parse(each.ended_at);
      this.#byKey.set(key, { ...each, key, from: Date.parse(each.claimed_at), to });
    }
    this.#sorted = undefined;
    const extra = this.#byKey.size - MOST_BARS;
    if (extra <= 0) return;
    const ended = this.all().filter(({ to }) => to !== null);
    for (const { key } of ended.slice(0, extra)) this.#byKey.delete(key);
    this.#sorted = undefined;
  }

  /** All of them, by when they began. */
  all() {
    return this.#sorted ??= [...this.#byKey.values()].sort((a, b) => a.from - b.from);
  }

  /**
   * The begins and the ends of attempts, the newest first.
   *
   * @param {number} count
   * @param {(bar: Bar) => boolean} isWanted
   * @returns {{ bar: Bar, what: string, at: number }[]}
   */
  newest(count, isWanted) {
    const all = this.all().filter(isWanted);
    const ended = all.filter((bar) => bar.to !== null).sort((a, b) => (b.to ?? 0) - (a.to ?? 0));
    const ends = ended.slice(0, count)
      .map((bar) => ({ bar, what: wordOf(bar.end), at: bar.to ?? bar.from }));
    const begun = all.slice(-count).map((bar) => ({ bar, what: "claimed", at: bar.from }));
    // Of one moment the end comes after the begin.
    return [...ends, ...begun].sort((a, b) => b.at - a.at).slice(0, count);
  }
}

/**
 * How an attempt ended, in words; one without an end goes on.
 *
 * @param {string | null} end
 */
export function wordOf(end) {
  return end === null ? "claimed" : end.replaceAll("_", " ");
}

/**
 * A state with what has changed since; the server sends the difference alone.
 *
 * @param {any} state
 * @param {any} change
 */
export function changed(state, change) {
  /** @type {Map<string, any>} */
  const sections = new Map(state.sections.map((/** @type {any} */ each) => [each.title, each]));
  for (const title of change.without) sections.delete(title);
  for (const each of change.sections) {
    const { title, count } = each;
    const { rows, ...known } = sections.get(title) ?? {};
    const isWhole = each.rows !== undefined;
    const next = isWhole ? each : { ...known, count, rows: moved(rows, each, (row) => row.key) };
    sections.set(title, next);
  }
  const holdKey = (/** @type {Hold} */ { key, address }) => `${key} ${address}`;
  const holds = Array.isArray(change.holds)
    ? change.holds
    : moved(state.holds, change.holds, holdKey);
  return { ...change, sections: [...sections.values()], holds };
}

/**
 * Rows without those that went, and with new ones in their places.
 *
 * @template T
 * @param {readonly T[]} rows
 * @param {{ gone: readonly string[], news: readonly (readonly [number, T])[] }} change
 * @param {(row: T) => string} keyOf
 */
function moved(rows, { gone, news }, keyOf) {
  const left = new Set([...gone, ...news.map(([, row]) => keyOf(row))]);
  const kept = rows.filter((row) => !left.has(keyOf(row)));
  for (const [at, row] of news) kept.splice(at, 0, row);
  return kept;
}

/**
 * How a queue stood: milliseconds since 1970, pending, claimed, completed in the last minute, failed.
 *
 * @typedef {readonly [ms: number, pending: number, claimed: number, done: number, failed: number]} Sample
 */

/** How queues stood, the newest last. */
export class QueueLines {
  /** @type {Map<string, Sample[]>} */
  #queues = new Map();

  /** @param {number} most Samples that are kept of a queue. */
  constructor(most = 300) {
    this.most = most;
  }

  /** @param {Readonly<Record<string, Sample[]>>} queues */
  replace(queues) {
    this.#queues = new Map(Object.entries(queues));
  }

  /**
   * @param {number} at
   * @param {Readonly<Record<string, readonly [number, number, number, number]>>} queues
   */
  add(at, queues) {
    for (const [queue, counts] of Object.entries(queues)) {
      const own = this.#queues.get(queue) ?? [];
      own.push([at, ...counts]);
      this.#queues.set(queue, own.slice(-this.most));
    }
  }

  /** @param {string} queue */
  of(queue) {
    return this.#queues.get(queue) ?? [];
  }
}

/**
 * The points of a line through values, in a box of this size.
 *
 * @param {readonly number[]} values
 * @param {number} width
 * @param {number} height
 */
export function points(values, width, height) {
  const most = Math.max(1, ...values);
  const step = width / Math.max(1, values.length - 1);
  return values.map((value, at) => {
    const y = height - 1 - value / most * (height - 2);
    return `${(at * step).toFixed(1)},${y.toFixed(1)}`;
  }).join(" ");
}

/**
 * A hold of an address.
 *
 * @typedef {object} Hold
 * @property {string} key
 * @property {string} id
 * @property {string} address
 * @property {string} run_id
 * @property {string} how
 * @property {import("./grid.js").Cell} left
 */

/**
 * A line of the tree: a folder with the number of holds below it, or a hold.
 *
 * @typedef {object} Line
 * @property {string} key
 * @property {string} name
 * @property {number} level
 * @property {number} count
 * @property {boolean} [isOpen]
 * @property {Hold} [hold]
 */

/**
 * The tree of holds by path as lines; what is in a closed folder is left out.
 *
 * @param {readonly Hold[]} holds
 * @param {ReadonlySet<string>} closed Paths of the folders that are closed.
 * @returns {Line[]}
 */
export function linesOf(holds, closed) {
  /** @typedef {{ folders: Map<string, Folder>, holds: { name: string, hold: Hold }[], count: number }} Folder */
  /** @returns {Folder} */
  const empty = () => ({ folders: new Map(), holds: [], count: 0 });
  const root = empty();
  for (const hold of holds) {
    const [path = "", ...symbol] = hold.address.split("::");
    const parts = path.split("/");
    const last = [parts.pop() ?? "", ...symbol].join("::");
    let folder = root;
    for (const part of parts) {
      const next = folder.folders.get(part) ?? empty();
      folder.folders.set(part, next);
      next.count++;
      folder = next;
    }
    folder.holds.push({ name: last, hold });
  }
  /** @type {Line[]} */
  const lines = [];
  /**
   * @param {Folder} folder
   * @param {string} path
   * @param {number} level
   */
  const walk = (folder, path, level) => {
    for (let [name, inner] of [...folder.folders].sort(([a], [b]) => a < b ? -1 : 1)) {
      // A folder with nothing but a folder shares its line.
      let whole = `${path}${name}/`;
      while (inner.holds.length === 0 && inner.folders.size === 1) {
        const [[next, only]] = /** @type {[[string, Folder]]} */ ([...inner.folders]);
        name = `${name}/${next}`;
        whole = `${whole}${next}/`;
        inner = only;
      }
      const isOpen = !closed.has(whole);
      lines.push({ key: `folder ${whole}`, name: `${name}/`, level, count: inner.count, isOpen });
      if (isOpen) walk(inner, whole, level + 1);
    }
    for (const { name, hold } of folder.holds.sort((a, b) => a.name < b.name ? -1 : 1)) {
      lines.push({ key: `${hold.key} ${hold.address}`, name, level, count: 0, hold });
    }
  };
  walk(root, "", 1);
  return lines;
}
