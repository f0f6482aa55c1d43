import { type CommandSpec, completionScript } from "../../src/cli/completions.ts";
import { CATALOG } from "../../src/cli/catalog.ts";
import { assertEquals, assertStringIncludes, it } from "../deps.ts";
import { bash } from "../support/bash.ts";

const REAL: readonly CommandSpec[] = await Promise.all(
  Object.entries(CATALOG).map(async ([name, { summary, load }]) => ({
    name,
    summary,
    described: await load(),
  })),
);

const LANES: readonly CommandSpec[] = [
  {
    name: "lane acquire",
    summary: "take [a] lane: it's yours",
    described: {
      operands: [],
      flags: { kind: { type: "text", summary: "its kind", choices: ["cluster", "priority"] } },
    },
  },
  {
    name: "lane release",
    summary: "give it back",
    described: { operands: [], flags: { owner: { type: "text", summary: "who" } } },
  },
  { name: "tasks", summary: "list", described: { operands: [], flags: {} } },
];

/** What bash offers for the last of these words. */
function offered(commands: readonly CommandSpec[], ...words: readonly string[]): string[] {
  const script = `${completionScript("bash", commands)}
COMP_WORDS=(coord "$@")
COMP_CWORD=$#
_coord
printf '%s\\n' "\${COMPREPLY[@]}"`;
  return bash(script, ...words).split("\n").filter((line) => line !== "");
}

it("bash completes commands", () => {
  assertEquals(offered(REAL, "").toSorted(), REAL.map(({ name }) => name).toSorted());
  assertEquals(offered(REAL, "comp"), ["complete", "completions"]);
  assertEquals(offered(REAL, "--dir", "claim", "stat"), ["status"]);
  assertEquals(offered(REAL, "coord", "stat"), ["status"]);
});

it("bash completes the flags of the command", () => {
  assertEquals(offered(REAL, "claim", "--cl"), ["--claim-ttl"]);
  assertEquals(offered(REAL, "tasks", "--cl"), []);
  assertEquals(offered(REAL, "-j", "watch", "--no"), ["--no-snapshot"]);
  assertEquals(offered(REAL, "enqueue", "x", "--").includes("--json"), true);
});

it("bash completes the values of flags and operands", () => {
  assertEquals(offered(REAL, "tasks", "--status", "c"), ["claimed", "completed", "cancelled"]);
  assertEquals(offered(REAL, "watch", "--backend", ""), ["auto", "native", "poll"]);
  assertEquals(offered(REAL, "tasks", "--format", ""), ["text", "json"]);
  assertEquals(offered(REAL, "completions", ""), ["bash", "zsh", "fish"]);
  assertEquals(offered(REAL, "help", "enq"), ["enqueue"]);
});

it("bash offers no words where a value is free", () => {
  assertEquals(offered(REAL, "claim", "--run-id", ""), []);
});

it("bash completes names of two words", () => {
  assertEquals(offered(LANES, ""), ["lane", "tasks"]);
  assertEquals(offered(LANES, "lane", ""), ["acquire", "release"]);
  assertEquals(offered(LANES, "lane", "acquire", "--k"), ["--kind"]);
  assertEquals(offered(LANES, "lane", "acquire", "--kind", ""), ["cluster", "priority"]);
  assertEquals(offered(LANES, "lane", "release", "--k"), []);
});

it("zsh gets every command, flag and choice, quoted", () => {
  const script = completionScript("zsh", REAL);
  for (const { name, summary, described } of REAL) {
    assertStringIncludes(script, `'${name}:${summary}'`);
    for (const flag of Object.keys(described.flags)) assertStringIncludes(script, `--${flag}[`);
  }
  assertStringIncludes(script, ":STATUS:(pending claimed timed_out");
  assertStringIncludes(script, "'*--kind[only this kind of record, the plural will do]:KIND:(");
  assertStringIncludes(script, "1:operand:(bash zsh fish)");
  const lanes = completionScript("zsh", LANES);
  assertStringIncludes(
    lanes,
    `acquire) specs=('(--kind)--kind[its kind]:VALUE:(cluster priority)'`,
  );
  assertStringIncludes(lanes, `specs=('1:command:(acquire release)' $specs)`);
});

it("fish gets every command, flag and choice, quoted", () => {
  const script = completionScript("fish", REAL);
  for (const { name, summary, described } of REAL) {
    assertStringIncludes(script, `-n __coord_is_bare -a '${name}' -d '${summary}'\n`);
    for (const flag of Object.keys(described.flags)) {
      assertStringIncludes(script, `-n '__coord_is \\'${name}\\'' -l ${flag}`);
    }
  }
  assertStringIncludes(script, "-l backend -x -a 'auto native poll'");
  assertStringIncludes(script, `-n '__coord_is \\'completions\\'' -a 'bash zsh fish'`);
  assertStringIncludes(
    completionScript("fish", LANES),
    `-n '__coord_is \\'lane\\'' -a 'acquire' -d 'take [a] lane: it\\'s yours'\n`,
  );
});

it("the shell's own syntax check passes", () => {
  for (const commands of [REAL, LANES]) {
    assertEquals(bash(`bash -n <<< "$1"`, completionScript("bash", commands)), "");
  }
});
