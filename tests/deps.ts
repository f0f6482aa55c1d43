// The only place in tests/ that names third-party packages.
import * as assert from "jsr:@std/assert@^1.0";
import * as bdd from "jsr:@std/testing@^1.0/bdd";

export { posix as nodePosix } from "node:path";

type Body = () => void | Promise<void>;

const typedAssert: {
  assert(value: unknown, message?: string): asserts value;
  assertEquals<T>(actual: T, expected: T, message?: string): void;
  assertNotEquals<T>(actual: T, expected: T, message?: string): void;
  assertMatch(actual: string, expected: RegExp, message?: string): void;
  assertStringIncludes(actual: string, expected: string, message?: string): void;
  assertThrows(body: () => unknown, ...rest: unknown[]): Error;
  assertRejects(body: () => Promise<unknown>, ...rest: unknown[]): Promise<Error>;
  fail(message?: string): never;
} = assert;
const typedBdd: {
  it: { (name: string, body: Body): unknown; skip(name: string, body: Body): unknown };
  afterEach(body: Body): unknown;
} = bdd;

export const { it, afterEach } = typedBdd;
export const {
  assertEquals,
  assertNotEquals,
  assertMatch,
  assertStringIncludes,
  assertThrows,
  assertRejects,
  fail,
} = typedAssert;
/** Fails with `message` unless `value` is truthy. */
export const assert_: (value: unknown, message?: string) => asserts value = typedAssert.assert;

/** The same as `it` where `able`, else a skipped test whose name says why. */
export function itIf(able: boolean, reason: string): (name: string, body: Body) => unknown {
  return able ? it : (name, body) => it.skip(`${name} (skipped: ${reason})`, body);
}

export type { Client, Transport } from "npm:@modelcontextprotocol/client@^2.4";

/** The client of the Model Context Protocol, which takes long to load. */
export async function mcpClient() {
  const [{ Client }, { StdioClientTransport }] = await Promise.all([
    import("npm:@modelcontextprotocol/client@^2.4"),
    import("npm:@modelcontextprotocol/client@^2.4/stdio"),
  ]);
  return { Client, StdioClientTransport };
}

/** The source of the checker of accessibility, which runs in a page. */
export async function axeSource(): Promise<string> {
  const { default: axe } = await import("npm:axe-core@^4.11");
  return axe.source;
}
