import { importsIn } from "../../../../../src/adapters/fs/checkout/syntax/imports.ts";
import { assertEquals, it } from "../../../../deps.ts";
import { imported } from "../../../../support/scene/imported.ts";

it("importsIn() reads Python's imports wherever they stand", async () => {
  const cases: [text: string, ...expected: string[]][] = [
    ["from .a import (b, # (not ) c\n  d as e,\n)\n", ".a b", ".a d"],
    ["import a \\\n  , b.c \\\n  as d\n", "a", "b.c"],
    ["from . import a; from .. import b; import c", ". a", ".. b", "c"],
    ["from ... import a\nfrom .... b import c\n", "... a", "....b c"],
    ["if x: import a\nelse: from .b import c\n", "a", ".b c"],
    ["try:\n  import a\nexcept E: import b\nfinally:\n  import c", "a", "b", "c"],
    ["class A:\n  def f(self):\n    from . import a\n", ". a"],
    ["async def f():\n  match x:\n    case [import_]: from a import b\n", "a b"],
    ["def f(): yield from a\nraise E from b\nimporta = fromb = 1\n"],
    ["s = '''\nimport a\n''' 'import b'\nt = r\"\\\"; import c\"\n"],
    ['def f():\n  """\n  import a\n'],
    ["print(f'{x!r:>{w}} import a')\nimport b", "b"],
  ];
  for (const [text, ...expected] of cases) {
    assertEquals(await imported("python", text), expected, text);
  }
});

it("importsIn() reads the calls by which Python imports what is named plainly", async () => {
  const text = `
m = importlib.import_module('a.b')
n = __import__("c", fromlist=["x"])
o = import_module('.d', __package__)
import_module(name); import_module('.no'); x.__import__('no'); __import__('no' + d)
`;
  assertEquals(await imported("python", text), ["a.b", "c", ".d"]);
});

it("importsIn() marks what is imported by a file that is part of a package of Python", async () => {
  assertEquals(await importsIn("python", "import a\nfrom .b import c\n", 1_000), [
    { module: "a", name: null, isInPackage: true },
    { module: ".b", name: "c" },
  ]);
});
