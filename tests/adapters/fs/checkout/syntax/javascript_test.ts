import { assertEquals, it } from "../../../../deps.ts";
import { imported } from "../../../../support/scene/imported.ts";

it("importsIn() reads forms of TypeScript's imports that Lezer's grammar does not know", async () => {
  const cases: [text: string, ...expected: string[]][] = [
    [`export * as default from "./a"; import "./b";`, "./a", "./b"],
    [`export * as "a b" from './a';`, "./a"],
    [`export { type A, b, type as as } from "./a";`, "./a A", "./a b", "./a type"],
    [`export { type A as B, default as c, "d e" as f } from "./a";`, "./a A", "./a", "./a"],
    [`import { type as, type type as B } from "./a"`, "./a as", "./a type"],
    [`export type * from "./a"; export type * as N from "./b";`, "./a", "./b"],
    [`import type from "./a"; import type, { b } from "./b";`, "./a", "./b", "./b b"],
    [`import type A = require("./a"); export import B = require("./b");`, "./a", "./b"],
    [`import {} from "./a"; export {} from "./b"; export {}; export { c };`, "./a", "./b"],
    [`import a, * as b from "./a" with { type: "json" }; import "./b"`, "./a", "./a", "./b"],
    [`import "./a" assert { type: "css" };\nimport "./b"`, "./a", "./b"],
    [`import defer * as a from "./a"; import source b from "./b"`, "./a", "./b"],
    [`import defer from "./a"; import source from "./b"`, "./a", "./b"],
    [`import.defer("./a"), import.source("./b"), import.meta.resolve("./c");`, "./a", "./b", "./c"],
    [
      `type T = { a: typeof import("./a"), b(): import("./b").B<import('./c').C>["d"] };`,
      ...["./a", "./b", "./c"],
    ],
    [
      `interface I { a: typeof import("./a")["default"] }; let b: typeof import("./b") | null;`,
      ...["./a", "./b"],
    ],
    [
      `let a: import("./a", { with: { "resolution-mode": "import" } }).A; import "./b"`,
      "./a",
      "./b",
    ],
    [
      `declare module "vue" { interface G { a: typeof import("./a") } } import "./b";`,
      "./a",
      "./b",
    ],
    [`declare module './a' { interface A { b: import("./b").B } }`, "./a", "./b"],
    [`declare module "x" { export * from "./a"; import b = require("./b"); }`, "./a", "./b"],
    [
      `require.resolve("./a"); [...require("./b")]; o.require("./no"); o.\n  import("./no");`,
      "./a",
      "./b",
    ],
    [`// The end is near.\nrequire("./a");\n/* So it is. */\nexport * from "./b";`, "./a", "./b"],
    [`new Worker(new URL("./a", import.meta.url)); new URL("./no", location.href);`, "./a"],
    [`jest.mock("./no"); import("./no" + c); import(d); import("./e", f);`, "./e"],
    [`import { a } from\n  "./a"\nimport b\n, { c as d }\nfrom "./b"`, "./a a", "./b", "./b c"],
    [`export const from = "./no"; export default from; export { from }; "./no"`],
    [`const s = "import('./no')"; /import("no")/.test(s); x.$import("./no");`],
    [`x = { "dynamic-import":require("./a"), b: "an import" + "./no", c: 'to export' }`, "./a"],
    [
      `x = { "dynamic-import":require("./a"), b: "an import" + "./no", c: 'to export' + './no' };`,
      "./a",
    ],
    [`const t = \`import "./no" \${import("./a")} require("./no")\`;`, "./a"],
    [`@import("./no") class A { #import = import("./a"); }`, "./a"],
  ];
  for (const [text, ...expected] of cases) {
    assertEquals(await imported("ts", text), expected, text);
  }
});

it("importsIn() reads the references before all code", async () => {
  const text = `#!/usr/bin/env x
    // @ts-check
    /// <reference path='a.d.ts' />
    /* and */ /// <reference path="../b.ts"/>
    /// <reference types="node" />
    /// <reference types="./c" />
    let a; /// <reference path="no" />`;
  assertEquals(await imported("ts", text), ["./a.d.ts", "../b.ts", "./c"]);
});

it("importsIn() reads the imports of Flow", async () => {
  const text = `
    // @flow
    import type { Node, Edge as E } from "./a";
    import { type Leaf, typeof Root, run } from "./b";
    import typeof * as C from "./c";
    import typeof D from "./d";
    export type { F } from "./f";
    opaque type X: string = string;
    type Y = {| +a: ?string, [key: string]: any |};
    function f<T>(x: ?T): Array<T> %checks { return (x: any); }
    declare export * from "./g";
    interface I { f(Array<T>): void; g(x?: string): void }
    const e = <p>it's import "./no"</p>;
    import("./late");
  `;
  assertEquals(await imported("js", text), [
    ...["./a Node", "./a Edge", "./b Leaf", "./b Root", "./b run", "./c", "./d", "./f F"],
    ...["./g", "./late"],
  ]);
});

it("importsIn() reads comments that give JavaScript its types", async () => {
  const text = `
    /** @import { A, B as C } from "./a" */
    /**
     * @import * as D
     *   from './b'
     * @param {import("./c").C<import("./d")>} x the import("./no") that {@link import("./no")}
     * @type {{ a: import('./e') }}
     */
    function f(x) {}
    /** import("./no") */
    /* @type {import("./no")} */
    const s = "/** @type {import('./no')} */";
    require("./f");
  `;
  const expected = ["./a A", "./a B", "./b", "./c", "./d", "./e", "./f"];
  assertEquals(await imported("js", text), expected);
  assertEquals(await imported("ts", text), ["./f"]);
});
