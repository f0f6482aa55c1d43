import { unknownCommand } from "../../src/cli/unknown.ts";
import { assertEquals, it } from "../deps.ts";

const NAMES = new Set(["claim", "lane acquire", "lane release", "tasks"]);

function told(name: string) {
  const { message, details } = unknownCommand(name, NAMES);
  return [message, details["suggestion"]];
}

it("unknownCommand() names the nearest command, of two words as well", () => {
  assertEquals(told("clam"), [`Unknown command "clam"; did you mean "claim"?`, "claim"]);
  assertEquals(told("lane aquire"), [
    `Unknown command "lane aquire"; did you mean "lane acquire"?`,
    "lane acquire",
  ]);
  assertEquals(told("lnae"), [`Unknown command "lnae"; did you mean "lane"?`, "lane"]);
});

it("unknownCommand() points to the help that lists what there is", () => {
  assertEquals(told("frobnicate"), [`Unknown command "frobnicate"; see "coord help"`, undefined]);
  assertEquals(told("lane frobnicate"), [
    `Unknown command "lane frobnicate"; see "coord help lane"`,
    undefined,
  ]);
});

it("unknownCommand() says what may follow the first of two words", () => {
  assertEquals(told("lane"), [
    `"lane" is a command group; use one of: acquire, release`,
    undefined,
  ]);
});

it("unknownCommand() repeats just the beginning of something long", () => {
  assertEquals(told("x".repeat(1000)), [
    `Unknown command "${"x".repeat(40)}…"; see "coord help"`,
    undefined,
  ]);
});
