import { unknownCommand } from "../../src/cli/mistakes.ts";
import { assertEquals, it } from "../deps.ts";

const NAMES = new Set(["claim", "lane acquire", "lane release", "tasks"]);

function answerTo(name: string) {
  const { message, details } = unknownCommand(name, NAMES);
  return [message, details["suggestion"]];
}

it("unknownCommand() names the nearest command, of two words as well", () => {
  assertEquals(answerTo("clam"), [`Unknown command "clam"; did you mean "claim"?`, "claim"]);
  assertEquals(answerTo("lane aquire"), [
    `Unknown command "lane aquire"; did you mean "lane acquire"?`,
    "lane acquire",
  ]);
  assertEquals(answerTo("lnae"), [`Unknown command "lnae"; did you mean "lane"?`, "lane"]);
});

it("unknownCommand() points to the help that lists what there is", () => {
  assertEquals(answerTo("frobnicate"), [
    `Unknown command "frobnicate"; see "coord help"`,
    undefined,
  ]);
  assertEquals(answerTo("lane frobnicate"), [
    `Unknown command "lane frobnicate"; see "coord help lane"`,
    undefined,
  ]);
});

it("unknownCommand() says what may follow the first of two words", () => {
  assertEquals(answerTo("lane"), [
    `"lane" is a command group; use one of: acquire, release`,
    undefined,
  ]);
});

it("unknownCommand() repeats just the beginning of something long", () => {
  assertEquals(answerTo("x".repeat(1000)), [
    `Unknown command "${"x".repeat(40)}…"; see "coord help"`,
    undefined,
  ]);
});
