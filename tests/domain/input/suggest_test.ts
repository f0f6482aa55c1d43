import { nearest } from "../../../src/domain/input/suggest.ts";
import { assertEquals, it } from "../../deps.ts";

it("nearest() counts each letter inserted, deleted, replaced or swapped as one mistake", () => {
  const found = (words: readonly string[]) => words.map((word) => nearest(word, ["claim"]));
  assertEquals(found(["claimm", "clam", "claym", "calim"]), new Array(4).fill("claim"));
  assertEquals(found(["claimmm", "clm", "cleym", "calmi"]), new Array(4).fill(undefined));
  const long = (word: string) => nearest(word, ["completions"]);
  assertEquals(["kompletoins", "kompletoin", "kompltoinz"].map(long), [
    "completions",
    "completions",
    undefined,
  ]);
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
