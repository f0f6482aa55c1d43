/** What a test run reported. */
export interface Report {
  readonly passed: number;
  readonly failed: number;
  /** The names of the tests that did not run. */
  readonly skipped: readonly string[];
  /** The tests that failed: name, and what the runtime says of it. */
  readonly failures: readonly { readonly name: string; readonly text: string }[];
}

/** Counts the tests of a JUnit file as Deno and Bun write it; their text is always escaped. */
export function parseJunit(xml: string): Report {
  let passed = 0;
  const skipped: string[] = [];
  const failures: { name: string; text: string }[] = [];
  for (const [, attributes = "", body = ""] of xml.matchAll(TEST_CASE)) {
    const name = unescape(attributeIn(attributes, "name"));
    const bad = /<(?:failure|error)\b((?:[^"<>]|"[^"]*")*?)(?:\/>|>([\s\S]*?)<\/)/.exec(body);
    if (bad !== null) {
      const [, about = "", text = ""] = bad;
      failures.push({ name, text: unescape(text.trim() || attributeIn(about, "message")) });
    } else if (/<skipped\b/.test(body)) skipped.push(name);
    else passed++;
  }
  return { passed, failed: failures.length, skipped, failures };
}

const TEST_CASE = /<testcase\b((?:[^"<>]|"[^"]*")*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g;

function attributeIn(attributes: string, name: string): string {
  return new RegExp(` ${name}="([^"]*)"`).exec(attributes)?.[1] ?? "";
}

const ENTITIES: Record<string, string> = {
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  amp: "&",
  "#10": "\n",
};

function unescape(text: string): string {
  return text.replace(/&(lt|gt|quot|apos|amp|#10);/g, (_, name) => ENTITIES[name] ?? "");
}
