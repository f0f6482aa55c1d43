import { assertEquals, it } from "../deps.ts";
import { reportShape, shapeFindings } from "../../scripts/check_shape.ts";

/** The findings in a tree of files, as they are printed. */
function findings(tree: Record<string, string>): string[] {
  const printed: string[] = [];
  reportShape(shapeFindings(new Map(Object.entries(tree))), (line) => printed.push(line));
  return printed;
}

const PART = "export const part = 1;\n";

it("shapeFindings() is content with every arrow that the layers allow", () => {
  assertEquals(
    findings({
      "mod.ts": `export { a } from "./src/engine/a.ts";
export { open } from "./src/workspace/open.ts";
export type { Host } from "./src/ports/host.ts";
export { type Store } from "./src/ports/store.ts";`,
      "src/workspace/open.ts": `export { open } from "../adapters/fs/open.ts";
import { detectHost } from "../host/detect.ts"; detectHost();`,
      "src/async/wakeup.ts": PART,
      "src/engine/watch/a.ts": `import { part } from "../../async/wakeup.ts";
import { b } from "../task/b.ts"; part + b;`,
      "src/engine/task/b.ts": `import { c } from "../c.ts"; export const b = c;`,
      "src/engine/c.ts": `import { b } from "./lane/b.ts"; export const c = b;`,
      "src/engine/lane/b.ts": `export const b = 1;`,
      "cli.ts": `import { main } from "./src/cli/main.ts"; main();`,
      "src/domain/a.ts": `import { b } from "./b.ts"; export const a = b;`,
      "src/ports/host.ts": `import type { a } from "../domain/a.ts"; export type Host = typeof a;`,
      "src/async/a.ts": `import type { Host } from "../ports/host.ts"; export let a: Host;`,
      "src/engine/a.ts": `import type { Host } from "../ports/host.ts"; export let a: Host;`,
      "src/engine/b.ts": `import { a } from "../async/a.ts"; export const b = a;`,
      "src/host/node.ts": `import * as fs from "node:fs"; export const read = fs.read;`,
      "src/host/deno.ts": `export const pid = Deno.pid;`,
      "src/adapters/fs/open.ts": `import { x } from "./x.ts"; export const open = x;`,
      "src/adapters/fs/x.ts": `import { p } from "../../deps/path.ts"; export const x = p;`,
      "src/adapters/fs/y.ts": `import { a } from "../../async/a.ts"; export const y = a;`,
      "src/commands/registry.ts": `export const load = () => import("./claim.ts");`,
      "src/commands/claim.ts": `import { a } from "../engine/a.ts"; export const run = a;`,
      "src/cli/main.ts": `import { open } from "../adapters/fs/open.ts"; export const main = open;`,
      "src/deps/path.ts": `export * as p from "jsr:@std/path@^1.1";`,
      "tests/deps.ts": `import * as a from "jsr:@std/assert@^1.0"; export const b = a;`,
      "tests/x_test.ts": `import { a } from "../src/engine/a.ts"; import(a); Deno.exit(a);`,
      "scripts/x.ts": `import "node:fs"; import { a } from "../src/cli/main.ts"; export { a };`,
    }),
    [],
  );
});

const FORBIDDEN: readonly (readonly [from: string, to: string])[] = [
  ["src/domain/a.ts", "src/ports/b.ts"],
  ["src/domain/a.ts", "src/deps/path.ts"],
  ["src/ports/a.ts", "src/engine/b.ts"],
  ["src/ports/a.ts", "src/deps/path.ts"],
  ["src/async/a.ts", "src/engine/b.ts"],
  ["src/async/a.ts", "src/adapters/fs/b.ts"],
  ["src/async/a.ts", "src/host/b.ts"],
  ["src/domain/a.ts", "src/async/b.ts"],
  ["src/ports/a.ts", "src/async/b.ts"],
  ["src/commands/a.ts", "src/async/b.ts"],
  ["src/engine/a.ts", "src/host/b.ts"],
  ["src/engine/a.ts", "src/adapters/fs/b.ts"],
  ["src/adapters/fs/a.ts", "src/adapters/postgres/b.ts"],
  ["src/adapters/fs/a.ts", "src/engine/b.ts"],
  ["src/adapters/fs/a.ts", "src/host/b.ts"],
  ["src/host/a.ts", "src/deps/path.ts"],
  ["src/commands/a.ts", "src/cli/b.ts"],
  ["src/commands/a.ts", "src/adapters/fs/b.ts"],
  ["src/deps/a.ts", "src/deps/b.ts"],
  ["src/cli/a.ts", "tests/b.ts"],
  ["mod.ts", "src/cli/b.ts"],
  ["mod.ts", "src/ports/b.ts"],
  ["mod.ts", "src/adapters/fs/b.ts"],
  ["mod.ts", "src/host/detect.ts"],
  ["src/workspace/open.ts", "src/cli/b.ts"],
  ["src/workspace/open.ts", "src/adapters/fs/task/store.ts"],
  ["cli.ts", "src/engine/b.ts"],
  ["src/async/a.ts", "src/engine/b.ts"],
];

for (const [from, to] of FORBIDDEN) {
  it(`shapeFindings() refuses the arrow from ${from} to ${to}`, () => {
    const specifier = (from.includes("/") ? "../".repeat(from.split("/").length - 1) : "./") + to;
    const found = findings({
      [from]: `\nimport { part } from "${specifier}";\npart;\n`,
      [to]: PART,
    });
    assertEquals(found.map((line) => line.split(": allowed")[0]), [
      `${from}:2: must not import "${to}"`,
    ]);
  });
}

it("shapeFindings() counts every form of import as an arrow", () => {
  const forms = [
    `import type { part } from "../ports/b.ts"; export type A = typeof part;`,
    `import { type part } from "../ports/b.ts"; export type A = typeof part;`,
    `import "../ports/b.ts"; export const a = 1;`,
    `export * from "../ports/b.ts"; export const a = 1;`,
    `export type { part } from "../ports/b.ts"; export const a = 1;`,
    `export const a = () => import("../ports/b.ts");`,
    `export let a: import("../ports/b.ts").Part;`,
    `import part = require("../ports/b.ts"); export const a = part;`,
  ];
  for (const form of forms) {
    assertEquals(findings({ "src/domain/a.ts": form, "src/ports/b.ts": PART }), [
      'src/domain/a.ts:1: must not import "src/ports/b.ts": allowed is src/domain/, src/deps/zod.ts',
    ]);
  }
});

it("shapeFindings() refuses a dynamic import that computes its module", () => {
  const message = "a dynamic import must name its module as a plain string";
  assertEquals(findings({ "src/cli/a.ts": "const b = '';\nexport const a = import(b);" }), [
    `src/cli/a.ts:2: ${message}`,
  ]);
  assertEquals(findings({ "src/cli/a.ts": "export const a = import(`./${1}.ts`);" }), [
    `src/cli/a.ts:1: ${message}`,
  ]);
});

it("shapeFindings() refuses a file of src in no layer", () => {
  assertEquals(findings({ "src/a.ts": PART, "src/util/b.ts": PART, "src/adapters/c.ts": PART }), [
    "src/a.ts:1: the file is in no layer",
    "src/adapters/c.ts:1: the file is in no layer",
    "src/util/b.ts:1: the file is in no layer",
  ]);
});

it("shapeFindings() finds an import cycle, by types and dynamic imports too", () => {
  assertEquals(
    findings({
      "src/domain/a.ts": `import { b } from "./b.ts"; export const a = b;`,
      "src/domain/b.ts": `export const b = 1;\nexport let c: typeof import("./c.ts");`,
      "src/domain/c.ts": `export const c = () => import("./a.ts");`,
    }),
    [
      "src/domain/c.ts:1: closes an import cycle: " +
      "src/domain/a.ts -> src/domain/b.ts -> src/domain/c.ts -> src/domain/a.ts",
    ],
  );
  assertEquals(
    findings({ "src/domain/a.ts": `import * as a from "./a.ts"; export const b = a;` }),
    [
      "src/domain/a.ts:1: closes an import cycle: src/domain/a.ts -> src/domain/a.ts",
    ],
  );
});

it("shapeFindings() refuses a file of 401 lines anywhere, not one of 400", () => {
  const lines = (count: number) => "// line\n".repeat(count);
  assertEquals(
    findings({
      "cli.ts": lines(401),
      "scripts/a.ts": lines(401),
      "src/domain/a.ts": lines(400),
      "src/domain/b.ts": lines(400) + "// no newline",
      "tests/a_test.ts": lines(401),
    }),
    ["cli.ts", "scripts/a.ts", "src/domain/b.ts", "tests/a_test.ts"].map((path) =>
      `${path}:401: the file has 401 lines, the limit is 400`
    ),
  );
});

it("shapeFindings() refuses third-party and built-in modules out of their places", () => {
  const refused: readonly (readonly [path: string, specifier: string])[] = [
    ["mod.ts", "jsr:@std/path@^1.1"],
    ["scripts/a.ts", "npm:zod@^4.6"],
    ["src/adapters/fs/a.ts", "node:fs"],
    ["src/cli/a.ts", "https://deno.land/x/y.ts"],
    ["src/deps/a.ts", "node:fs"],
    ["src/host/deno.ts", "node:fs"],
    ["src/host/node.ts", "npm:fs-extra@11"],
    ["tests/a_test.ts", "node:test"],
    ["tests/b_test.ts", "zod"],
    ["tests/support/a.ts", "bun:test"],
  ];
  for (const [path, specifier] of refused) {
    const found = findings({ [path]: `import * as a from "${specifier}";\nexport const b = a;` });
    assertEquals(found.map((line) => line.split(" only in")[0]), [
      `${path}:1: "${specifier}" may be imported`,
    ]);
  }
});

it("shapeFindings() refuses a runtime's global outside src/host", () => {
  const uses = [
    "export const a = Deno.pid;",
    "export let a: Deno.FileInfo;",
    "export const a = globalThis.Deno;",
    'export const a = globalThis["Deno"];',
    "export const a = `${Deno.pid}`;",
  ];
  for (const use of uses) {
    assertEquals(findings({ "src/engine/a.ts": use }), [
      'src/engine/a.ts:1: only src/host names "Deno"',
    ]);
  }
  assertEquals(findings({ "src/cli/a.ts": "\nexport const a = Bun.file;" }), [
    'src/cli/a.ts:2: only src/host names "Bun"',
  ]);
});

it("shapeFindings() refuses a module that only passes on others, but for mod.ts", () => {
  const domain = { "src/domain/a.ts": PART };
  const message = "src/domain/b.ts:1: a barrel file: import from where the thing is defined";
  const barrels = [
    `export * from "./a.ts";`,
    `export { part } from "./a.ts";`,
    `import { part } from "./a.ts"; export { part };`,
  ];
  for (const barrel of barrels) {
    assertEquals(findings({ ...domain, "src/domain/b.ts": barrel }), [message]);
  }
  assertEquals(findings({ ...domain, "mod.ts": `export * from "./src/domain/a.ts";` }), []);
});

it("shapeFindings() is not fooled by comments, strings, templates and regular expressions", () => {
  assertEquals(
    findings({
      "src/domain/a.ts": `// import { x } from "../ports/x.ts"; Deno.exit()
/* import "node:fs"; */
/** Reads with {@link Deno.readFile}. import("../cli/x.ts") */
export const a = 'import "node:fs"; Deno.pid';
export const b = \`import("npm:zod"); Deno.pid \${a} Deno.pid\`;
export const c = /Deno.pid/;
export const d = "Deno";
`,
    }),
    [],
  );
});

it("reportShape() exits with 1 when there is a finding, else with 0", () => {
  assertEquals(reportShape([], () => {}), 0);
  assertEquals(reportShape([{ path: "a.ts", line: 1, message: "no" }], () => {}), 1);
});

const APART: readonly (readonly [from: string, to: string])[] = [
  ["src/domain/task/a.ts", "src/domain/lane/b.ts"],
  ["src/engine/reservation/a.ts", "src/engine/task/b.ts"],
  ["src/commands/lane/a.ts", "src/commands/reservation/b.ts"],
  ["src/adapters/fs/task/a.ts", "src/adapters/fs/lane/b.ts"],
  ["src/domain/glob/a.ts", "src/domain/lane/b.ts"],
  ["src/domain/input/a.ts", "src/domain/task/b.ts"],
];

for (const [from, to] of APART) {
  it(`shapeFindings() keeps ${from} apart from ${to}`, () => {
    const specifier = "../".repeat(from.split("/").length - 1) + to;
    const room = (path: string) => path.slice(0, path.lastIndexOf("/") + 1);
    assertEquals(
      findings({ [from]: `\nimport { part } from "${specifier}";\npart;\n`, [to]: PART }),
      [`${from}:2: ${room(from)} must not import "${to}" of ${room(to)}`],
    );
  });
}

it("shapeFindings() counts the names of a folder, folders among them, up to sixteen", () => {
  const sixteen = Object.fromEntries(
    Array.from({ length: 15 }, (_, i) => [`src/domain/a${i}.ts`, PART]),
  );
  const full = { ...sixteen, "src/domain/task/a.ts": PART };
  assertEquals(findings({ ...full, "src/domain/task/b.ts": PART }), []);
  assertEquals(findings({ ...full, "src/domain/lane/a.ts": PART }), [
    "src/domain:1: the folder has 17 names, the limit is 16",
  ]);
});

it("shapeFindings() refuses a type's name that another file of the layer has, not of another layer", () => {
  assertEquals(
    findings({
      "src/domain/task/a.ts": "export interface Rule {}\nexport type Own = Rule;\n",
      "src/domain/input/a.ts": "type Rule = 1;\nclass Own {}\nexport const a = [1 as Rule, Own];\n",
      "src/engine/a.ts": "export class Rule {}\nexport interface Rule {}\n",
      "src/adapters/fs/a.ts": "export class Own {}\n",
      "src/adapters/memory/a.ts": "export class Own {}\n",
    }),
    [
      'src/domain/input/a.ts:1: src/domain/task/a.ts declares another type "Rule"',
      'src/domain/input/a.ts:2: src/domain/task/a.ts declares another type "Own"',
    ],
  );
});
