/** Text as people read it. Everything that agents wrote comes through {@link clean}. */

const INVISIBLE =
  /[\p{Cc}\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\u2028\u2029\ufff9-\ufffb]/gu;

/**
 * Text without what is invisible or turns its direction; line breaks become a visible mark.
 *
 * @param {unknown} text
 * @returns {string}
 */
export function clean(text) {
  if (text === null || text === undefined) return "";
  const plain = typeof text === "string" ? text : JSON.stringify(text);
  return plain.replace(/\r\n|[\n\r\u2028\u2029]/g, "␊").replaceAll("\t", " ").replace(
    INVISIBLE,
    "",
  );
}

/**
 * The first hex digits of an id.
 *
 * @param {string} id
 */
export function shortId(id) {
  return id.replace(/^sha256:/, "").slice(0, 12);
}

/**
 * A duration with its largest unit alone: `42 s`, `3 min`, `2 h`, `5 d`.
 *
 * @param {number} ms
 */
export function short(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/**
 * What a cell shows: its text, how long ago an instant is, or how much is left until one.
 *
 * @param {import("./grid.js").Cell} cell
 * @param {number} now
 * @returns {string}
 */
export function cellText(cell, now) {
  if (typeof cell === "string") return clean(cell);
  if ("left" in cell) return cell.left <= now ? "over" : short(cell.left - now);
  const text = short(Math.abs(now - cell.ago));
  return cell.ago > now + 500 ? `in ${text}` : text;
}

/**
 * `10:15:21`, in UTC as on the terminal.
 *
 * @param {number} ms
 */
export function timeOfDay(ms) {
  return new Date(ms).toISOString().slice(11, 19);
}

/**
 * A made element with its class and its text.
 *
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} name
 * @param {string} [className]
 * @param {string} [text]
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(name, className = "", text = "") {
  const element = document.createElement(name);
  if (className !== "") element.className = className;
  if (text !== "") element.textContent = text;
  return element;
}

/**
 * An element of the page by its id.
 *
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`The page has no #${id}`);
  return element;
}

/**
 * Sets text where it differs, so that the browser has nothing to do where it does not.
 *
 * @param {Node} node
 * @param {string} text
 */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
