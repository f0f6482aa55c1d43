import { targetsOf } from "../../src/domain/import_targets.ts";
import { languageOf } from "../../src/domain/imports.ts";
import { assertEquals, fail, it } from "../deps.ts";

/** Where an import leads in a checkout of these files: `path`, or `path name`. */
function led(files: readonly string[], from: string, module: string, name: string | null = null) {
  const language = languageOf(from) ?? fail(`${from} has no language`);
  const exists = (path: string) => files.includes(path);
  const read = (path: string) =>
    exists(path) ? "// the module\nmodule example.com/m // v2\n\ngo 1.26\n" : undefined;
  const targets = targetsOf(from, language, { module, name }, exists, read);
  const target = targets.find(({ path }) => path.includes("*") || exists(path));
  return target && (target.name === null ? target.path : `${target.path} ${target.name}`);
}

it("languageOf() goes by the end of a name", () => {
  const paths = ["a.ts", "b/a.MTS", "a.d.ts", "a.tsx", "a.cjs", "a.jsx", "a.py", "a.go", "a.rs"];
  assertEquals(paths.map(languageOf), [
    ...["ts", "ts", "ts", "tsx", "js", "js", "python", "go", "rust"] as const,
  ]);
  for (const path of ["a", "a.md", ".ts", "b/.py", "ts", "a.constructor", "a.ts/b", ""]) {
    assertEquals(languageOf(path), undefined, path);
  }
});

it("targetsOf() finds what TypeScript and JavaScript mean", () => {
  const files = ["src/a.ts", "src/b.js", "src/b.ts", "src/c.tsx", "src/lib/index.ts", "src/lib.ts"];
  files.push(
    "src/d.mjs",
    "src/e.d.ts",
    "src/index.ts",
    "index.ts",
    "src/f.vue",
    "src/only/index.js",
  );
  const cases: [module: string, target: string | undefined][] = [
    ["./a.ts", "src/a.ts"],
    ["./a", "src/a.ts"],
    ["./a.js", "src/a.ts"],
    ["./b.js", "src/b.ts"],
    ["./b", "src/b.ts"],
    ["./c.jsx", "src/c.tsx"],
    ["./d.mjs", "src/d.mjs"],
    ["./e", "src/e.d.ts"],
    ["./f.vue", "src/f.vue"],
    ["./a.ts?raw", "src/a.ts"],
    ["./lib", "src/lib.ts"],
    ["./lib/", "src/lib/index.ts"],
    ["./only", "src/only/index.js"],
    [".", "src/index.ts"],
    ["..", "index.ts"],
    ["../src/./lib/../a", "src/a.ts"],
    ["../../outside", undefined],
    ["./missing", undefined],
    ["a", undefined],
    ["/src/a.ts", undefined],
    ["node:fs", undefined],
    ["https://x/./a.ts", undefined],
  ];
  for (const [module, target] of cases) {
    assertEquals(led(files, "src/x.ts", module), target, module);
  }
  assertEquals(led(files, "src/x.js", "./b.js"), "src/b.js");
  assertEquals(led(files, "src/x.ts", "./a", "f"), "src/a.ts f");
});

it("targetsOf() finds what Python means", () => {
  const files = [
    "app/__init__.py",
    "app/a.py",
    "app/sub/__init__.py",
    "app/sub/b.py",
    "tools/t.py",
  ];
  files.push("tools/helper.py", "src/pkg/__init__.py", "src/pkg/mod.py", "plain/c.py", "top.py");
  const cases: [from: string, module: string, name: string | null, target: string | undefined][] = [
    ["app/sub/b.py", "app.a", null, "app/a.py"],
    ["app/sub/b.py", "app", null, "app/__init__.py"],
    ["app/sub/b.py", "app", "a", "app/a.py"],
    ["app/sub/b.py", "app", "f", "app/__init__.py f"],
    ["app/sub/b.py", "app.a", "f", "app/a.py f"],
    ["app/sub/b.py", ".", "f", "app/sub/__init__.py f"],
    ["app/sub/b.py", "..", "a", "app/a.py"],
    ["app/sub/b.py", "..a", "f", "app/a.py f"],
    ["app/a.py", ".sub.b", null, "app/sub/b.py"],
    ["app/a.py", ".sub", "b", "app/sub/b.py"],
    ["app/a.py", "..", "top", "top.py"],
    ["app/a.py", "...", "top", undefined],
    ["tools/t.py", "helper", "f", "tools/helper.py f"],
    ["tools/t.py", "pkg.mod", "f", "src/pkg/mod.py f"],
    ["src/pkg/mod.py", "pkg", null, "src/pkg/__init__.py"],
    ["tools/t.py", "plain.c", null, "plain/c.py"],
    ["tools/t.py", "top", null, "top.py"],
    ["tools/t.py", "os.path", null, undefined],
    ["tools/t.py", "a/../top", null, undefined],
  ];
  for (const [from, module, name, target] of cases) {
    assertEquals(led(files, from, module, name), target, `${from}: ${module} ${name}`);
  }
});

it("targetsOf() finds the package that Go means by the nearest go.mod", () => {
  const files = ["go.mod", "svc/go.mod"];
  const cases: [from: string, module: string, target: string | undefined][] = [
    ["cmd/main.go", "example.com/m/pkg/a", "pkg/a/*.go"],
    ["cmd/main.go", "example.com/m", "*.go"],
    ["svc/cmd/main.go", "example.com/m/a", "svc/a/*.go"],
    ["cmd/main.go", "example.com/mine/a", undefined],
    ["cmd/main.go", "fmt", undefined],
    ["cmd/main.go", "example.com/m/../../x", undefined],
  ];
  for (const [from, module, target] of cases) {
    assertEquals(led(files, from, module), target, module);
  }
  assertEquals(led([], "cmd/main.go", "example.com/m/a"), undefined);
});

it("targetsOf() finds the module that Rust means, and what is named in it", () => {
  const files = ["src/lib.rs", "src/a.rs", "src/a/b.rs", "src/c/mod.rs", "src/c/d.rs"];
  files.push("tests/it.rs", "tests/common/mod.rs", "sub/src/main.rs", "sub/src/e.rs");
  const cases: [from: string, module: string, target: string | undefined][] = [
    ["src/lib.rs", "self::a", "src/a.rs"],
    ["src/lib.rs", "self::c", "src/c/mod.rs"],
    ["src/a.rs", "self::b", "src/a/b.rs"],
    ["src/c/mod.rs", "self::d", "src/c/d.rs"],
    ["src/c/d.rs", "crate::a::b::Thing::new", "src/a/b.rs Thing"],
    ["src/c/d.rs", "crate::a::Thing", "src/a.rs Thing"],
    ["src/c/d.rs", "crate::Thing", "src/lib.rs Thing"],
    ["src/a/b.rs", "super::Thing", "src/a.rs Thing"],
    ["src/a/b.rs", "super::super::c::d", "src/c/d.rs"],
    ["src/a/b.rs", "super::super::f", "src/lib.rs f"],
    ["src/a.rs", "super::f", "src/lib.rs f"],
    ["src/a.rs", "super::super::super::f", undefined],
    ["tests/it.rs", "self::common", "tests/common/mod.rs"],
    ["sub/src/e.rs", "crate::f", "sub/src/main.rs f"],
    ["src/a.rs", "self::std::io", undefined],
  ];
  for (const [from, module, target] of cases) {
    assertEquals(led(files, from, module), target, `${from}: ${module}`);
  }
});
