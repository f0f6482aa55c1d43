/** What a cell shows besides text, and the rows of the tree of holds. */
import { linesOf, points } from "./model.js";
import { timeOfDay } from "./text.js";

const NAMESPACE = "http://www.w3.org/2000/svg";

/**
 * Gives a note that begins with a progress a bar; its text is the table's to fill.
 *
 * @param {HTMLElement} cell
 * @param {string} text
 * @returns {false}
 */
export function noted(cell, text) {
  const [, done, total] = /^(\d+)\/(\d+)/.exec(text) ?? [];
  cell.classList.toggle("has-progress", total !== undefined);
  const share = Number(total) > 0 ? Math.min(1, Number(done) / Number(total)) : 0;
  cell.style.setProperty("--done", `${Math.round(share * 100)}%`);
  return false;
}

/**
 * Draws the line of a queue's pending tasks.
 *
 * @param {HTMLElement} cell
 * @param {readonly import("./model.js").Sample[]} own
 * @returns {true}
 */
export function trend(cell, own) {
  const line = points(own.map(([, pending]) => pending), 64, 18);
  let svg = cell.querySelector("svg");
  if (svg === null) {
    svg = document.createElementNS(NAMESPACE, "svg");
    svg.setAttribute("viewBox", "0 0 64 18");
    svg.setAttribute("preserveAspectRatio", "none");
    svg.setAttribute("class", "spark");
    svg.setAttribute("aria-hidden", "true");
    for (const name of ["polygon", "polyline"]) {
      svg.append(document.createElementNS(NAMESPACE, name));
    }
    cell.replaceChildren(svg);
  }
  const [area, drawn] = svg.children;
  if (drawn?.getAttribute("points") !== line) {
    drawn?.setAttribute("points", line);
    area?.setAttribute("points", `0,18 ${line} 64,18`);
  }
  const [first] = own;
  if (first !== undefined) cell.title = `Pending since ${timeOfDay(first[0])} UTC`;
  return true;
}

/** @type {Readonly<Record<string, string>>} */
const HOW_TONES = { dead: "bad", edits: "dim" };

/**
 * The rows of the tree of holds.
 *
 * @param {readonly import("./model.js").Hold[]} holds
 * @param {ReadonlySet<string>} closed Paths of the folders that are closed.
 * @returns {import("./grid.js").Row[]}
 */
export function holdRows(holds, closed) {
  return linesOf(holds, closed).map(({ key, name, level, count, isOpen, hold }) => ({
    key,
    level,
    isOpen,
    ...hold === undefined
      ? { about: [], cells: [name, "", "", `${count}`], tones: { 0: "folder", 3: "dim" } }
      : {
        id: hold.id,
        about: [hold.run_id],
        cells: [name, hold.how, hold.run_id, hold.left],
        tones: { 1: HOW_TONES[hold.how] ?? "good", 3: "dim" },
      },
  }));
}
