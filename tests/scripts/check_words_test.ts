import { assertEquals, it } from "../deps.ts";
import { helpFindings, sentenceFindings, wordFindings } from "../../scripts/check_words.ts";

it("wordFindings() names each word with its line and what to write instead", () => {
  const text = "A process reports it.\nNobody is told, and it is over: passed over.\n";
  assertEquals(wordFindings("a.ts", text), [
    'a.ts:2: "Nobody": write no process, an agent, the caller',
    'a.ts:2: "told": write report, return, print, say',
    'a.ts:2: "is over": write has ended, has expired, was released',
    'a.ts:2: "passed over": write skip',
  ]);
});

it("wordFindings() lets words be that only contain one", () => {
  assertEquals(wordFindings("a.ts", "retell, teller, tolds, as long as, overlap, foretold\n"), []);
});

/** A sentence of that length. */
const words = (count: number) => `${Array.from({ length: count }, () => "word").join(" ")}.`;

it("sentenceFindings() names each sentence of more than 25 words by its paragraph's line", () => {
  const text = `# Title\n\n${words(25)} ${words(26)}\n${words(20)}\n\n- ${words(3)}\n- ${
    words(30).replaceAll(" ", "\n  ")
  }\n\n${words(27)}\n`;
  assertEquals(sentenceFindings("a.md", text), [
    "a.md:3: a sentence of 26 words: write at most 25",
    "a.md:7: a sentence of 30 words: write at most 25",
    "a.md:38: a sentence of 27 words: write at most 25",
  ]);
});

it("sentenceFindings() counts no code, no links' targets, no tables, headings or comments", () => {
  const long = words(30);
  const text = [
    `# ${long}`,
    `| ${long} |`,
    `<!-- ${long}\n${long} -->`,
    `\`\`\`sh\n${long}\n\`\`\``,
    `${words(20)} ${words(20)}`,
    `${words(10).slice(0, -1)} \`${long}\` [a](${long}) 1 2 3 4 5 6 7 8 9 10 ${words(10)}`,
    `${words(20).slice(0, -1)}: A ${words(20)} (${words(20)}) ${words(20)}`,
  ].join("\n\n");
  assertEquals(sentenceFindings("a.md", text), []);
});

it("helpFindings() finds no sentence of more than 25 words in any command's help", async () => {
  assertEquals(await helpFindings(), []);
});
