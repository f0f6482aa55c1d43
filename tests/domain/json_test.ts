import { assert_, assertEquals, it } from "../deps.ts";
import { canonicalJson, escapeLines, jsonLine, jsonProblem } from "../../src/domain/json.ts";
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
