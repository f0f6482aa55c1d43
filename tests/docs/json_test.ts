/** `docs/json.md` and the README name every exit code, and every field of the answers in the transcripts. */
import { fieldTables, withTables } from "../../scripts/json_fields.ts";
import { EXIT_CODES } from "../../src/cli/exit_codes.ts";
import { assert_, assertEquals, assertThrows, it } from "../deps.ts";

const ROOT = `${import.meta.dirname}/../..`;
const read = (path: string) => Deno.readTextFileSync(`${ROOT}/${path}`);

/** The rows of a document's table of exit codes, as code and statuses. */
function exitCodes(text: string) {
  return [...text.matchAll(/^\| (\d+) +\|([^|\n]*)\|(.*)$/gm)].map(([, code, , statuses = ""]) => ({
    code: Number(code),
    statuses: [...statuses.matchAll(/`(\w+)`/g)].map(([, status]) => status).sort(),
  }));
}

it("json.md has the exit codes with their statuses, and the README the exit codes", () => {
  const real = EXIT_CODES.map(({ code, statuses }) => ({ code, statuses: [...statuses].sort() }));
  assertEquals(exitCodes(read("docs/json.md")), real);
  assertEquals(
    exitCodes(read("README.md")).map(({ code }) => code),
    real.map(({ code }) => code),
  );
});

/** What a document of fields leaves to others: the users' own, and what `coord help --json` describes. */
const OPEN = ["payload", "result", "evidence", "data", "counts", "records", "operands", "flags"];

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
