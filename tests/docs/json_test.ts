/** `docs/json.md` and the README name every exit code, and every field of the answers in the transcripts. */
import { fieldTables, withTables } from "../../scripts/json_fields.ts";
import { CATALOG } from "../../src/cli/catalog.ts";
import { exitCodes } from "../../src/cli/exit_codes.ts";
import { locate } from "../../src/cli/locate.ts";
import { printProblems } from "../../src/cli/print.ts";
import { ANSWERS, fieldsOf } from "../../src/commands/answers.ts";
import { RENAMED } from "../../src/commands/registry.ts";
import { assert_, assertEquals, assertThrows, it, itIf } from "../deps.ts";
import { hasShell } from "../support/program/posix_shell.ts";
import { Shell } from "../support/program/shell.ts";

const ROOT = `${import.meta.dirname}/../..`;
const read = (path: string) => Deno.readTextFileSync(`${ROOT}/${path}`);

/** The rows of a document's table of exit codes, as code and statuses. */
function codesIn(text: string) {
  return [...text.matchAll(/^\| (\d+) +\|([^|\n]*)\|(.*)$/gm)].map(([, code, , statuses = ""]) => ({
    code: Number(code),
    statuses: [...statuses.matchAll(/`(\w+)`/g)].map(([, status]) => status).sort(),
  }));
}

it("json.md has the exit codes with their statuses, and the README the exit codes", () => {
  const real = exitCodes().map(({ code, statuses }) => ({ code, statuses: [...statuses].sort() }));
  assertEquals(codesIn(read("docs/json.md")), real);
  assertEquals(
    codesIn(read("README.md")).map(({ code }) => code),
    real.map(({ code }) => code),
  );
});

/** What a document of fields leaves to others: the users' own, and what `coord help --json` describes. */
const OPEN = [
  "payload",
  "result",
  "queues",
  "evidence",
  "data",
  "counts",
  "records",
  "operands",
  "flags",
  "settings",
  "labels",
  "metadata",
];

/** The names of all fields in a value, except those within {@link OPEN}. */
function fields(value: unknown, into: Set<string>): Set<string> {
  if (Array.isArray(value)) { for (const each of value) fields(each, into); }
  else if (typeof value === "object" && value !== null) {
    for (const [name, each] of Object.entries(value)) {
      into.add(name);
      if (!OPEN.includes(name)) fields(each, into);
    }
  }
  return into;
}

it("every answer in the transcripts has a status", () => {
  const without: string[] = [];
  for (const { name } of Deno.readDirSync(`${ROOT}/tests/transcripts`)) {
    if (!name.endsWith(".txt")) continue;
    for (const [line] of read(`tests/transcripts/${name}`).matchAll(/^\{"ok":.*\}$/gm)) {
      const { status } = JSON.parse(line.replace(/:\[[A-Z]+\]/g, ":0"));
      if (typeof status !== "string" || status === "") without.push(`${name}: ${line}`);
    }
  }
  assertEquals(without, []);
});

/** The names of all fields in a value, with those within others. */
function paths(value: object, before = ""): string[] {
  return Object.entries(value).flatMap(([name, each]) => [
    before + name,
    ...(typeof each === "object" && each !== null && !Array.isArray(each)
      ? paths(each, `${before}${name}.`)
      : []),
  ]);
}

/** Fields that another tool has added to a record in a transcript. */
const FOREIGN = ["task.ok"];

it("--print takes every field of the answers in the transcripts, and of their records", () => {
  const refused: string[] = [];
  for (const { name } of Deno.readDirSync(`${ROOT}/tests/transcripts`)) {
    if (!name.endsWith(".txt")) continue;
    let command = "";
    for (const line of read(`tests/transcripts/${name}`).split("\n")) {
      if (line.startsWith("$ ")) {
        command = locate(line.split(" ").slice(1), new Set(Object.keys(CATALOG)), RENAMED).name ??
          "";
      }
      if (!line.startsWith('{"ok":') || command === "") continue;
      const answer = JSON.parse(line.replace(/:\[[A-Z]+\]/g, ":0"));
      if ([2, 3, 4, 5, 64].includes(answer.exit_code)) continue;
      const { lists = [] } = ANSWERS[command] ?? {};
      const found = lists.flatMap((list) => answer[list] ?? []).flatMap((each) => paths(each));
      for (const list of lists) delete answer[list];
      const all = [...found, ...paths(answer)].filter((field) => !FOREIGN.includes(field));
      for (const { message } of printProblems(command, all)) {
        refused.push(`${command} ${message}`);
      }
    }
  }
  assertEquals([...new Set(refused)], []);
});

it("--print knows the fields of every command, and json.md names them", () => {
  // Those answer a host or a client, in its words.
  assertEquals(Object.keys(CATALOG).filter((name) => fieldsOf(name).length === 0), [
    "hook run",
    "mcp",
  ]);
  assertEquals(Object.keys(ANSWERS).filter((name) => !Object.hasOwn(CATALOG, name)), []);
  const named = new Set([...read("docs/json.md").matchAll(/`(\w+)`/g)].map(([, word]) => word));
  const words = Object.keys(ANSWERS).flatMap(fieldsOf).flatMap((field) => field.split("."));
  assertEquals([...new Set(words)].filter((word) => word !== "*" && !named.has(word)), []);
});

it("json.md names every field of the answers in the transcripts", () => {
  const found = new Set<string>();
  for (const { name } of Deno.readDirSync(`${ROOT}/tests/transcripts`)) {
    if (!name.endsWith(".txt")) continue;
    for (const [line] of read(`tests/transcripts/${name}`).matchAll(/^\{"ok":.*\}$/gm)) {
      fields(JSON.parse(line.replace(/:\[[A-Z]+\]/g, ":0")), found);
    }
  }
  assert_(found.size > 100, `${found.size} fields`);
  const named = new Set([...read("docs/json.md").matchAll(/`(\w+)`/g)].map(([, word]) => word));
  assertEquals([...found].filter((name) => !named.has(name)), []);
});

it("fieldTables() lists the fields that a type inherits, with their comments", () => {
  const [, table = ""] = fieldTables().split("### LaneReleased\n");
  assertEquals(
    [...(table.split("###")[0] ?? "").matchAll(/^\| `(\w+)` \| (.*) \|$/gm)].map(([, ...row]) =>
      row
    ),
    [
      ["status", "It has ended."],
      ["lane", "The lane."],
      ["owner", "Who holds it, or held it until this call."],
      ["loop_ts", "The key of the hold."],
      ["fence", "The grant's fencing token: the lease's new one, or the one that is stale now."],
    ],
  );
});

it("withTables() keeps the prose, replaces the tables, and refuses a document without their place", () => {
  const text = read("docs/json.md");
  const stale = text.replace("### TaskRecord", "### Gone");
  assertEquals(withTables(stale), withTables(text));
  assert_(withTables(text).startsWith("# JSON and exit codes\n"));
  assertThrows(() => withTables("# JSON\n"), Error, "no line");
});

itIf(hasShell, "it needs bash")(
  "json.md has a loop that keeps an empty column of --print",
  async () => {
    const [, pipe = ""] =
      /`coord … (\| tr .* read -r a b c); do …; done`/.exec(read("docs/json.md")) ?? [];
    await using bash = new Shell(["printf", "%s\\t\\t%s\\n"], ROOT);
    const loop = (pipe: string) => bash.run(`coord 1 3 ${pipe}; do echo "[$a][$b][$c]"; done`);
    assertEquals(await loop(pipe), { code: 0, output: "[1][][3]\n" });
    const naive = await loop("| while IFS=$'\\t' read -r a b c");
    assertEquals(naive.output, "[1][3][]\n");
  },
);
