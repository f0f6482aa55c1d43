/**
 * Holds the English of the house: words that hide who does what, or that have a plainer twin, and
 * sentences of more than 25 words in the papers and in help. Prints `path:line: message` for each
 * finding and exits with 1 when there is any.
 *
 * Usage: deno run -A scripts/check_words.ts [ROOT]
 */
import { describeAll } from "../src/cli/catalog.ts";
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

/** The papers whose sentences are counted; not lists of changes. */
const PAPER =
  /^(?:(?:README|ARCHITECTURE|CONTRIBUTING|SECURITY|src\/adapters\/fs\/FORMAT)\.md|docs\/.*\.md)$/;

const MOST_WORDS = 25;

/** What is no prose: blocks of code, comments, tables and headings. Its lines stay, but empty. */
const NO_PROSE = /^ *```[^]*?^ *```$|<!--[^]*?-->|^(?:\||#).*$/gm;

/** What lies before a paragraph, or before an item of a list; a part of the split. */
const BREAK = /(\n\s*\n|\n(?=\s*(?:-|\d+\.) ))/;

/** The end of a sentence, also before a closing bracket; or a colon before a whole sentence. */
const END = /(?<=[.!?])[)*_]*\s+|(?<=:)\s+(?=[A-Z])/;

/** A line for each sentence of a paper that is too long. Code and numbers are no words. */
export function sentenceFindings(path: string, text: string): string[] {
  const prose = text.replaceAll(NO_PROSE, (part) => part.replaceAll(/[^\n]/g, ""));
  const findings: string[] = [];
  let from = 0;
  for (const paragraph of prose.split(BREAK)) {
    const line = prose.slice(0, from + (/\S/.exec(paragraph)?.index ?? 0)).split("\n").length;
    from += paragraph.length;
    const words = paragraph.replaceAll(/`[^`]*`/g, "").replaceAll(/\]\([^)]*\)/g, "");
    for (const sentence of words.trim().split(END)) {
      const count = sentence.split(/\s+/).filter((word) => /\p{L}/u.test(word)).length;
      if (count > MOST_WORDS) {
        findings.push(`${path}:${line}: a sentence of ${count} words: write at most ${MOST_WORDS}`);
      }
    }
  }
  return findings;
}

/** The same of the help of every command. */
export async function helpFindings(): Promise<string[]> {
  return (await describeAll()).flatMap(({ name, described }) =>
    sentenceFindings(`help ${name}`, described.details ?? "")
  );
}

if (import.meta.main) {
  const root = Deno.args[0] ?? ".";
  const findings = listFiles(root)
    .filter((path) => TEXT.test(path) && !EXEMPT.includes(path))
    .flatMap((path) => {
      const text = Deno.readTextFileSync(`${root}/${path}`);
      return [...wordFindings(path, text), ...PAPER.test(path) ? sentenceFindings(path, text) : []];
    });
  findings.push(...await helpFindings());
  for (const finding of findings) console.log(finding);
  Deno.exit(findings.length === 0 ? 0 : 1);
}
