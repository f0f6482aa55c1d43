import { CATALOG, SHELLS } from "../../../src/cli/catalog.ts";
import type { CommandSpec } from "../../../src/cli/complete/model.ts";
import { completionScript } from "../../../src/cli/complete/completions.ts";
import { GLOBAL_FLAGS } from "../../../src/cli/locate.ts";
import { assertEquals } from "../../deps.ts";
import { itWith } from "../../support/program/programs.ts";
import { offers, syntaxErrors } from "../../support/program/shells.ts";

const REAL: readonly CommandSpec[] = await Promise.all(
  Object.entries(CATALOG).map(async ([name, { summary, load }]) => ({
    name,
    summary,
    described: await load(),
  })),
);

/** Names of two words, operands of all kinds, and texts that mean something to a shell. */
const LANES: readonly CommandSpec[] = [
  {
    name: "lane acquire",
    summary: 'take [a] lane: it\'s $yours; `x` (1) \\ %2 "q"',
    described: {
      operands: [{ name: "TREE", summary: "a glob", repeatable: true, as: "tree" }],
      flags: {
        kind: { type: "text", summary: "its [kind]: it's $x", choices: ["cluster", "priority"] },
        tree: { type: "text", summary: "a glob", placeholder: "GLOB", repeatable: true },
        owner: { type: "text", summary: "who" },
        force: { type: "boolean", summary: "by force", short: "f" },
      },
    },
  },
  {
    name: "lane release",
    summary: "give it back",
    described: { operands: [], flags: { lane: { type: "text", summary: "which" } } },
  },
  {
    name: "journal tail",
    summary: "show it",
    described: {
      operands: [],
      flags: { journal: { type: "text", summary: "which", placeholder: "PATH" } },
    },
  },
  {
    name: "show",
    summary: "show a thing",
    described: {
      operands: [
        { name: "ID", summary: "which", required: true, as: "id" },
        { name: "FORM", summary: "how", choices: ["long", "short"], as: "form" },
        { name: "PATH", summary: "where", repeatable: true, as: "paths" },
      ],
      flags: {},
    },
  },
  {
    name: "help",
    summary: "show help",
    described: {
      operands: [{ name: "COMMAND", summary: "of what", repeatable: true, as: "command" }],
      flags: {},
    },
  },
];

const FILES = ["adir", "alpha.txt", "two words.txt"];
const ROOT = ["help", "journal", "lane", "show"];

/** What each line offers, whatever the shell. */
const LINES: readonly (readonly [line: string, offered: readonly string[]])[] = [
  ["coord ", ROOT],
  ["coord la", ["lane"]],
  ["coord coord la", ["lane"]],
  ["coord -C x la", ["lane"]],
  ["coord --format json -j la", ["lane"]],
  ["coord --v", ["--version"]],
  ["coord lane ", ["acquire", "release"]],
  ["coord lane acq", ["acquire"]],
  ["coord lane -j acq", ["acquire"]],
  ["coord lease-lane rel", ["release"]],
  ["coord journal ", ["tail"]],
  ["coord lane acquire --ki", ["--kind"]],
  ["coord lane -j acquire --ki", ["--kind"]],
  ["coord lease-lane acquire --ki", ["--kind"]],
  ["coord lane acquire -j --fo", ["--force", "--format"]],
  ["coord lane release --ki", []],
  ["coord lane release --js", ["--json"]],
  ["coord lane acquire --kind ", ["cluster", "priority"]],
  ["coord lane acquire --kind=", ["cluster", "priority"]],
  ["coord lane acquire --kind=c", ["cluster"]],
  ["coord lane acquire --owner ", []],
  ["coord lane acquire ", FILES],
  ["coord lane acquire --owner x a", ["adir", "alpha.txt"]],
  ["coord lane acquire alpha.txt two", ["two words.txt"]],
  ["coord lane acquire -- --ki", []],
  ["coord lane acquire --tree al", ["alpha.txt"]],
  ["coord lane acquire --tree=al", ["alpha.txt"]],
  ["coord lane acquire --tree x --tre", ["--tree"]],
  ["coord journal tail --journal ", FILES],
  ["coord show x --dir ", ["adir"]],
  ["coord show -C ", ["adir"]],
  ["coord show al", []],
  ["coord show x ", ["long", "short"]],
  ["coord show -j x l", ["long"]],
  ["coord show --dir adir x l", ["long"]],
  ["coord show --dir=adir x l", ["long"]],
  ["coord show x long al", ["alpha.txt"]],
  ["coord show x long alpha.txt tw", ["two words.txt"]],
  ["coord show --format ", ["json", "text"]],
  ["coord help ", ROOT],
  ["coord help lane ", ["acquire", "release"]],
  ["coord help lane acquire ", []],
  ["coord nothing al", []],
];

/** A line for each flag and each list of choices of the commands that there are. */
function realLines(): readonly (readonly [line: string, offered: readonly string[]])[] {
  return REAL.flatMap(({ name, described }) => {
    const flags = Object.entries({ ...GLOBAL_FLAGS, ...described.flags });
    return [
      [`coord ${name} --`, flags.map(([flag]) => `--${flag}`).sort()] as const,
      ...flags.flatMap(([flag, { choices }]) =>
        choices === undefined ? [] : [[`coord ${name} --${flag} `, [...choices].sort()] as const]
      ),
    ];
  });
}

/** zsh, when nothing else may stand there, offers flags before a dash is typed. */
function withoutEarlyFlags(line: string, offered: readonly string[]): readonly string[] {
  return line.endsWith(" ") ? offered.filter((word) => !word.startsWith("-")) : offered;
}

for (const shell of SHELLS) {
  const it = itWith(shell);

  const check = (
    commands: readonly CommandSpec[],
    expected: readonly (readonly [line: string, offered: readonly string[]])[],
  ) => {
    const lines = expected.map(([line]) => line);
    const found = offers(shell, completionScript(shell, commands), lines);
    const outcomes = lines.map((line, at) => withoutEarlyFlags(line, found[at] ?? []));
    const isWrong = (at: number) => String(outcomes[at]) !== String(expected[at]?.[1]);
    assertEquals(
      lines.map((line, at) => [line, outcomes[at]]).filter((_, at) => isWrong(at)),
      expected.filter((_, at) => isWrong(at)).map(([line, offered]) => [line, offered]),
    );
  };

  it(`${shell} finds its way through commands, flags, values and operands`, () => {
    check(LANES, LINES);
  });

  it(`${shell} offers every flag and every choice of every command`, () => {
    check(REAL, realLines());
  });

  it(`${shell} offers every command`, () => {
    const words = new Set(REAL.map(({ name }) => name.split(" ")[0] ?? ""));
    check(REAL, [["coord ", [...words].sort()]]);
  });

  it(`${shell} -n finds no fault in the script`, () => {
    assertEquals(syntaxErrors(shell, completionScript(shell, REAL)), "");
    assertEquals(syntaxErrors(shell, completionScript(shell, LANES)), "");
  });
}
