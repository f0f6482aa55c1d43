/**
 * Edits of JSON as text: what is not coord's own keeps every byte. What was added comes out again
 * without a trace, so each piece says by its place whether its container was there before. In a list or
 * object that was there and empty, it stands directly behind the bracket. In one that was made for it,
 * white space is between them.
 */

/** A value in a JSON text, from one index to another. */
export type JsonNode = Span & (ObjectNode | ListNode | LeafNode);

interface Span {
  readonly start: number;
  readonly end: number;
}

interface ObjectNode {
  readonly kind: "object";
  readonly children: readonly JsonMember[];
}

interface ListNode {
  readonly kind: "list";
  readonly children: readonly JsonNode[];
}

interface LeafNode {
  readonly kind: "leaf";
  readonly value: string | number | boolean | null;
}

/** A member of an object, from its name to the end of its value. */
export interface JsonMember extends Span {
  readonly name: string;
  readonly value: JsonNode;
}

/** An object or a list. */
export type JsonContainer = Extract<JsonNode, { readonly children: unknown }>;

/** The value of a member; of several of one name the last, as hosts read it. */
export function memberOf(node: JsonNode | undefined, name: string): JsonNode | undefined {
  return node?.kind === "object"
    ? node.children.findLast((member) => member.name === name)?.value
    : undefined;
}

/** The text of a value that is one. */
export function textAt(node: JsonNode | undefined): string | undefined {
  return node?.kind === "leaf" && typeof node.value === "string" ? node.value : undefined;
}

/** A value with its name, for an object, or without one, for a list. */
export interface Addition {
  readonly name?: string;
  readonly value: unknown;
}

/** Adds values at the end of a container. */
export function appended(
  text: string,
  container: JsonContainer,
  additions: readonly Addition[],
): string {
  const last = container.children.at(-1);
  const at = last?.end ?? container.start + 1;
  const lineStart = text.lastIndexOf("\n", (last ?? container).start - 1) + 1;
  const before = text.slice(lineStart, last?.start);
  const eol = eolOf(text);
  const unit = unitOf(text);
  const isOnLine = last !== undefined && before.trim() !== "";
  const indent = last === undefined
    ? `${/^[ \t]*/.exec(before)?.[0] ?? ""}${unit}`
    : isOnLine
    ? undefined
    : before;
  const gap = indent === undefined ? " " : `${eol}${indent}`;
  const pieces = additions.map(({ name, value }) => {
    const lines = JSON.stringify(value, null, unit).split("\n");
    const label = name === undefined ? "" : `${JSON.stringify(name)}: `;
    return indent === undefined
      ? `${label}${lines.map((line) => line.trim()).join(" ")}`
      : `${label}${lines.join(gap)}`;
  });
  const piece = `${last === undefined ? "" : `,${gap}`}${pieces.join(`,${gap}`)}`;
  return `${text.slice(0, at)}${piece}${text.slice(at)}`;
}

/** Takes a child of a container out, with its comma. */
export function removed(text: string, container: JsonContainer, index: number): string {
  const child = container.children[index];
  if (child === undefined) throw new RangeError(`No child ${index}`);
  const previous = container.children[index - 1];
  const next = container.children[index + 1];
  if (previous !== undefined) {
    const between = text.slice(previous.end, child.start);
    if (/^,\s*$/.test(between)) return cut(text, previous.end, child.end);
    const comma = previous.end + commaIn(between);
    return cut(cut(text, child.start, child.end), comma, comma + 1);
  }
  const rest = text.slice(child.end, next?.start ?? container.end - 1);
  if (next !== undefined && /^,\s*$/.test(rest)) return cut(text, child.start, next.start);
  const comma = commaIn(rest);
  const after = comma < 0 ? text : cut(text, child.end + comma, child.end + comma + 1);
  return cut(after, child.start, child.end);
}

/** Whether a container was made for its children: white space, and nothing else, is around them. */
export function isMadeFor(text: string, container: JsonContainer, count = 1): boolean {
  const { children, start, end } = container;
  const [first] = children;
  const last = children.at(-1);
  if (first === undefined || last === undefined || children.length !== count) return false;
  if (first.start === start + 1) return false;
  return (text.slice(start + 1, first.start) + text.slice(last.end, end - 1)).trim() === "";
}

function cut(text: string, from: number, to: number): string {
  return `${text.slice(0, from)}${text.slice(to)}`;
}

/** Where the comma is between two values, outside of comments; -1 where there is none. */
function commaIn(between: string): number {
  const blank = between.replaceAll(
    /\/\/[^\r\n]*|\/\*[^]*?\*\//g,
    (comment) => " ".repeat(comment.length),
  );
  return blank.indexOf(",");
}

function eolOf(text: string): string {
  return /\r?\n/.exec(text)?.[0] ?? "\n";
}

/** The indentation of the first indented line; two spaces where there is none. */
function unitOf(text: string): string {
  return /\n([ \t]+)["{\[/]/.exec(text)?.[1] ?? "  ";
}
