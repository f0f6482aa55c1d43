import {
  addresses,
  recordFiles,
  recordProblems,
} from "../../../src/domain/reservation/addresses.ts";
import * as limits from "../../../src/domain/limits.ts";
import { assert_, assertEquals, it } from "../../deps.ts";

it("addresses takes 1 to 1000, and reports each that is none", () => {
  const many = Array.from({ length: limits.MAX_ADDRESSES }, (_, at) => `src/${at}::f`);
  for (const value of [["a"], many, ["a".repeat(limits.MAX_ADDRESS)]]) {
    assertEquals(addresses.problems(value), []);
  }
  for (const value of [[], [...many, "a"], ["a".repeat(limits.MAX_ADDRESS + 1)], "a", [5]]) {
    assertEquals(addresses.problems(value).length, 1, JSON.stringify(value).slice(0, 60));
  }
  assertEquals(addresses.problems(["ok", "", "a\n", "x".repeat(2_000)]), [
    '"" must not be empty',
    '"a\\n" must not hold control or line-separator characters',
    `"${"x".repeat(40)}…" is longer than 1024 characters (2000)`,
  ]);
});

it("recordProblems() lets addresses in any script fit a record together, or are refused together", () => {
  const bytes = limits.MAX_ADDRESSES_BYTES;
  assert_(bytes + 6 * limits.MAX_DETAIL + 8 * limits.MAX_IDENTIFIER < limits.MAX_RECORD_BYTES);
  const faces = (n: number) => `${"🙂".repeat(limits.MAX_ADDRESS - 4)}${1_000 + n}`;
  const many = Array.from({ length: limits.MAX_ADDRESSES }, (_, n) => faces(n));
  const length = new TextEncoder().encode(JSON.stringify(many)).length;
  assertEquals(recordProblems(many), [
    `names addresses of ${length} bytes as JSON, and ${bytes} are allowed`,
  ]);
  const fitting = Math.floor((bytes - 2) / (4 * (limits.MAX_ADDRESS - 4) + 7));
  assertEquals(recordProblems(many.slice(0, fitting)), []);
  // Files that have no room beside them are left out.
  const some = many.slice(0, Math.floor(fitting / 2) - 1);
  assertEquals(recordFiles(some, some), some);
  assertEquals(recordFiles(many.slice(0, fitting), some), []);
});
