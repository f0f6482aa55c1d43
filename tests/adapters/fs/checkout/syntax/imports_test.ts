import { importsIn } from "../../../../../src/adapters/fs/checkout/syntax/imports.ts";
import type { Language } from "../../../../../src/domain/forecast/imports.ts";
import { sourceFacts } from "../../../../../scripts/support/source_facts.ts";
import { assert_, assertEquals, assertMatch, it } from "../../../../deps.ts";
import { fakeHost } from "../../../../support/fake/host.ts";
import { imported } from "../../../../support/scene/imported.ts";

it("importsIn() reads every form of TypeScript's and JavaScript's imports", async () => {
  const text = `
    import a, { b as c, type D, default as e } from "./x.ts";
    import * as n from './n';
    import "./side";
    import type { T } from "./t";
    import old = require("./old");
    import data from "./data.json" with { type: "json" };
    export { p as q } from "./p";
    export * from "./s";
    export * as z from "./z";
    export const own = 1;
    const lazy = await import("./lazy");
    const plain = await import(/* why */ \`./plain\`);
    const unknown = await import(\`./\${own}\`);
    const other = require("./other"), not = own.require("./not"), none = require(own);
    type Y = import("./y").Y;
  `;
  const expected = ["./x.ts", "./x.ts b", "./x.ts D", "./x.ts", "./n", "./side", "./t T", "./old"];
  expected.push("./data.json", "./p p", "./s", "./z", "./lazy", "./plain", "./other", "./y");
  assertEquals(await imported("ts", text), expected);
  assertEquals(
    await imported("tsx", `const x = <T,>(y: T) => <p>import "./no"</p>; import("./yes");`),
    ["./yes"],
  );
  assertEquals(await imported("js", `const x = <p>it's</p>; require("./yes");`), ["./yes"]);
});

it("importsIn() reads every form of Python's imports", async () => {
  const text = `
import a.b as c, d
from .x import y as z, w
from .. import (  # why
    q,
    r as s,
)
from a.b import *
if TYPE_CHECKING:
    from ...p.q import t
def f():
    import late
`;
  const expected = ["a.b", "d", ".x y", ".x w", ".. q", ".. r", "a.b", "...p.q t", "late"];
  assertEquals(await imported("python", text), expected);
});

it("importsIn() reads every form of Go's imports", async () => {
  const text = `package p
import "a/b"
import (
  x "c/d" // why
  _ "e"
  . \`f\`
)
var import_ = "g"`;
  assertEquals(await imported("go", text), ["a/b", "c/d", "e", "f"]);
});

it("importsIn() separates Rust's modules of the file from those of the crate, wherever they are named", async () => {
  const text = `
    mod x;
    pub(crate) mod r#type;
    use crate::a::{b, c::D as E, self, f::*, g::{h, i}};
    use super::super::q;
    use std::io;
    mod inner {
      mod deep;
      use super::k;
      use super::super::l;
      use self::m;
      fn f() -> crate::t::U { super::v::w() }
    }
    extern crate other;`;
  assertEquals(await imported("rust", text), [
    ...["mod x", "mod type", "crate::a::b", "crate::a::c::D", "crate::a", "crate::a::f"],
    ...["crate::a::g::h", "crate::a::g::i", "super::super::q", "std::io"],
    ...["mod inner::deep", "self::k", "super::l", "self::inner::m", "crate::t::U", "self::v::w"],
  ]);
});

it("importsIn() reads lists of imports to their end, however long", async () => {
  const lines = (line: (i: number) => string) => Array.from({ length: 3_000 }, (_, i) => line(i));
  const texts: [Language, string][] = [
    ["go", `package p\nimport (\n${lines((i) => `\t_ "example.com/m/p${i}"`).join("\n")}\n)\n`],
    ["python", `from .m import (\n${lines((i) => `  Name${i},  # (it's one)`).join("\n")}\n)\n`],
    ["python", `from .m import ${lines((i) => `Name${i}`).join(", \\\n")}\n`],
    ["rust", `use crate::m::{\n${lines((i) => `  p${i}::Name,`).join("\n")}\n};\n`],
    ["ts", `export {\n${lines((i) => `  name${i}, // it's "one"`).join("\n")}\n} from "./m";`],
    ["js", `import {\n${lines((i) => `  name${i} as other${i},`).join("\n")}\n} from "./m";`],
  ];
  for (const [language, text] of texts) {
    const imports = await imported(language, text);
    assertEquals(imports.length, 3_000, language);
    assertMatch(imports.at(-1) ?? "", /2999/);
  }
});

it("importsIn() ends in time on texts that are made to be slow", async () => {
  const texts: [Language, string][] = [
    ["ts", "import {/*".repeat(50_000)],
    ["ts", "import(".repeat(100_000)],
    ["ts", "export * as ".repeat(60_000)],
    ["ts", `import("./a", {`.repeat(60_000)],
    ["ts", `import${" ".repeat(500_000)}`.repeat(2)],
    ["js", "/** @type {import(".repeat(40_000)],
    ["js", `/** ${"@type {{{ import ".repeat(40_000)}*/`],
    ["python", "import (".repeat(100_000)],
    ["python", "import \\\n".repeat(90_000)],
    ["go", `package p\nimport (${"/*".repeat(300_000)}`],
    ["rust", `use ${"a::{".repeat(100_000)}`],
    ["rust", `use ${"a::".repeat(50_000)}{${"b,".repeat(50_000)}};`],
    ["rust", `${"mod a {".repeat(50_000)}${"use b::c;".repeat(20_000)}`],
    ["rust", `${"#[path = ".repeat(60_000)}mod a;`],
    ["rust", `mod a;${'r####"'.repeat(90_000)}`],
  ];
  for (const [language, text] of texts) {
    const start = performance.now();
    await importsIn(language, text, 500);
    const ms = performance.now() - start;
    assert_(ms < 5_000, `${language} ${text.slice(0, 40)}: ${ms} ms`);
  }
});

it("importsIn() is not taken in by comments and by other texts", async () => {
  const texts: [Language, string][] = [
    ["ts", `// import "./a"\n/* import "./b" */ const s = 'import "./c"', r = /import ".d"/;`],
    ["ts", "const t = `import './e' ${'import \"./f\"'}`; o.import('./g'); import.meta.url;"],
    ["tsx", `const x = <p title='import "./h"'>import "./i"; {/* import "./j" */}</p>;`],
    ["python", `# import a\ns = 'import b'\nt = """\nimport c\n"""\nimport_ = f"import {d}"\n`],
    ["go", 'package p\n// import "a"\n/* import "b" */\nvar s = `\nimport "c"\n`\n'],
    ["rust", `// use crate::a;\n/* /* use crate::b; */ mod c; */ fn f() { "use crate::d"; }`],
    ["rust", `const R: &str = r#"use crate::e; "mod f;"#;`],
  ];
  for (const [language, text] of texts) assertEquals(await imported(language, text), [], text);
});

it("importsIn() finds what comes late in a long text, and what stands in code with errors", async () => {
  const filler = "const x = { a: [1, 2, 3], b: 'text' };\n".repeat(1_000);
  const late = ['await import("./late");', "export { x } from /* it's */ './late'"];
  late.push("await import(\n  // why\n  `./late`,\n);", "require ?. ( /* a */ /* b */ './late' )");
  late.push("import\n{ x }\nfrom\n'./late'", "type T = import\t('./late').T");
  for (const text of late) {
    const names = (await imported("ts", `${filler}${text}\n${filler}`)).map((each) =>
      each.split(" ")[0]
    );
    assertEquals(names, ["./late"], text);
  }
  assertEquals(await imported("ts", `import "./a"; const = ) ; import "./b"; function (`), [
    "./a",
    "./b",
  ]);
  assertEquals(await imported("python", "def (:\nimport a\n"), ["a"]);
});

const { fs } = fakeHost();
const ROOT = decodeURIComponent(new URL("../../../../..", import.meta.url).pathname)
  .replace(/^\/(?=[A-Za-z]:)/, "");

/** The TypeScript files of this checkout. */
function* sources(folder: string): Generator<string> {
  for (const { name, isFile, isDirectory } of fs.list(`${ROOT}/${folder}`) ?? []) {
    if (isDirectory) yield* sources(`${folder}/${name}`);
    else if (isFile && name.endsWith(".ts")) yield `${folder}/${name}`;
  }
}

it("importsIn() agrees with TypeScript's own reader on all of coord", async () => {
  let count = 0;
  for (const path of sources("src")) {
    const text = new TextDecoder().decode(fs.read(`${ROOT}/${path}`));
    const expected = sourceFacts(path, text).imports.flatMap(({ specifier }) => specifier ?? []);
    const imports = await importsIn("ts", text, 1_000);
    const modules = (imports ?? []).map(({ module }) => module);
    assertEquals([...new Set(modules)].sort(), [...new Set(expected)].sort(), path);
    count += expected.length;
  }
  assert_(count > 300, `only ${count} imports were compared`);
});
