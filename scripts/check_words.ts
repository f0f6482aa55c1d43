/**
 * Holds the English of the house: words that hide who does what, or that have a plainer twin. Prints
 * `path:line: message` for each one and exits with 1 when there is any.
 *
 * Usage: deno run -A scripts/check_words.ts [ROOT]
 */
import { listFiles } from "./support/sources.ts";

/** Words that the house does not use, with what to write instead. */
const WORDS: readonly (readonly [pattern: string, instead: string])[] = [
  ["tells?|told|telling", "report, return, print, say"],
  ["whoever|whosoever", "the process that, the caller that"],
  ["nobody|somebody|anybody", "no process, an agent, the caller"],
  ["so many|so long", "the number, the duration"],
  ["anew", "again"],
  ["for ever|forever", "without end, permanently"],
  ["pass(?:es|ed|ing)? over", "skip"],
  ["is over|are over|was over|were over", "has ended, has expired, was released"],
  ["gets? on|got on|getting on", "makes progress"],
];

/** Where words may be quoted or belong to others: this list, its test, and seeds of other tools. */
const EXEMPT = ["scripts/check_words.ts", "tests/scripts/check_words_test.ts", "LICENSE"];

const TEXT = /\.(?:ts|md|txt|sh)$/;

const PATTERN = new RegExp(`\\b(?:${WORDS.map(([words]) => `(${words})`).join("|")})\\b`, "gi");

/** One line for each such word in a text. */
export function wordFindings(path: string, text: string): string[] {
  return text.split("\n").flatMap((line, index) =>
    [...line.matchAll(PATTERN)].map((match) => {
      const [word, ...groups] = match;
      const instead = WORDS[groups.findIndex((group) => group !== undefined)]?.[1];
      return `${path}:${index + 1}: "${word}": write ${instead}`;
    })
  );
}

if (import.meta.main) {
  const root = Deno.args[0] ?? ".";
  const findings = listFiles(root)
    .filter((path) => TEXT.test(path) && !EXEMPT.includes(path))
    .flatMap((path) => wordFindings(path, Deno.readTextFileSync(`${root}/${path}`)));
  for (const finding of findings) console.log(finding);
  Deno.exit(findings.length === 0 ? 0 : 1);
}
