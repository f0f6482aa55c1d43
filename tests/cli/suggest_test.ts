import { editDistance, nearest } from "../../src/cli/suggest.ts";
import { assertEquals, it } from "../deps.ts";

it("editDistance() counts inserted, deleted, replaced and swapped letters", () => {
  assertEquals(
    [
      ["", ""],
      ["claim", "claim"],
      ["clam", "claim"],
      ["claimm", "claim"],
      ["claym", "claim"],
      ["calim", "claim"],
      ["", "abc"],
      ["kitten", "sitting"],
    ].map(([a = "", b = ""]) => editDistance(a, b)),
    [0, 0, 1, 1, 1, 1, 3, 3],
  );
});

const KNOWN = ["claim", "complete", "completions", "enqueue", "tasks", "fail-task", "wait"];

it("nearest() finds what was probably meant", () => {
  assertEquals(
    ["clam", "enqeue", "compelte", "comp", "task", "fail_task", "CLAIM"].map((word) =>
      nearest(word, KNOWN)
    ),
    ["claim", "enqueue", "complete", "complete", "tasks", "fail-task", "claim"],
  );
});

it("nearest() has nothing to say of a word that resembles none", () => {
  assertEquals(
    ["zzz", "x", "", "bananas", "claim".repeat(20)].map((word) => nearest(word, KNOWN)),
    [undefined, undefined, undefined, undefined, undefined],
  );
});
