/** JSON as hosts write it, with the place of each value. */
import { parse } from "../../../../deps/momoa.ts";
import { UnfitFile } from "../../../../domain/errors.ts";
import type { JsonNode } from "../../../../domain/input/hosts/json_text.ts";

type Parsed = ReturnType<typeof parse>["body"];

/** What a host reads: JSON, the same with comments, or with commas at the end as well. */
export type Syntax = "json" | "comments" | "lenient";

/**
 * Reads a text.
 *
 * @throws {UnfitFile} that says where it is malformed.
 */
export function parseSettings(text: string, syntax: Syntax): JsonNode {
  try {
    const mode = syntax === "json" ? "json" : "jsonc";
    const { body } = parse(text, {
      mode,
      ranges: true,
      allowTrailingCommas: syntax === "lenient",
    });
    // The package lets control characters pass.
    if (syntax === "json") JSON.parse(text);
    return nodeOf(body);
  } catch (error) {
    // The package throws errors of classes that it does not export; a deep nesting overflows the stack.
    if (!(error instanceof Error)) throw error;
    const message = error.message.replace(/\.? \((\d+):(\d+)\)$/, " (line $1, column $2)");
    throw new UnfitFile(`the host reads no such JSON: ${message}`);
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
