/** JSON as hosts write it, with the place of each value. */
import { parse } from "../../../../deps/momoa.ts";
import { UnfitSettings } from "../../../../domain/input/hosts/hooks.ts";
import type { JsonNode } from "../../../../domain/input/hosts/json_text.ts";

type Parsed = ReturnType<typeof parse>["body"];

/**
 * Reads a text.
 *
 * @param comments Whether it may have comments, and commas at the end.
 * @throws {UnfitSettings} that says where it is malformed.
 */
export function parseSettings(text: string, comments: boolean): JsonNode {
  try {
    const mode = comments ? "jsonc" : "json";
    const { body } = parse(text, { mode, ranges: true, allowTrailingCommas: comments });
    return nodeOf(body);
  } catch (error) {
    // The package throws errors of classes that it does not export; a deep nesting overflows the stack.
    if (!(error instanceof Error)) throw error;
    const message = error.message.replace(/\.? \((\d+):(\d+)\)$/, " (line $1, column $2)");
    throw new UnfitSettings(`it is malformed: ${message}`);
  }
}

function nodeOf(node: Parsed): JsonNode {
  const { start: { offset: start }, end: { offset: end } } = node.loc;
  if (node.type === "Object") {
    const children = node.members.map(({ name, value, loc }) => ({
      name: name.type === "String" ? name.value : name.name,
      value: nodeOf(value),
      start: loc.start.offset,
      end: loc.end.offset,
    }));
    return { kind: "object", start, end, children };
  }
  if (node.type === "Array") {
    const children = node.elements.map(({ value }) => nodeOf(value));
    return { kind: "list", start, end, children };
  }
  const value = node.type === "Null" || !("value" in node) ? null : node.value;
  return { kind: "leaf", start, end, value };
}
