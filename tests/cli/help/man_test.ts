import { CATALOG, describeAll, type DescribedCommand } from "../../../src/cli/catalog.ts";
import { exitCodes } from "../../../src/cli/exit_codes.ts";
import { GLOBAL_FLAGS } from "../../../src/cli/locate.ts";
import { main } from "../../../src/cli/main.ts";
import { manualPage } from "../../../src/cli/help/man.ts";
import { detectHost } from "../../../src/host/detect.ts";
import { assert_, assertEquals, assertMatch, it } from "../../deps.ts";
import { fakeHost } from "../../support/fake/host.ts";
import { RENDERERS, showManual } from "../../support/program/manual.ts";
import { itWith } from "../../support/program/programs.ts";

const host = await detectHost();
const COMMANDS = await describeAll();
const PAGE = manualPage(COMMANDS);

/** Texts that mean something to roff, shown as they stand. */
const HOSTILE = [
  ".so /etc/passwd",
  "'br \\fBno\\fR \\n(.x \\*[y] \\",
  'it\'s "quoted" `this` ^that^ ~/home --flag -x a-b',
  "... . .. '' \\& \\. %%",
  "日本 é € 🎉",
];

const hostile: DescribedCommand = {
  name: "hostile",
  group: '.Group "1" it\'s',
  summary: HOSTILE[0] ?? "",
  described: {
    details: HOSTILE.join("\n"),
    operands: [{ name: ".OPERAND", summary: HOSTILE[1] ?? "", as: "x" }],
    flags: { "a-b": { type: "text", summary: HOSTILE[2] ?? "", placeholder: "'X" } },
    examples: HOSTILE,
  },
};

/** From each command's usage line to that of the next, and each section, without indentation. */
function partOf(text: string, title: RegExp): string {
  const lines = text.split("\n");
  const start = lines.findIndex((line) => title.test(line));
  assert_(start >= 0, `nothing begins with ${title}`);
  const depth = (line = "") => line.search(/\S/);
  const length = lines.slice(start + 1).findIndex((line) =>
    line.trim() !== "" && depth(line) <= depth(lines[start])
  );
  return lines.slice(start, length < 0 ? undefined : start + 1 + length).join("\n");
}

for (const renderer of RENDERERS) {
  const { program, env } = renderer;
  const name = env === undefined ? program : `${program} in the locale C`;
  const it = itWith(program);

  it(`${name} shows the page and finds no fault in it`, () => {
    const { text, complaints } = showManual(PAGE, renderer);
    assertEquals(complaints, "");
    for (const { name, described } of COMMANDS) {
      const part = partOf(text, new RegExp(`^ +coord ${name}( \\S+)* \\[FLAGS\\]( -- \\S+)?$`));
      for (
        const [flag, { placeholder, summary, choices = [] }] of Object.entries(described.flags)
      ) {
        const tag = placeholder === undefined ? `--${flag}` : `--${flag} ${placeholder}`;
        for (const wanted of [tag, summary, ...choices]) {
          assert_(part.includes(wanted), `${name} --${flag} misses ${wanted}: ${part}`);
        }
      }
      for (const example of described.examples ?? []) {
        assert_(part.includes(`coord ${example}\n`), `${name} misses ${example}: ${part}`);
      }
    }
    const options = partOf(text, /^OPTIONS$/);
    for (const flag of Object.keys(GLOBAL_FLAGS)) assert_(options.includes(`--${flag}`), flag);
  });
}

for (const renderer of RENDERERS.filter(({ env }) => env === undefined)) {
  itWith(renderer.program)(`${renderer.program} shows hostile text as it stands`, () => {
    const { text, complaints } = showManual(manualPage([hostile]), renderer);
    assertEquals(complaints, "");
    const part = partOf(text, /^ +coord hostile/);
    for (const line of HOSTILE) {
      const count = part.split(line).length - 1;
      assert_(count >= 2, `${line} is said ${count} times in: ${part}`);
    }
    assertMatch(part, /^ +--a-b 'X$/m);
    assertMatch(text, /^ +\.Group "1" it's$/m);
  });
}

it("manualPage() lists the statuses of all exit codes", () => {
  const part = PAGE.slice(PAGE.indexOf('.SH "EXIT STATUS"'), PAGE.indexOf(".SH FILES"));
  for (const { code, statuses } of exitCodes()) {
    assertMatch(part, new RegExp(`^\\\\fB${code}\\\\fR$`, "m"));
    for (const status of statuses) assert_(part.includes(status), status);
  }
});

it("manualPage() names every variable that the source asks for", () => {
  const sources = (path: string): string[] =>
    (host.fs.list(path) ?? []).flatMap(({ name, isDirectory }) =>
      isDirectory ? sources(`${path}/${name}`) : name.endsWith(".ts") ? [`${path}/${name}`] : []
    );
  const root = decodeURIComponent(new URL("../../../src", import.meta.url).pathname)
    .replace(/^\/(?=[A-Za-z]:)/, "");
  const asked = new Set<string>();
  const declared = new Set<string>();
  for (const path of sources(root)) {
    const text = new TextDecoder().decode(host.fs.read(path));
    for (const [, name = ""] of text.matchAll(/\benv\(\s*"([A-Z_]+)"/g)) asked.add(name);
    for (const [, name = ""] of text.matchAll(/\benv: "([A-Z_]+)"/g)) declared.add(name);
  }
  assert_(asked.has("NO_COLOR") && declared.has("COORD_DIR"), "the search finds nothing");
  // What a flag declares stands on the page as soon as a command has that flag.
  const flags = COMMANDS.flatMap(({ described }) => Object.values(described.flags));
  const expected = [
    ...[...asked].filter((name) => !declared.has(name)),
    ...[...flags, ...Object.values(GLOBAL_FLAGS)].flatMap(({ env }) => env ?? []),
  ];
  const part = PAGE.slice(PAGE.indexOf(".SH ENVIRONMENT"), PAGE.indexOf('.SH "EXIT STATUS"'));
  for (const name of expected) assert_(part.includes(`\\fB${name}\\fR`), `$${name} is missing`);
});

it("manualPage() is plain ASCII and the same each time", () => {
  assertMatch(PAGE, /^[\x20-\x7e\n]+$/);
  assertEquals(manualPage(COMMANDS), PAGE);
});

it("coord man prints the page, with --json as page", async () => {
  const text = fakeHost({ args: ["man"] });
  const json = fakeHost({ args: ["man", "--json"] });
  assertEquals([await main(text), await main(json)], [0, 0]);
  assertEquals(text.out, PAGE);
  assertEquals(JSON.parse(json.out).page, PAGE);
  assertEquals(COMMANDS.length, Object.keys(CATALOG).length);
});
