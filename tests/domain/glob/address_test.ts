import { assert_, assertEquals, fail, it } from "../../deps.ts";
import {
  type Address,
  addressesOverlap,
  contains,
  parseAddress,
} from "../../../src/domain/glob/address.ts";
import { MAX_ADDRESS } from "../../../src/domain/limits.ts";
import { sized } from "../../support/length.ts";
import {
  bitsOf,
  firstCommon,
  hasAll,
  pathsOver,
  randomGlob,
  seeded,
  slowAddress,
  textsOver,
} from "../../support/scene/globs.ts";

const PAIRS = sized(8_000, 100_000, 1_000_000);

function address(text: string): Address {
  const parsed = parseAddress(text);
  return typeof parsed === "string" ? fail(`${text} ${parsed}`) : parsed;
}

/** The witness, `null` when nothing is named by both. */
function witness(a: string, b: string): string | null {
  const found = addressesOverlap(address(a), address(b));
  assertEquals(found.exhausted, false);
  assertEquals(addressesOverlap(address(b), address(a)).overlaps, found.overlaps);
  return found.witness;
}

it("addressesOverlap() finds a file or symbol that both name", () => {
  const cases: [a: string, b: string, witness: string | null][] = [
    ["src/a.py", "src/a.py::f", "src/a.py::f"],
    ["src/a.py", "src/a.py", "src/a.py"],
    ["src", "src/a.py::Foo.bar", "src/a.py::Foo.bar"],
    ["src/a.py::*", "src/a.py", "src/a.py::a"],
    ["src/**::*", "src/x/y.rs::mod::f", "src/x/y.rs::mod::f"],
    ["src/**", "**::Foo.*", "src::Foo."],
    ["src/**::Foo.*", "src/a.py::*.bar", "src/a.py::Foo.bar"],
    ["src/**::Foo.*", "src/a.py::[E-G]oo?b{ar,azz}", "src/a.py::Foo.bar"],
    ["SRC/A.py::f", "src/a.PY::f", "src/a.py::f"],
    ["src/a.py::operator/", "src/a.py::operator?", "src/a.py::operator/"],
    ["src/a.py::a**b", "src/a.py::a/x/b", "src/a.py::a/x/b"],
    ["a\\:\\:b::f", "a?:b", "a::b::f"],
    ["src/a.py::f", "src/a.py::g", null],
    ["src/a.py::f", "src/b.py::f", null],
    ["src/a.py::Foo", "src/a.py::foo", null],
    ["src/a.py::[A-Z]*", "src/a.py::foo", null],
    ["src/a.py::Foo", "src/a.py::Foo.bar", null],
    ["src/a", "src/ab.py::f", null],
    ["src/*.py::f", "src/a/b.py::f", null],
    ["src/**/*.ts::*", "src/**/*.md", null],
  ];
  for (const [a, b, expected] of cases) assertEquals(witness(a, b), expected, `${a} and ${b}`);
});

it("contains() returns whether one address names all that the other does", () => {
  const yes = [["src/a.py", "src/a.py::f"], ["src/a.py", "src/a.py::*"], ["src", "src/**::Foo.*"]];
  yes.push(["src/**::*", "src/a.py::f"], ["**::Foo*", "a/b::Foo.[xy]"], ["a::{f,g}", "A::g"]);
  const no = [["src/a.py::*", "src/a.py"], ["src/a.py::f", "src/a.py"], ["a::f", "a::*"]];
  no.push(["src/*.py", "src/**/*.py::f"], ["a::foo", "a::Foo"], ["src/a::f", "src::f"]);
  for (const [a = "", b = ""] of yes) assert_(contains(address(a), address(b)), `${a}, ${b}`);
  for (const [a = "", b = ""] of no) assert_(!contains(address(a), address(b)), `${a}, ${b}`);
});

it("parseAddress() says what is wrong", () => {
  const bad: [string, string][] = [
    ["", "must not be empty"],
    ["::f", "has a path that must not be empty"],
    ["a::", "has a symbol that must not be empty"],
    ["a::{}", "has a symbol that must not be empty in all its alternatives"],
    ["../a::f", 'has a path that must not hold ".."'],
    ["/a", "has a path that must not be absolute"],
    ["C:\\a::f", "has a path that must not be absolute"],
    ["a::[b", 'has a symbol that holds a "[" without its "]"'],
    ["a::\\f", 'has a symbol that must not hold a "\\" before a letter or digit'],
    ["a::f\\", 'has a symbol that must not end with a "\\"'],
    ["a\\", 'has a path that must not end with a "\\"'],
    ["a\u0000::f", "must not hold control or line-separator characters"],
    ["a::f\u2029", "must not hold control or line-separator characters"],
    ["a::\udc00", "must be well-formed Unicode"],
    ["a".repeat(MAX_ADDRESS + 1), `is longer than ${MAX_ADDRESS} characters (${MAX_ADDRESS + 1})`],
  ];
  for (const [text, problem] of bad) assertEquals(parseAddress(text), problem, text.slice(0, 20));
  for (const text of ["a::..", "a::/", "a:b", "a:::b", "a::C:\\\\x", "😀".repeat(MAX_ADDRESS)]) {
    address(text);
  }
  assertEquals(address("a.rs::mod::f").path.text, "a.rs");
  assertEquals(witness("a.rs::mod::f", "**::mod*"), "a.rs::mod::f");
});

const SYMBOLS = textsOver("ab./", 3);
/** Everything on a small scale: files, and symbols in them. */
const NAMES = pathsOver("ab/", 3).flatMap((path) => [
  { path, symbol: null, length: path.length },
  ...SYMBOLS.map((symbol) => ({ path, symbol, length: path.length + symbol.length })),
]);

function pool(random: ReturnType<typeof seeded>, size: number) {
  const addresses = [];
  while (addresses.length < size) {
    const symbol = random.chance(0.3) ? "" : `::${randomGlob(random, ".")}`;
    const parsed = parseAddress(randomGlob(random) + symbol);
    if (typeof parsed === "string") continue;
    const names = slowAddress(parsed.text);
    const bits = bitsOf(NAMES, ({ path, symbol }) => names(path, symbol));
    addresses.push({ address: parsed, names, bits });
  }
  return addresses;
}

it(`addressesOverlap() and contains() agree with the enumeration of names on ${PAIRS} pairs`, () => {
  const random = seeded("addressesOverlap()");
  const addresses = pool(random, 600);
  const counts = { apart: 0, together: 0, within: 0 };
  let unknown = 0;
  for (let i = 0; i < PAIRS; i++) {
    const [a, b] = [random.pick(addresses), random.pick(addresses)];
    const both = `${a.address.text} and ${b.address.text}`;
    if (i % 5 === 0 && contains(a.address, b.address)) {
      if (!hasAll(a.bits, b.bits)) fail(`${both}: the first does not contain the second`);
      counts.within++;
    }
    const { overlaps, witness, exhausted } = addressesOverlap(a.address, b.address);
    if (exhausted) {
      assertEquals([overlaps, witness], [true, null], both);
      unknown++;
      continue;
    }
    const shared = NAMES[firstCommon(a.bits, b.bits)];
    if (witness === null) {
      if (overlaps || shared) fail(`${both}: no witness, though ${JSON.stringify(shared)} is one`);
      counts.apart++;
      continue;
    }
    const [path = "", ...rest] = witness.split("::");
    const symbol = rest.length === 0 ? null : rest.join("::");
    if (!a.names(path, symbol) || !b.names(path, symbol)) fail(`${both}: ${witness} is none`);
    counts.together++;
  }
  console.log(counts, unknown);
  for (const count of Object.values(counts)) {
    assert_(count > PAIRS / 500, "everything happens often");
  }
  // One pattern of a pool that is dense enough meets one in a thousand.
  assert_(unknown <= PAIRS / 100, "hardly any takes too long");
});

it("contains() finds every containment that all short names agree with, where names are short", () => {
  const texts = ["a", "b", "*", "?", "{a,b}", "[ab]", "**", "a*", "*a", "[!a]"];
  const texts2 = [...texts, "?{,?}", "a.b"];
  const all = texts.flatMap((path) => [path, ...texts2.map((symbol) => `${path}::${symbol}`)])
    .map((text) => ({ address: address(text), names: slowAddress(text) }));
  const names = pathsOver("abc/", 3).flatMap((path) =>
    [null, ...textsOver("abc.", 3)].map((symbol) => ({ path, symbol }))
  );
  const bits = all.map((each) => bitsOf(names, ({ path, symbol }) => each.names(path, symbol)));
  all.forEach((a, i) =>
    all.forEach((b, j) => {
      const expected = hasAll(bits[i] ?? fail(), bits[j] ?? fail());
      const both = `${a.address.text} and ${b.address.text}`;
      assertEquals(contains(a.address, b.address), expected, both);
    })
  );
});
