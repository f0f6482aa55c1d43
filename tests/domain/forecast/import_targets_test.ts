import { targetsOf } from "../../../src/domain/forecast/import_targets.ts";
import { type Import, languageOf } from "../../../src/domain/forecast/imports.ts";
import { assertEquals, fail, it } from "../../deps.ts";

const GO_MOD = "// the module\nmodule example.com/m // v2\n\ngo 1.26\n";

/** Files of a checkout: their names, or with their texts. */
type Files = readonly string[] | Readonly<Record<string, string>>;

/** Where an import leads in a checkout of these files: `path`, or `path name`. */
function led(files: Files, from: string, module: string, more: Partial<Import> = {}) {
  const language = languageOf(from) ?? fail(`${from} has no language`);
  const texts = Array.isArray(files)
    ? Object.fromEntries(files.map((path) => [path, path.endsWith("go.mod") ? GO_MOD : ""]))
    : files as Record<string, string>;
  const exists = (path: string) => Object.hasOwn(texts, path);
  const read = (path: string) => texts[path];
  const targets = targetsOf(from, language, { module, name: null, ...more }, exists, read);
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
  assertEquals(led(files, "src/x.ts", "./a", { name: "f" }), "src/a.ts f");
});

it("targetsOf() finds what Node and TypeScript add to a name", () => {
  const files = {
    "config.json": "{}",
    "types.d.ts": "",
    "m.d.mts": "",
    "c.cts": "",
    "style.d.css.ts": "",
    "x.json": "",
    "x.js": "",
    "lib/package.json": '{ "types": "./out/x.d.ts", "main": "out/main" }',
    "lib/out/main.js": "",
    "lib/out/x.d.ts": "",
    "bad/package.json": "{",
    "bad/index.json": "",
    "away/package.json": '{ "main": "../../../x" }',
    "away/index.mjs": "",
    "null/package.json": "null",
    "null/index.ts": "",
  };
  const cases: [from: string, module: string, target: string | undefined][] = [
    ["a.js", "./config", "config.json"],
    ["a.ts", "./config.json", "config.json"],
    ["a.ts", "./types.js", "types.d.ts"],
    ["a.ts", "./types", "types.d.ts"],
    ["a.js", "./types.js", "types.d.ts"],
    ["a.ts", "./m.mjs", "m.d.mts"],
    ["a.ts", "./c.cjs", "c.cts"],
    ["a.ts", "./style.css", "style.d.css.ts"],
    ["a.js", "./x", "x.js"],
    ["a.js", "./lib", "lib/out/main.js"],
    ["a.ts", "./lib", "lib/out/x.d.ts"],
    ["lib/a/b.js", "..", "lib/out/main.js"],
    ["lib/a/b.js", "./..", "lib/out/main.js"],
    ["a.js", "./bad", "bad/index.json"],
    ["a.js", "./away", "away/index.mjs"],
    ["a.js", "./null", "null/index.ts"],
  ];
  for (const [from, module, target] of cases) {
    assertEquals(led(files, from, module), target, `${from}: ${module}`);
  }
});

it("targetsOf() finds the standard library of Python where a package has a module of that name", () => {
  const files = ["src/shop/__init__.py", "src/shop/typing.py", "src/shop/cart.py"];
  const inPackage = { isInPackage: true };
  assertEquals(led(files, "src/shop/cart.py", "typing"), undefined);
  assertEquals(led(files, "src/shop/cart.py", "typing", { name: "Any" }), undefined);
  assertEquals(led(files, "src/shop/cart.py", ".typing"), "src/shop/typing.py");
  assertEquals(led(files, "src/shop/cart.py", "shop.typing"), "src/shop/typing.py");
  assertEquals(led([...files, "src/typing.py"], "src/shop/cart.py", "typing"), "src/typing.py");
  assertEquals(led([...files, "typing.py"], "src/shop/cart.py", "typing"), "typing.py");
  // A folder without `__init__.py` is one of scripts, unless what is imported says otherwise.
  const spaced = ["api/app/sub/typing.py", "api/app/sub/a.py", "api/app/b.py"];
  assertEquals(led(spaced, "api/app/sub/a.py", "typing"), "api/app/sub/typing.py");
  assertEquals(led(spaced, "api/app/sub/a.py", "typing", inPackage), undefined);
  assertEquals(led(spaced, "api/app/sub/a.py", "..b", inPackage), "api/app/b.py");
  assertEquals(led(spaced, "api/app/sub/a.py", "app.b", inPackage), "api/app/b.py");
  assertEquals(led(spaced, "api/app/sub/a.py", "app", { name: "b" }), "api/app/b.py");
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
    assertEquals(led(files, from, module, { name }), target, `${from}: ${module} ${name}`);
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

it("targetsOf() finds the packages of Go that workspaces and replacements bring", () => {
  const files = {
    "app/go.mod": `module example.com/app
      replace example.com/lib => ../lib // why
      replace (
        "example.com/old" v1.2.3 => "./old"
        example.com/far => example.com/fork v1.0.0
        example.com/out => ../../../out
      )`,
    "lib/go.mod": "module (\n\texample.com/lib\n)",
    "work/go.work": "go 1.22\nuse (\n\t./a\n\t./b/c\n)\nuse ./missing\n",
    "work/a/go.mod": "module example.com/a\n",
    "work/b/c/go.mod": "module example.com/a/c/v2",
    "vendored/go.mod": "module example.com/v",
    "vendored/vendor/modules.txt": "",
  };
  const cases: [from: string, module: string, target: string | undefined][] = [
    ["app/main.go", "example.com/app/x", "app/x/*.go"],
    ["app/main.go", "example.com/lib/x", "lib/x/*.go"],
    ["app/main.go", "example.com/lib", "lib/*.go"],
    ["app/main.go", "example.com/library", undefined],
    ["app/main.go", "example.com/old/y", "app/old/y/*.go"],
    ["app/main.go", "example.com/far/y", undefined],
    ["app/main.go", "example.com/out/y", undefined],
    ["app/x/y.go", "./z", "app/x/z/*.go"],
    ["lib/l.go", "example.com/lib/x", "lib/x/*.go"],
    ["work/a/m.go", "example.com/a/x", "work/a/x/*.go"],
    ["work/a/m.go", "example.com/a/c/v2/x", "work/b/c/x/*.go"],
    ["work/b/c/m.go", "example.com/a", "work/a/*.go"],
    ["vendored/x/m.go", "golang.org/x/sys", "vendored/vendor/golang.org/x/sys/*.go"],
    ["vendored/x/m.go", "fmt", undefined],
    ["vendored/x/m.go", "C", undefined],
    ["vendored/x/m.go", "example.com/v", "vendored/*.go"],
  ];
  for (const [from, module, target] of cases) {
    assertEquals(led(files, from, module), target, `${from}: ${module}`);
  }
});

it("targetsOf() finds the files that Rust names by paths, and modules that are declared", () => {
  const files = ["src/lib.rs", "src/a.rs", "src/win/sys.rs", "src/a/inner/b.rs", "src/win/c.rs"];
  files.push("src/m/mod.rs", "src/m/in/d.rs", "build.rs", "build_x.rs", "README.md");
  const cases: [from: string, module: string, target: string | undefined][] = [
    ["src/lib.rs", "./win/sys.rs", "src/win/sys.rs"],
    ["src/a.rs", "./win/sys.rs", "src/win/sys.rs"],
    ["src/a.rs", "self::inner::/b.rs", "src/a/inner/b.rs"],
    ["src/m/mod.rs", "self::in::/d.rs", "src/m/in/d.rs"],
    ["src/m/mod.rs", "self::in::/../mod.rs", "src/m/mod.rs"],
    ["src/lib.rs", "./../README.md", "README.md"],
    ["src/lib.rs", "../../../README.md", undefined],
    ["src/lib.rs", ".//src/a.rs", undefined],
    ["src/lib.rs", "mod a", "src/a.rs"],
    ["src/a.rs", "mod inner::b", "src/a/inner/b.rs"],
    ["src/win/sys.rs", "mod c", "src/win/c.rs"],
    ["build.rs", "mod build_x", "build_x.rs"],
    ["src/a.rs", "mod win", undefined],
  ];
  for (const [from, module, target] of cases) {
    assertEquals(led(files, from, module), target, `${from}: ${module}`);
  }
});

it("targetsOf() begins the paths of `use` at the crate in the first edition of Rust", () => {
  const manifest = (text: string) => ({
    "Cargo.toml": text,
    "src/lib.rs": "",
    "src/a.rs": "",
    "src/b/mod.rs": "",
    "src/b/a.rs": "",
  });
  const cases: [text: string, own: string | undefined, global: string | undefined][] = [
    ['[package]\nname = "x"\n', "src/a.rs f", "src/a.rs f"],
    ['[package]\nedition = "2015"\n', "src/a.rs f", "src/a.rs f"],
    ['[package]\nedition = "2021"\n', "src/b/a.rs f", undefined],
    ["[package]\nedition.workspace = true\n", "src/b/a.rs f", undefined],
    ["[workspace]\n", "src/b/a.rs f", undefined],
  ];
  for (const [text, own, global] of cases) {
    assertEquals(led(manifest(text), "src/b/mod.rs", "a::f"), own, text);
    assertEquals(led(manifest(text), "src/b/mod.rs", "::a::f"), global, text);
  }
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
