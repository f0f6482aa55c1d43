/** A table of rows of which only those in view are elements; keyed, so that an update touches what changed. */
import { cellText, make, setText } from "./text.js";

/**
 * A column; `least` and `most` are characters. Columns with the highest `drop` go first where it is narrow.
 *
 * @typedef {object} Column
 * @property {string} name
 * @property {number} least
 * @property {number} [most]
 * @property {number} [share]
 * @property {number} [drop]
 * @property {boolean} [right]
 */

/**
 * Text, or an instant in milliseconds since 1970.
 *
 * @typedef {string | { ago: number } | { left: number }} Cell
 */

/**
 * @typedef {object} Row
 * @property {string} key
 * @property {string} [id]
 * @property {readonly string[]} about
 * @property {readonly Cell[]} cells
 * @property {Readonly<Record<string, string | undefined>>} [tones]
 * @property {number} [level]
 * @property {boolean} [isOpen]
 */

/**
 * @typedef {object} GridOptions
 * @property {string} title
 * @property {string} none What stands there without rows.
 * @property {number} most Rows in view at most.
 * @property {(row: Row) => void} onOpen Enter, or a click.
 * @property {(cell: HTMLElement, row: Row, text: string, name: string) => boolean} [paint]
 *   Fills a cell; false where it leaves that to the table.
 * @property {(row: Row, isOpen: boolean) => void} [onFold] Of a tree.
 * @property {string} [pill] The column whose words have a mark of their tone.
 */

/** Pixels of a row, of the gap between columns, and beside them. */
const ROW = 28;
const GAP = 14;
const SIDE = 14;
/** Rows beyond the edges that are elements too. */
const BEYOND = 4;

let made = 0;

export class Grid {
  /** @type {readonly Column[]} */
  #columns = [];
  /** @type {readonly number[]} Places of the columns that show. */
  #kept = [];
  /** @type {readonly Row[]} */
  #rows = [];
  /** @type {Map<string, HTMLElement>} */
  #live = new Map();
  /** @type {string | undefined} */
  #chosen;
  #at = 0;
  #made = 0;
  #isFirst = true;
  #given = "";
  #now = 0;
  #id = `g${++made}`;

  /**
   * @param {HTMLElement} section
   * @param {GridOptions} options
   */
  constructor(section, options) {
    this.options = options;
    this.section = section;
    const heading = make("h2", "", options.title);
    heading.id = `${section.id}-h`;
    this.count = make("span", "count");
    heading.append(" ", this.count);
    this.none = make("p", "none", options.none);
    this.table = make("div", "grid");
    this.head = make("div", "head");
    this.body = make("div", "body");
    this.tools = make("div", "bar");
    this.tools.append(heading);
    this.table.setAttribute("role", options.onFold ? "treegrid" : "grid");
    this.table.setAttribute("aria-labelledby", heading.id);
    this.head.setAttribute("role", "rowgroup");
    this.body.setAttribute("role", "rowgroup");
    this.table.tabIndex = 0;
    this.table.hidden = true;
    this.table.append(this.head, this.body);
    section.append(this.tools, this.none, this.table);
    this.table.addEventListener("scroll", () => this.#render(), { passive: true });
    this.table.addEventListener("keydown", (event) => this.#pressed(event));
    this.body.addEventListener("click", (event) => this.#clicked(event));
    new ResizeObserver(() => this.#layOut()).observe(this.table);
  }

  /** The row that is selected. */
  get selected() {
    return this.#rows.find(({ key }) => key === this.#chosen);
  }

  /**
   * Shows these rows.
   *
   * @param {readonly Column[]} columns
   * @param {readonly Row[]} rows
   * @param {number} now For what cells say of time.
   * @param {number} count How many there are, where not all were sent.
   */
  set(columns, rows, now, count = rows.length) {
    this.#now = now;
    const given = JSON.stringify(columns);
    const isNew = given !== this.#given;
    this.#given = given;
    // The mark takes room as well.
    this.#columns = columns.map((each) =>
      each.name === this.options.pill ? { ...each, least: each.least + 2 } : each
    );
    this.#rows = rows;
    setText(this.count, count === 0 ? "" : count.toLocaleString("en"));
    this.none.hidden = rows.length > 0;
    this.table.hidden = rows.length === 0;
    this.table.setAttribute("aria-rowcount", String(rows.length + 1));
    this.body.style.height = `${rows.length * ROW}px`;
    this.table.style.maxHeight = `${(this.options.most + 1) * ROW + 2}px`;
    if (isNew) this.#layOut();
    else this.#render();
    if (rows.length > 0) this.#isFirst = false;
  }

  /** Which columns fit, and how wide each is. */
  #layOut() {
    const character = 7.6;
    const room = this.table.clientWidth || 600;
    let kept = this.#columns.map((column, at) => ({ ...column, at }));
    const least = () =>
      kept.reduce((sum, each) => sum + each.least * character + GAP, 2 * SIDE - GAP);
    while (least() > room) {
      const drop = Math.max(...kept.map(({ drop = 0 }) => drop));
      if (drop === 0) break;
      kept = kept.filter((column) => (column.drop ?? 0) !== drop);
    }
    this.#kept = kept.map(({ at }) => at);
    const widths = kept.map(({ least, share = 0, right }) =>
      share > 0
        ? `minmax(${Math.round(least * character * 0.7)}px, ${share}fr)`
        : `${Math.round(least * character + (right ? 4 : 0))}px`
    );
    this.table.style.setProperty("--columns", widths.join(" "));
    const row = make("div", "row");
    row.setAttribute("role", "row");
    row.setAttribute("aria-rowindex", "1");
    for (const { name, right = false } of kept) {
      const cell = make("div", right ? "cell right" : "cell", name);
      cell.setAttribute("role", "columnheader");
      row.append(cell);
    }
    this.head.replaceChildren(row);
    for (const element of this.#live.values()) element.remove();
    this.#live.clear();
    this.#render();
  }

  #render() {
    const top = this.table.scrollTop;
    const height = Math.min(this.options.most * ROW, this.#rows.length * ROW);
    const first = Math.max(0, Math.floor(top / ROW) - BEYOND);
    const last = Math.min(this.#rows.length, Math.ceil((top + height) / ROW) + BEYOND);
    /** @type {Set<string>} */
    const shown = new Set();
    for (let at = first; at < last; at++) {
      const row = /** @type {Row} */ (this.#rows[at]);
      // Two rows of one key would be one element.
      if (shown.has(row.key)) continue;
      shown.add(row.key);
      let element = this.#live.get(row.key);
      if (element === undefined) {
        element = this.#rowElement(row.key);
        this.#live.set(row.key, element);
        this.body.append(element);
      }
      this.#fill(element, row, at);
    }
    for (const [key, element] of this.#live) {
      if (shown.has(key)) continue;
      element.remove();
      this.#live.delete(key);
    }
    const chosen = this.#chosen === undefined ? undefined : this.#live.get(this.#chosen);
    if (chosen === undefined) this.table.removeAttribute("aria-activedescendant");
    else this.table.setAttribute("aria-activedescendant", chosen.id);
  }

  /** @param {string} key */
  #rowElement(key) {
    const element = make("div", this.#isFirst ? "row" : "row new");
    element.id = `${this.#id}-${++this.#made}`;
    element.setAttribute("role", "row");
    element.dataset["key"] = key;
    for (const at of this.#kept) {
      const cell = make("div", this.#columns[at]?.right ? "cell right" : "cell");
      cell.setAttribute("role", "gridcell");
      element.append(cell);
    }
    return element;
  }

  /**
   * @param {HTMLElement} element
   * @param {Row} row
   * @param {number} at
   */
  #fill(element, row, at) {
    const place = `translateY(${at * ROW}px)`;
    if (element.style.transform !== place) {
      element.style.transform = place;
      element.setAttribute("aria-rowindex", String(at + 2));
    }
    const isChosen = String(row.key === this.#chosen);
    if (element.getAttribute("aria-selected") !== isChosen) {
      element.setAttribute("aria-selected", isChosen);
    }
    if (row.level !== undefined) {
      element.setAttribute("aria-level", String(row.level));
      element.style.setProperty("--level", String(row.level - 1));
      if (row.isOpen !== undefined) element.setAttribute("aria-expanded", String(row.isOpen));
    }
    for (const [place, column] of this.#kept.entries()) {
      const cell = /** @type {HTMLElement} */ (element.children[place]);
      const text = cellText(row.cells[column] ?? "", this.#now);
      const tone = row.tones?.[column] ?? "plain";
      if (cell.dataset["tone"] !== tone) cell.dataset["tone"] = tone;
      const name = this.#columns[column]?.name ?? "";
      if (this.options.paint?.(cell, row, text, name)) continue;
      if (cell.textContent === text) continue;
      if (name === this.options.pill) {
        cell.replaceChildren(make("span", "pill", text));
        continue;
      }
      cell.textContent = text;
      cell.title = text;
    }
  }

  /**
   * Selects a row by its place, and brings it into view.
   *
   * @param {number} at
   */
  #choose(at) {
    this.#at = Math.max(0, Math.min(this.#rows.length - 1, at));
    this.#chosen = this.#rows[this.#at]?.key;
    const [from, to] = [this.#at * ROW, (this.#at + 1) * ROW];
    const room = this.table.clientHeight - ROW;
    if (from < this.table.scrollTop) this.table.scrollTop = from;
    else if (to > this.table.scrollTop + room) this.table.scrollTop = to - room;
    this.#render();
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const place = this.#rows.findIndex(({ key }) => key === this.#chosen);
    const isChosen = this.#chosen !== undefined;
    const at = place >= 0 ? place : this.#at;
    /** @type {Readonly<Record<string, number>>} */
    const steps = {
      ArrowUp: -1,
      k: -1,
      ArrowDown: 1,
      j: 1,
      PageUp: -this.options.most,
      PageDown: this.options.most,
      Home: -Infinity,
      End: Infinity,
    };
    const by = steps[event.key];
    const row = this.#rows[place];
    if (by !== undefined) this.#choose(isChosen ? at + by : by === Infinity ? by : 0);
    else if (event.key === "Enter" && row !== undefined) this.options.onOpen(row);
    else if (event.key === "ArrowLeft" && row?.isOpen === true) this.options.onFold?.(row, false);
    else if (event.key === "ArrowRight" && row?.isOpen === false) this.options.onFold?.(row, true);
    else return;
    event.preventDefault();
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const target = /** @type {HTMLElement} */ (event.target).closest(".row");
    const key = target instanceof HTMLElement ? target.dataset["key"] : undefined;
    const at = this.#rows.findIndex((row) => row.key === key);
    const row = this.#rows[at];
    if (row === undefined) return;
    this.#choose(at);
    this.options.onOpen(row);
  }
}
