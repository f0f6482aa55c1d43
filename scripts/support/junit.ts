/** What a test run reported. */
export interface Report {
  readonly passed: number;
  readonly failed: number;
  /** The names of the tests that did not run. */
  readonly skipped: readonly string[];
}

/** Counts the tests of a JUnit file as Deno and Bun write it; their text is always escaped. */
export function parseJunit(xml: string): Report {
  let passed = 0;
  let failed = 0;
  const skipped: string[] = [];
  for (const [, attributes = "", body = ""] of xml.matchAll(TEST_CASE)) {
    if (/<(failure|error)\b/.test(body)) failed++;
    else if (/<skipped\b/.test(body)) skipped.push(unescape(nameIn(attributes)));
    else passed++;
  }
  return { passed, failed, skipped };
}

const TEST_CASE = /<testcase\b((?:[^"<>]|"[^"]*")*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g;

function nameIn(attributes: string): string {
  return / name="([^"]*)"/.exec(attributes)?.[1] ?? "";
}

const ENTITIES: Record<string, string> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };

function unescape(text: string): string {
  return text.replace(/&(lt|gt|quot|apos|amp);/g, (_, name) => ENTITIES[name] ?? "");
}
