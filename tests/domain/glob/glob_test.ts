import { assert_, assertEquals, fail, it } from "../../deps.ts";
import { covers, type Glob, matches, overlap, parseGlob } from "../../../src/domain/glob/glob.ts";
import { foldPoint } from "../../../src/domain/glob/chars.ts";
import { surplus } from "../../../src/domain/glob/search.ts";
import { MAX_GLOB } from "../../../src/domain/limits.ts";
import { sized } from "../../support/length.ts";
import {
  bitsOf,
  firstCommon,
  hasAll,
  pathsOver,
  randomGlob,
  seeded,
  slowGlob,
  slowSpelled,
} from "../../support/scene/globs.ts";

const PAIRS = sized(8_000, 100_000, 1_000_000);
const CONTAINMENTS = sized(5_000, 20_000, 200_000);
/**
 * The part of all pairs that may take more than a search's steps: one glob of a pool that is dense
 * enough meets one in a thousand.
 */
const UNSURE = 0.01;
const ANSWER_MS = 10;

function glob(text: string): Glob {
  const parsed = parseGlob(text);
  return typeof parsed === "string" ? fail(`${text} ${parsed}`) : parsed;
}

/** The witness, `null` when disjoint; the other way round it may be another one. */
function witness(a: string, b: string): string | null {
  const [there, back] = [overlap(glob(a), glob(b)), overlap(glob(b), glob(a))];
  assertEquals([there.exhausted, back.exhausted], [false, false], `${a} and ${b}`);
  assertEquals(there.overlaps, back.overlaps, `${a} and ${b}`);
  return there.witness;
}

it("overlap() finds src/a.py in everything that matches it", () => {
  const those = ["./src/**", "src//a.py", "src/?.py", "src/[ab].py", "src/{a,b}.py", "SRC/A.PY"];
  those.push(
    "src",
    "src/",
    ".",
    "**",
    "*/*",
    "**/a.py",
    "src/**/*.py",
    "src/[!b].py",
    "./src/./a.py",
  );
  those.push("{src,lib}/**", "s{rc/a,x}.py", "src/a\\.py");
  for (const text of those) assertEquals(witness(text, "src/a.py"), "src/a.py", text);
});

it("overlap() keeps apart what no path is in", () => {
  const apart = [
    ["src/a?.py", "src/a.py"],
    ["src/**/*.ts", "src/**/*.md"],
    ["src/a", "src/ab.py"],
    ["src/a", "src/ab/c"],
    ["docs/*.md", "docs/a/b.md"],
    ["docs/*.md", "docs/a/**/b.md"],
    ["src/{a,b}", "src/a/c"],
    ["src/a**b", "src/a/b"],
    ["src/***", "src/a/b"],
    ["*", "a/b"],
    ["a\\*b", "acb"],
    ["[!a]/**", "a/b"],
    ["src/[.]a", "src/?b"],
    ["straße", "strasse"],
  ] as const;
  for (const [a, b] of apart) assertEquals(witness(a, b), null, `${a} and ${b}`);
});

it("overlap() gives a shortest witness in folded form", () => {
  assertEquals(witness("SRC/A.py", "src/a.PY"), "src/a.py");
  assertEquals(witness("src/**/*.TS", "**/b*"), "src/b.ts");
  assertEquals(witness("ÀΣ\u212A", "àςk"), "àσk");
  assertEquals(witness("[A-Z]x", "[Q-q]X"), "ax");
  assertEquals(witness("[\u{10400}-\u{10427}]", "[^\u{10428}]"), "\u{10429}");
  assertEquals(witness("**", "**"), "a");
  assertEquals(witness("*.*", "?"), null);
  assertEquals(witness("?", "[.x]"), "x");
  assertEquals(witness("[!a-z]", "[!0-9]"), "_");
});

it("a glob without wildcards is that path and all below it, one with wildcards only what it matches", () => {
  const cases: [glob: string, yes: string[], no: string[]][] = [
    ["src/a", ["src/a", "src/a/b.ts", "SRC/A/b", "src/a/b/c"], ["src/ab.py", "src", "src/b"]],
    ["src/[a]", ["src/a"], ["src/a/b"]],
    ["src/{a,b/c}", ["src/a", "src/b/c"], ["src/b", "src/a/b"]],
    ["src/**", ["src", "src/a", "src/a/b"], ["srca"]],
    ["**/a", ["a", "b/a", "c/b/a"], ["a/b", "ba"]],
    ["a/**/b", ["a/b", "a/c/b", "a/c/d/b"], ["ab", "a", "a/bb"]],
    ["a**b/*", ["ab/c", "axb/c"], ["a/b", "a/b/c", "ab/"]],
    ["{a/**,b}/c", ["a/c", "a/x/y/c", "b/c"], ["b/x/c"]],
    ["{a/,}**", ["a", "b", "x/y"], []],
    ["{*,a}*", ["a", "b"], ["x/y"]],
    ["x**/**/a", ["x/a", "xy/a", "xy/z/a"], ["a", "xa"]],
    ["x{**,y}", ["x", "xz", "xy"], ["x/z"]],
    ["a/{,b}", ["a", "a/b"], ["a/c", "a/"]],
    ["a/{,b}/c", ["a/c", "a/b/c"], ["a//b/c"]],
    ["{,a}", ["a"], ["b", ""]],
    [".*", [".a"], ["a", ".", ".."]],
    ["\\[a\\]", ["[a]", "[a]/b"], ["a"]],
    ["[]a]", ["]", "a"], ["b"]],
    ["[a-]", ["-", "a"], ["b"]],
    [".", ["a", "a/b"], ["", "../a", "/a"]],
  ];
  for (const [text, yes, no] of cases) {
    for (const path of yes) assert_(matches(glob(text), path), `${text} matches ${path}`);
    for (const path of no.filter((path) => !/\/$|\/\//.test(path))) {
      assert_(!matches(glob(text), path), `${text} does not match ${path}`);
    }
  }
});

it("a glob also stands for what it spells, so that a name which is not there yet meets its path", () => {
  const meet = [
    ["app/[id]/page.tsx", "app/\\[id\\]/page.tsx"],
    ["app/[id]", "app/\\[id\\]/page.tsx"],
    ["app/[...slug]/**", "app/\\[...slug\\]/page.tsx"],
    ["app/[id]/*.tsx", "app/\\[id\\]/page.tsx"],
    ["app/{a,b}/[id]/*", "app/b/\\[id\\]/page.tsx"],
    ["{{name}}/setup.py", "\\{\\{name\\}\\}/setup.py"],
    ["[a]/{x}/[!b]", "\\[a\\]/\\{x\\}/\\[!b\\]/below"],
    ["[\\w]", "\\[w\\]"],
    ["APP/[ID]/page.tsx", "app/\\[id\\]/page.tsx"],
    ["app/[id]/page.tsx", "app/\\[id\\]/*"],
  ] as const;
  for (const [a, b] of meet) assert_(witness(a, b) !== null, `${a} and ${b}`);
  assertEquals(witness("app/[id]/page.tsx", "app/i/page.tsx"), "app/i/page.tsx");
  const apart = [
    ["app/[id]/page.tsx", "app/id/page.tsx"],
    ["app/[id]/page.tsx", "app/\\[slug\\]/page.tsx"],
    ["app/[id]/page.tsx", "app/\\[id\\]/layout.tsx"],
    ["x[/../]y", "x\\[/a"],
    ["src/{a,b}.ts", "src/a.ts/x"],
  ] as const;
  for (const [a, b] of apart) assertEquals(witness(a, b), null, `${a} and ${b}`);
});

it("parseGlob() says what is wrong", () => {
  const bad: [string, string][] = [
    ["", "must not be empty"],
    ["{,}", "must not be empty in all its alternatives"],
    ["../a", 'must not hold ".."'],
    ["a/..", 'must not hold ".."'],
    ["a/../b", 'must not hold ".."'],
    ["{a,.}.", 'must not hold ".."'],
    ["{../a,b}", 'must not hold ".."'],
    ["a/{.,b}/c", 'must not hold "." as the end of an alternative'],
    ["/x", "must not be absolute"],
    ["{a,/b}", "must not be absolute"],
    ["{,a}/b", "must not be absolute"],
    ["C:\\x", "must not be absolute"],
    ["c:/x", "must not be absolute"],
    ["C:", "must not be absolute"],
    ["\\\\server\\x", "must not be absolute"],
    ["src\\api", 'must not hold a "\\" before a letter or digit: folders are divided by "/"'],
    ["a\\", 'must not end with a "\\"'],
    ["[ab", 'holds a "[" without its "]"'],
    ["[]", 'holds a "[" without its "]"'],
    ["[a-", 'holds a "[" without its "]"'],
    ["ab]", 'holds a "]" without its "["'],
    ["{a,{b}", 'holds a "{" without its "}"'],
    ["a}", 'holds a "}" without its "{"'],
    ["[b-a]", "holds a range in [] that ends before it begins"],
    ["[/]", "holds a [] that no character is in"],
    ["a\nb", "must not hold control or line-separator characters"],
    ["a\u2028", "must not hold control or line-separator characters"],
    ["\ud800", "must be well-formed Unicode"],
    ["a".repeat(MAX_GLOB + 1), `is longer than ${MAX_GLOB} characters (${MAX_GLOB + 1})`],
  ];
  for (const [text, problem] of bad) assertEquals(parseGlob(text), problem, text.slice(0, 20));
  for (const text of ["..a", "a..", "...", "*..", "..*", "?.", "a,b", "a b", "{a}", "\\.\\{"]) {
    glob(text);
  }
});

it("covers() returns whether one glob holds all of another", () => {
  const yes = [["**", "a/b"], ["src", "src/**"], ["src/**", "src"], ["*.{ts,md}", "[a-c].ts"]];
  yes.push(["{a,b}*", "[ab]?"], ["**/*", "**"], ["[A-Z]", "[a-c]"], ["?*", "*"], ["a", "A/**/b"]);
  const no = [["*", "**"], ["src/*", "src"], ["[a-c].ts", "*.ts"], ["a/*/b", "a/**/b"]];
  for (const [a = "", b = ""] of yes) assert_(covers(glob(a), glob(b)), `${a} covers ${b}`);
  for (const [a = "", b = ""] of no) {
    assert_(!covers(glob(a), glob(b)), `${a} leaves out some ${b}`);
  }
});

/** Random good globs, with what the slow matcher says about all short paths. */
function pool(
  random: ReturnType<typeof seeded>,
  paths: readonly string[],
  size: number,
  slowly = slowSpelled,
) {
  const globs: { glob: Glob; slow: (path: string) => boolean; bits: Uint32Array }[] = [];
  while (globs.length < size) {
    const parsed = parseGlob(randomGlob(random));
    if (typeof parsed === "string") continue;
    const slow = slowly(parsed.text);
    globs.push({ glob: parsed, slow, bits: bitsOf(paths, slow) });
  }
  return globs;
}

const PATHS = [
  ...pathsOver("ab/", 6),
  ...pathsOver("ab./", 4).filter((path) => path.includes(".")),
  ...pathsOver("ab[]", 4).filter((path) => path.includes("[")),
  ...pathsOver("a{,}", 4).filter((path) => path.includes("{")),
  ...["[ab]", "{a,b}"].flatMap((name) => [`a${name}`, `${name}/a`, `a/${name}`, `${name}${name}`]),
].sort((a, b) => a.length - b.length);

it("matches() agrees with the slow matcher on all short paths", () => {
  for (const { glob, bits } of pool(seeded("matches()"), PATHS, 1000)) {
    assertEquals(bitsOf(PATHS, (path) => matches(glob, path)), bits, glob.text);
  }
});

it(`overlap() agrees with the enumeration of paths on ${PAIRS} pairs`, () => {
  const random = seeded("overlap()");
  const globs = pool(random, PATHS, 3000);
  const counts = { apart: 0, together: 0, unknown: 0 };
  for (let i = 0; i < PAIRS; i++) {
    const [a, b] = [random.pick(globs), random.pick(globs)];
    const both = `${a.glob.text} and ${b.glob.text}`;
    const shared = PATHS[firstCommon(a.bits, b.bits)];
    const { overlaps, witness, exhausted } = overlap(a.glob, b.glob);
    if (exhausted) {
      assertEquals([overlaps, witness], [true, null], both);
      counts.unknown++;
      continue;
    }
    if (witness === null) {
      if (overlaps || shared !== undefined) fail(`${both}: no witness, though ${shared} is one`);
      counts.apart++;
      continue;
    }
    if (!a.slow(witness) || !b.slow(witness)) fail(`${both}: ${witness} is no witness`);
    if (shared !== undefined && shared.length < [...witness].length) {
      fail(`${both}: ${witness} is longer than ${shared}`);
    }
    counts.together++;
  }
  console.log(counts);
  assert_(counts.apart > PAIRS / 10 && counts.together > PAIRS / 10, "both happen often");
  assert_(counts.unknown <= PAIRS * UNSURE, "hardly any takes too long");
});

it(`covers() agrees with the enumeration of paths on ${CONTAINMENTS} pairs`, () => {
  const random = seeded("covers()");
  const globs = pool(random, PATHS, 1000, slowGlob);
  const counts = { text: 0, none: 0, unknown: 0 };
  for (let i = 0; i < CONTAINMENTS; i++) {
    const [a, b] = [random.pick(globs), random.pick(globs)];
    const both = `${a.glob.text} in ${b.glob.text}`;
    const found = surplus(a.glob.automaton, b.glob.automaton);
    counts[found.kind]++;
    if (found.kind === "none" && !hasAll(b.bits, a.bits)) fail(`${both}: it is not`);
    if (found.kind === "text" && (!a.slow(found.text) || b.slow(found.text))) {
      fail(`${both}: ${found.text} says nothing`);
    }
  }
  console.log(counts);
  assert_(counts.unknown <= CONTAINMENTS * UNSURE, "hardly any takes too long");
  assert_(counts.none > CONTAINMENTS / 100, "both happen often");
});

it("foldPoint() equates what Unicode's simple case folding equates", () => {
  const cased: number[] = [];
  for (let point = 0x80; point <= 0x1ffff; point++) {
    if (point >= 0xd800 && point <= 0xdfff) continue;
    const folded = foldPoint(point);
    if (folded === point) continue;
    cased.push(point);
    assertEquals(foldPoint(folded), folded, point.toString(16));
  }
  const all = String.fromCodePoint(...cased);
  for (const point of cased) {
    const text = String.fromCodePoint(point);
    const same = all.match(new RegExp(`\\u{${point.toString(16)}}`, "giu")) ?? [];
    assert_(new RegExp(`^\\u{${foldPoint(point).toString(16)}}$`, "iu").test(text));
    const folds = new Set(same.map((each) => foldPoint(each.codePointAt(0) ?? 0)));
    assertEquals([...folds], [foldPoint(point)], text);
  }
});

/**
 * The least time of several calls in milliseconds, so that neither start-up nor neighbours count. On a
 * busy machine it takes more of them.
 */
function leastMs(call: () => unknown): number {
  let least = Infinity;
  for (let i = 0; i < 12 || least > ANSWER_MS && i < 100; i++) {
    const start = performance.now();
    call();
    least = Math.min(least, performance.now() - start);
  }
  return least;
}

const EXTREMES: [a: string, b: string, answer: "apart" | "together" | "unknown"][] = [
  ["{a,b}".repeat(30), "{b,c}".repeat(30), "together"],
  ["{a,b}".repeat(30), "{a,b}".repeat(29) + "c", "apart"],
  ["{a,b}".repeat(30), "{a,b}".repeat(31), "apart"],
  ["*a".repeat(50) + "*", "*b".repeat(50) + "*", "together"],
  ["*a".repeat(50), "*b".repeat(50), "apart"],
  ["**/".repeat(40) + "a", "**/".repeat(40) + "b", "apart"],
  ["**/".repeat(40) + "a", "b/".repeat(40) + "a", "together"],
  ["**/a/".repeat(40) + "*", "**/b/".repeat(40) + "*", "unknown"],
  ["a".repeat(10_000), "a".repeat(10_000), "together"],
  ["a".repeat(9_999) + "b", "a".repeat(9_999) + "c", "apart"],
  ["?".repeat(10_000), "*", "together"],
  ["a/".repeat(1_000), "**/a", "together"],
  ["a/".repeat(5_000), "**/a", "unknown"],
  ["*a".repeat(5_000), "*b".repeat(5_000) + "a", "unknown"],
  ["{".repeat(4_999) + "a" + "}".repeat(4_999), "a", "together"],
  ["{,a}".repeat(2_500), "{,b}".repeat(2_500) + "a", "unknown"],
  ["{a,b,".repeat(1_600) + "}".repeat(1_600), "b", "together"],
  ["[ab]".repeat(2_500), "[bc]".repeat(2_500), "together"],
  ["[\u00c0-\uffff]".repeat(2_000), "[^\u00c0-\uffff]".repeat(1_600), "apart"],
  ["É".repeat(10_000), "é".repeat(10_000), "together"],
];

it(`overlap() answers within ${ANSWER_MS} ms whatever the globs, and never wrongly`, () => {
  for (const [a, b, answer] of EXTREMES) {
    const name = `${a.slice(0, 12)}… and ${b.slice(0, 12)}…`;
    const [left, right] = [glob(a), glob(b)];
    const { overlaps, witness, exhausted } = overlap(left, right);
    const got = exhausted ? "unknown" : overlaps ? "together" : "apart";
    assertEquals(got, answer, name);
    if (witness === null) assertEquals(overlaps, exhausted, name);
    else assert_(matches(left, witness) && matches(right, witness), name);
    const took = leastMs(() => overlap(left, right));
    assert_(took < ANSWER_MS, `${name} took ${took.toFixed(1)} ms`);
    const parsing = leastMs(() => parseGlob(a));
    assert_(parsing < ANSWER_MS, `${name} was read in ${parsing.toFixed(1)} ms`);
    const covering = leastMs(() => covers(left, right));
    assert_(covering < 5 * ANSWER_MS, `${name} was compared in ${covering.toFixed(1)} ms`);
  }
});
