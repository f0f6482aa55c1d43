import type { CatalogEntry } from "../../../src/cli/catalog.ts";
import {
  commandHelp,
  flagText,
  generalHelp,
  generalHelpValue,
  groupHelp,
  wrap,
} from "../../../src/cli/help/help.ts";
import { assertEquals, assertMatch, it } from "../../deps.ts";

const NOTHING = { operands: [], flags: {} };

function entry(summary: string): CatalogEntry {
  return { group: "Lanes", summary, load: () => Promise.resolve(NOTHING) };
}

const LANES = {
  "lane acquire": entry("take a lane"),
  claim: entry("take a task"),
  "lane release": entry("give a lane back"),
};

it("wrap() keeps words whole and line breaks where they are", () => {
  assertEquals(wrap("one two three", 7), "one two\nthree");
  assertEquals(wrap("one\n\ntwo three", 80), "one\n\ntwo three");
  assertEquals(wrap("unbreakable x", 5, "  "), "  unbreakable\n  x");
});

it("help fits a narrow terminal, save for usage, names and examples", () => {
  const command = {
    operands: [{
      name: "ID",
      summary: "which of them, as it is shown by another command",
      as: "id",
    }],
    flags: {
      "a-rather-long-flag": {
        type: "text",
        summary: "a summary that is longer than a narrow terminal",
        placeholder: "SOMETHING",
        choices: ["one", "two", "three"],
      },
    },
    details: "Details that go on for longer than any narrow terminal is wide.",
  } as const;
  for (const width of [30, 40, 60, 80]) {
    for (const text of [generalHelp(width), commandHelp("claim", command, width)]) {
      const wide = text.split("\n").filter((line) =>
        line.length > width && !/^(Usage: |Flags of |Help for | {2}-)/.test(line)
      );
      assertEquals(wide, [], `at ${width}`);
    }
  }
  assertMatch(
    commandHelp("claim", command, 40),
    /\n {2}--a-rather-long-flag SOMETHING\n {6}a summary that is longer than a\n/,
  );
});

it("flagText() describes all that is worth knowing of a flag", () => {
  assertEquals(
    flagText({
      type: "text",
      summary: "what",
      required: true,
      repeatable: true,
      choices: ["a", "b"],
      env: "X",
      default: "a",
    }),
    'what (required; repeatable; one of a, b; or set $X; default "a")',
  );
  assertEquals(flagText({ summary: "what", default: 0 }), "what (default 0)");
  assertEquals(flagText({ summary: "what" }), "what");
});

it("groupHelp() lists the commands that begin with a word", () => {
  assertEquals(
    groupHelp("lane", 80, LANES),
    "Usage: coord lane COMMAND [FLAGS]\n" +
      "\n" +
      "Commands:\n" +
      "  lane acquire  take a lane\n" +
      "  lane release  give a lane back\n" +
      "\n" +
      "Help for a command: coord help lane COMMAND\n",
  );
  const { commands } = generalHelpValue("lane", LANES) as { commands: { name: string }[] };
  assertEquals(commands.map(({ name }) => name), ["lane acquire", "lane release"]);
});
