import { common } from "../../../src/domain/glob/search.ts";
import { compile, compileSpelled, type Dialect } from "../../../src/domain/glob/compile.ts";
import { shapeOf, shapesMeet } from "../../../src/domain/glob/shape.ts";
import { assert_, assertEquals, it } from "../../deps.ts";
import { randomGlob, seeded } from "../../support/scene/globs.ts";
import { sized } from "../../support/length.ts";

const PAIRS = sized(10_000, 50_000, 2_000_000);

/** What the shapes of two patterns say, and what is so by their automata. */
function both(a: string, b: string, dialect: Dialect) {
  const [one, other] = [automatonOf(a, dialect), automatonOf(b, dialect)];
  if (typeof one === "string" || typeof other === "string") return undefined;
  const [ours, theirs] = [shapeOf(a, dialect), shapeOf(b, dialect)];
  const decided = ours && theirs ? shapesMeet(ours, theirs) : undefined;
  return { decided, is: common(one, other).kind !== "none" };
}

function automatonOf(text: string, dialect: Dialect) {
  const automaton = compile(text, dialect);
  const isPlain = typeof automaton === "string" || dialect === "symbol";
  return isPlain ? automaton : compileSpelled(text) ?? automaton;
}

for (const dialect of ["path", "symbol"] as const) {
  it(`shapesMeet() says what the automata of two patterns of a ${dialect} say, or nothing`, () => {
    const random = seeded(`shapes of a ${dialect}`);
    let pairs = 0;
    let decided = 0;
    while (pairs < PAIRS) {
      const [a, b] = [randomGlob(random), randomGlob(random)];
      const found = both(a, b, dialect);
      if (found === undefined) continue;
      pairs++;
      if (found.decided === undefined) continue;
      decided++;
      assertEquals({ a, b, meet: found.decided }, { a, b, meet: found.is });
    }
    console.log(`${decided} of ${pairs} pairs were decided at a glance`);
    assert_(decided > pairs / 2, "most pairs are");
  });
}

it("shapesMeet() decides at a glance on what people write", () => {
  const meet: [a: string, b: string, meet: boolean][] = [
    ["src/**/*.ts", "src/**/*.md", false],
    ["src/**/*.ts", "src/*/a?.ts", true],
    ["src/a", "src/a/b/c.ts", true],
    ["src/a", "src/ab.ts", false],
    ["**/*a*b*c*d*e*", "**/*f*g*h*i*j*", true],
    ["**/x*a*b*", "**/y*a*b*", false],
    ["src/**/test/**/*.ts", "src/a/b.ts", true],
    ["src/**/test/*.ts", "src/*/*.ts", true],
    ["src/**/test/*.ts", "src/a*/b/c.ts", false],
    ["src/*.{ts,tsx}", "src/[a-c]*.tsx", true],
    ["src/*.{ts,tsx}", "src/*.{js,jsx}", false],
    ["SRC/A.ts", "src/a.TS", true],
    ["**", "a", true],
    [".", "x/y", true],
    ["app/\\[id\\]/page.tsx", "app/*/page.tsx", true],
    ["app/\\[id\\]/page.tsx", "app/[id]/page.tsx", true],
    ["app/\\[id\\]/page.tsx", "app/[id]/*.ts", false],
    ["src/\\{a,b\\}.ts/x", "src/{a,b}.ts", true],
    ["\\{\\{name\\}\\}/setup.py", "*/setup.py", true],
    ["\\{\\{name\\}\\}/setup.py", "src/*.py", false],
  ];
  for (const [a, b, is] of meet) {
    assertEquals({ a, b, ...both(a, b, "path") }, { a, b, decided: is, is });
  }
});
