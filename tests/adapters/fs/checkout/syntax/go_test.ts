import { assertEquals, it } from "../../../../deps.ts";
import { imported } from "../../../../support/scene/imported.ts";

it("importsIn() reads the head of a file of Go, and no more", async () => {
  const cases: [text: string, ...expected: string[]][] = [
    [
      '//go:build a && (b || c)\n\n/* doc */ package p; import `a/b`; import (); import "c"',
      "a/b",
      "c",
    ],
    ['package p;import ("a";b "c");type T int', "a", "c"],
    ['package p\n\n// #include <x.h>\n// import "no"\nimport "C"\nimport x_ "a"', "C", "a"],
    ['package p\nimport (\n\n\t_ "a" // ) why\n\t/* ) */ . "b"\n)', "a", "b"],
    ['\ufeffpackage p_test\nimport (\n  ?? what\n  "a"\n)\nfunc f() {}\nimport "no"', "a"],
    ['package p\nvar s = `\nimport "no"`'],
    ['package p\nimport "x'],
    [""],
  ];
  for (const [text, ...expected] of cases) {
    assertEquals(await imported("go", text), expected, text);
  }
});
