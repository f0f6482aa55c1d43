import { assert_, assertEquals, assertStringIncludes, assertThrows, it } from "../deps.ts";
import {
  canonicalJson,
  escapeLines,
  isObject,
  isTooDeep,
  jsonCopy,
  jsonLine,
  type JsonObject,
  jsonProblem,
  parseInput,
  parseJson,
} from "../../src/domain/json.ts";
import { newSeed } from "../support/random.ts";
import { MAX_JSON_DEPTH } from "../../src/domain/limits.ts";

it("canonicalJson() serialises the sample of RFC 8785 section 3.2.2 as that section says", () => {
  const sample = JSON.parse(String.raw`{
    "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
    "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
    "literals": [null, true, false]
  }`);
  assertEquals(
    canonicalJson(sample),
    `{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],` +
      `"string":"\u20ac$\\u000f\\nA'B\\"\\\\\\\\\\"/"}`,
  );
});

it("canonicalJson() sorts keys by UTF-16 units, as in RFC 8785 section 3.2.3", () => {
  const sample = {
    "\u20ac": "Euro Sign",
    "\r": "Carriage Return",
    "\ufb33": "Hebrew Letter Dalet With Dagesh",
    "1": "One",
    "\ud83d\ude00": "Emoji: Grinning Face",
    "\u0080": "Control",
    "\u00f6": "Latin Small Letter O With Diaeresis",
  };
  const order = [...canonicalJson(sample).matchAll(/:"([^"]+)"/g)].map((match) => match[1]);
  assertEquals(order, [
    "Carriage Return",
    "One",
    "Control",
    "Latin Small Letter O With Diaeresis",
    "Euro Sign",
    "Emoji: Grinning Face",
    "Hebrew Letter Dalet With Dagesh",
  ]);
});

it("canonicalJson() keeps a key named __proto__ and leaves undefined fields out", () => {
  assertEquals(canonicalJson(JSON.parse(`{"__proto__":{"x":1}}`)), `{"__proto__":{"x":1}}`);
  assertEquals(canonicalJson({ b: undefined, a: 1 }), `{"a":1}`);
});

it("escapeLines() hides every character that a reader might take for the end of a line", () => {
  const hostile = "a\u0085b\u2028c\u2029d\u007fe\u009bf\nn\u0000";
  const line = jsonLine({ hostile });
  // deno-lint-ignore no-control-regex
  assert_(!/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(line));
  assertEquals(JSON.parse(line), { hostile });
  assertEquals(escapeLines('"\u2028"'), '"\\u2028"');
});

it("jsonProblem() refuses what JSON cannot keep", () => {
  assertEquals(jsonProblem({ a: [1, "x", null, true, { b: 2 }] }), undefined);
  assert_(jsonProblem(JSON.parse("[1e999]"))?.includes("number"));
  assert_(jsonProblem({ a: "\ud800" })?.includes("surrogate"));
  assert_(jsonProblem({ "\udc00": 1 })?.includes("surrogate"));
  let deep: unknown = 1;
  for (let i = 0; i < MAX_JSON_DEPTH; i++) deep = [deep];
  assertEquals(jsonProblem(deep), undefined);
  assert_(jsonProblem([deep])?.includes("nested"));
});

it("parseInput() refuses each number that would not come out again with its value", () => {
  const cases: Record<string, string | undefined> = {
    "9007199254740992": undefined,
    "9007199254740993": "which would become 9007199254740992",
    "1234567890123456789": "which would become 1234567890123456800",
    "1152921504606846976": "which would become 1152921504606847000", // a power of two is rounded too
    "-9223372036854775808": "which would become -9223372036854776000",
    "1e400": "which is too large",
    "-1e400": "which is too large",
    "1e-400": "which would become 0",
    "0.12345678901234567890": "which would become 0.12345678901234568",
    "1.0": undefined,
    "-0": undefined,
    "-0.0e-999": undefined,
    "1E2": undefined,
    "100000000000000000000000": undefined,
    "0.1": undefined,
    "2.5e-8": undefined,
    "1.7976931348623157e308": undefined,
    "5e-324": undefined,
  };
  for (const [number, becomes] of Object.entries(cases)) {
    for (
      const text of [number, `{"a":[true,${number} ]}`, ` [ "1e999", {"x":"\\"", "b" :${number}}]`]
    ) {
      const expected = becomes === undefined
        ? { value: JSON.parse(text) }
        : `holds the number ${number}, ${becomes}; put it in quotes to keep it as it is`;
      assertEquals(parseInput(text), expected);
    }
  }
  const zeros = "0".repeat(500_000); // in no time, whatever its length
  assertEquals(typeof parseInput(`[1${zeros}1, 0.${zeros}1]`), "string");
});

it("parseInput() refuses a key that one object has twice, however it is written", () => {
  assertEquals(parseInput(`{"a":1,"b":{"a":2},"c":[{"a":3},{"a":"a"}]}`), {
    value: { a: 1, b: { a: 2 }, c: [{ a: 3 }, { a: "a" }] },
  });
  const twice = `holds the key "a" twice in one object`;
  assertEquals(parseInput(`{"a":1,"\\u0061" : 2}`), twice);
  assertEquals(parseInput(`{"b":[{"a":"}","x":{"y":"{"},"a":1}]}`), twice);
});

it("parseJson() keeps numbers of others as they are written, through copies and canonical JSON", () => {
  const text =
    `{"a":1234567890123456789,"b":[1e400,-0.10000000000000000001,"1234567890123456789"],"c":1.5}`;
  const value = parseJson(text);
  assertEquals(canonicalJson(value), text);
  assertEquals(jsonLine({ ...jsonCopy(value as JsonObject) }), text);
  assertEquals(isObject((value as JsonObject)["a"]), false);
  assertEquals(jsonProblem(value), undefined); // may be handed in again
  const plain = parseJson(`{"n":1.0,"m":12345678901234567,"o":[123456789012345680000]}`);
  assertEquals(canonicalJson(plain), `{"m":12345678901234567,"n":1,"o":[123456789012345680000]}`);
  const deep = "[".repeat(100_000) + "1e400" + "]".repeat(100_000);
  assertEquals(isTooDeep(parseJson(deep)), true);
});

it("parseInput() and parseJson() never change a number, over random literals", () => {
  const random = newSeed("numbers");
  const digits = (count: number) => Array.from({ length: count }, () => random.below(10)).join("");
  for (let round = 0; round < 20_000; round++) {
    let literal = random.pick(["", "-"]) +
      random.pick(["0", `${1 + random.below(9)}${digits(random.below(22))}`]);
    if (random.chance(0.5)) literal += `.${digits(1 + random.below(22))}`;
    if (random.chance(0.3)) {
      literal += `${random.pick(["e", "E"])}${random.pick(["", "+", "-"])}${
        digits(1 + random.below(2))
      }`;
    }
    const kept = canonicalJson(parseJson(literal));
    assertEquals(exact(kept), exact(literal), literal);
    const read = parseInput(literal);
    const value = typeof read === "string" ? undefined : read.value;
    const isSame = exact(JSON.stringify(Number(literal))) === exact(literal);
    assertEquals(value, isSame ? Number(literal) : undefined, literal);
  }
});

/** The value of a literal as a whole number of 10^-200. */
function exact(literal: string): bigint {
  const [mantissa = "", exponent = "0"] = literal.toLowerCase().split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  return BigInt(whole + fraction) *
    10n ** BigInt(200 + Number(exponent) - fraction.length);
}

it("parseJson() refuses a number that it cannot keep, where the runtime has no way to", () => {
  const runtime = JSON as { rawJSON?: unknown };
  const { rawJSON } = runtime;
  delete runtime.rawJSON; // as in Node before version 22
  try {
    assertEquals(parseJson('{"n":1.0,"s":"12345678901234567890"}'), {
      n: 1,
      s: "12345678901234567890",
    });
    const error = assertThrows(() => parseJson('{"n":12345678901234567890}'));
    assertEquals(error instanceof SyntaxError, true);
    assertStringIncludes(error.message, "12345678901234567890");
  } finally {
    runtime.rawJSON = rawJSON;
  }
});
