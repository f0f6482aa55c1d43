import { assertEquals, it } from "../deps.ts";
import { wordFindings } from "../../scripts/check_words.ts";

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
