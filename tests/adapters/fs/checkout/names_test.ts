import { FsCheckout } from "../../../../src/adapters/fs/checkout/checkout.ts";
import { parseAddress } from "../../../../src/domain/glob/address.ts";
import { escapedPath, isLiteral, unescaped } from "../../../../src/domain/glob/literal.ts";
import { matches, parseGlob } from "../../../../src/domain/glob/glob.ts";
import { addressOutlines, holdsMeet } from "../../../../src/domain/glob/holds/holds.ts";
import { detectHost } from "../../../../src/host/detect.ts";
import type { Naming } from "../../../../src/ports/checkout.ts";
import { assert_, assertEquals, it } from "../../../deps.ts";
import { seeded } from "../../../support/scene/globs.ts";
import { makeSymlink, makeTempDir } from "../../../support/scene/scratch.ts";

const host = await detectHost();

/** Two checkouts of one repository, `main` and `side`, with these files in both. */
function checkouts(...files: string[]) {
  const dir = makeTempDir();
  const write = (path: string, text = "") => {
    host.fs.makeDir(`${dir}/${path.slice(0, path.lastIndexOf("/"))}`);
    host.fs.createNew(`${dir}/${path}`, new TextEncoder().encode(text));
  };
  write("main/.git/HEAD", "ref: refs/heads/main\n");
  write("main/.git/worktrees/side/HEAD", "ref: refs/heads/side\n");
  write("main/.git/worktrees/side/commondir", "../..\n");
  write("main/.git/worktrees/side/gitdir", `${dir}/side/.git\n`);
  write("side/.git", `gitdir: ${dir}/main/.git/worktrees/side\n`);
  for (const file of files) write(`main/${file}`), write(`side/${file}`);
  host.fs.makeDir(`${dir}/main/.coord`);
  const link = (path: string, target: string) => makeSymlink(target, `${dir}/${path}`);
  /** What texts mean to a caller in a folder of one of the checkouts. */
  const named = (texts: readonly string[], base = "main", how: Partial<Naming> = {}) => {
    const cwd = `${dir}/${base}`;
    const here = Object.create(host, { cwd: { value: () => cwd } });
    const checkout = new FsCheckout(here, `${dir}/main/.coord`, (message) => {
      throw new Error(message);
    });
    return checkout.named(texts, { kind: "address", base: cwd, ...how });
  };
  return { dir, write, link, named };
}

/** The only one that is named. */
function only(found: ReturnType<ReturnType<typeof checkouts>["named"]>) {
  assertEquals(found.problems, []);
  assertEquals(found.entries.length, 1);
  return { entry: found.entries[0] ?? "", isFile: found.files.length === 1 };
}

it("named() takes a path from the folder, the top, absolute, through a link, in any worktree", () => {
  const { dir, named, link } = checkouts("apps/web/src/x.ts", "packages/core/y.ts");
  link("main/apps/web/core", "../../packages/core");
  link("main/y.ts", "packages/core/y.ts");
  const file = { entry: "apps/web/src/x.ts", isFile: true };
  const core = { entry: "packages/core/y.ts", isFile: true };
  for (
    const [text, base, expected] of [
      ["src/x.ts", "main/apps/web", file],
      ["./src//x.ts", "main/apps/web", file],
      ["../web/src/x.ts", "main/apps/web", file],
      ["x.ts", "main/apps/web/src", file],
      [":/apps/web/src/x.ts", "main/apps/web", file],
      ["apps/web/src/x.ts", "main", file],
      [`${dir}/main/apps/web/src/x.ts`, "main/packages", file],
      [`${dir}/side/apps/web/src/x.ts`, "main/packages", file],
      [`${dir}/main/apps/web/src/x.ts`, "side/apps", file],
      ["web/src/x.ts", "side/apps", file],
      ["src/x.ts", "main/./packages/../apps/web/.", file],
      ["../main/apps/web/src/x.ts", "side", file],
      ["apps/web/src/x.ts", "elsewhere", file],
      ["apps/web/core/y.ts", "main", core],
      ["core/y.ts", "main/apps/web", core],
      ["y.ts", "main", core],
      ["apps/web/src/new.ts", "main", { entry: "apps/web/src/new.ts", isFile: false }],
      ["apps/web/core/new.ts", "main", { entry: "packages/core/new.ts", isFile: false }],
      ["apps/web/core/*.ts", "main", { entry: "packages/core/*.ts", isFile: false }],
      ["*/[a-z].ts", "main/apps/web", { entry: "apps/web/*/[a-z].ts", isFile: false }],
      [".", "main/apps/web", { entry: "apps/web", isFile: false }],
      ["..", "main/apps", { entry: ".", isFile: false }],
      [":/", "main/apps", { entry: ".", isFile: false }],
      ["src", "main/apps/web", { entry: "apps/web/src", isFile: false }],
      ["src/x.ts/below", "main/apps/web", { entry: "apps/web/src/x.ts/below", isFile: false }],
    ] as const
  ) assertEquals([text, only(named([text], base))], [text, expected]);
});

it("named() says what leaves the checkout, what is no name, and what another program's pattern is", () => {
  const { dir, named, link } = checkouts("src/x.ts", "src/!odd", "src/a{1..3}", "app/[id");
  link("main/out", "/etc");
  link("main/loop", "loop");
  const etc = host.fs.lstat("/etc")?.kind === "symlink" ? "/private/etc" : "/etc";
  const range = "and a range in braces is not read: write";
  const group = "and a group in parentheses is not read: write";
  for (
    const [text, problem] of [
      ["../../x", `leaves the checkout: it is "${dir}/x"`],
      ["/etc/passwd", `leaves the checkout: it is "${etc}/passwd"`],
      [":/out/passwd", `leaves the checkout: it is "${etc}/passwd"`],
      ["../out/*.conf", `leaves the checkout: it is "${etc}"`],
      ["../loop/x", "leads through too many symbolic links"],
      ["src/\ufffd.ts", "is no name in UTF-8: rename the file, or name its folder"],
      ["src/*/../x", 'must not hold ".."'],
      ["src\\api", 'must not hold a "\\" before a letter or digit: folders are divided by "/"'],
      ["C:/x", "must not be absolute"],
      ["::f", "has a path that must not be empty"],
      ["src/[x", 'holds a "[" without its "]"'],
      ["src/x.ts::{", 'has a symbol that holds a "{" without its "}"'],
      ["pkg{1..3}/**", `holds "{1..3}", ${range} "{1,2,3}", or "\\{" for the brace itself`],
      ["pkg{a..z}", `holds "{a..z}", ${range} "{…,…}", or "\\{" for the brace itself`],
      ["src/@(a|b)/**", `holds "@(a|b)", ${group} "{a,b}", or "\\(" for the parenthesis itself`],
      [
        "lib/!(gen)/**",
        `holds "!(gen)", ${group} each pattern that you mean, or "\\(" for the parenthesis itself`,
      ],
      ["src/(a|b)", `holds "(a|b)", ${group} "{a,b}", or "\\(" for the parenthesis itself`],
      [
        "!src/gen/**",
        'begins with "!", and no pattern leaves anything out: name what you mean, ' +
        'or write "\\!" for a name that begins so',
      ],
      [
        "a[[:digit:]]",
        'holds "[[:digit:]", and a named class is not read: write its characters, ' +
        'as in "[a-z0-9]", or "\\[" for the bracket itself',
      ],
      [
        ":(glob)src",
        'begins with git\'s ":(": write ":/" for the top of the checkout, ' +
        'or "\\:" for a name that begins so',
      ],
    ] as const
  ) {
    const { entries, problems } = named([text], "main/src");
    const shown = problems.map((message) => message.slice(JSON.stringify(text).length + 1));
    assertEquals([text, entries, shown], [text, [], [problem]], problems.join());
  }
  // Where it exists, it is what it spells.
  assertEquals(only(named(["src/!odd"])), { entry: "src/!odd", isFile: true });
  assertEquals(only(named(["!odd"], "main/src")), { entry: "src/!odd", isFile: true });
  assertEquals(only(named(["src/a{1..3}"])), { entry: "src/a\\{1..3\\}", isFile: true });
  assertEquals(only(named(["app/[id"])), { entry: "app/\\[id", isFile: true });
});

it("named() takes what exists letter for letter, or is said to be literal, for that path", () => {
  const files = [
    "{{proj.slug}}/setup.py",
    "app/[id]/page.tsx",
    "a{b,c}.ts",
    "d::e/f.ts",
    "x[1]/f.ts",
  ];
  const { named } = checkouts(...files);
  for (
    const [text, entry, isFile] of [
      ["{{proj.slug}}/setup.py", "\\{\\{proj.slug\\}\\}/setup.py", true],
      ["{{proj.slug}}", "\\{\\{proj.slug\\}\\}", false],
      ["app/[id]/page.tsx", "app/\\[id\\]/page.tsx", true],
      ["app/\\[id\\]/page.tsx", "app/\\[id\\]/page.tsx", true],
      ["app/[id]/other.tsx", "app/[id]/other.tsx", false],
      ["a{b,c}.ts", "a\\{b,c\\}.ts", true],
      ["d::e/f.ts", "d\\:\\:e/f.ts", true],
      ["d\\:\\:e/f.ts", "d\\:\\:e/f.ts", true],
      ["d::e", "d\\:\\:e", false],
      ["d::e/f.ts::g::h", "d\\:\\:e/f.ts::g::h", true],
      ["d::e::g", "d\\:\\:e::g", false],
      ["d::g", "d::g", false],
      ["x[1]/f.ts::*", "x\\[1\\]/f.ts::*", true],
      ["*.ts", "*.ts", false],
    ] as const
  ) assertEquals([text, only(named([text]))], [text, { entry, isFile }]);
  const literal = (text: string) => only(named([text], "main", { literal: true }));
  assertEquals(literal("new/[x]/*.ts"), { entry: "new/\\[x\\]/\\*.ts", isFile: false });
  assertEquals(literal("new.ts::f"), { entry: "new.ts\\:\\:f", isFile: false });
  assertEquals(literal("app/[id]/page.tsx"), { entry: "app/\\[id\\]/page.tsx", isFile: true });
  const { problems } = named(["x".repeat(500) + "/" + "[".repeat(400)], "main", { literal: true });
  assertEquals(problems.map((each) => each.split('" ').at(-1)), [
    "is longer than 1024 characters (1301)",
  ]);
  const tree = only(named(["d::g"], "main", { kind: "glob" }));
  assertEquals(tree, { entry: "d\\:\\:g", isFile: false });
});

it("named() takes what is not there for a file where the caller says so", () => {
  const { named } = checkouts("src/x.ts");
  const files = named(["src/new.ts::f", "src", "src/*.md", "src/x.ts"], "main", { file: true });
  assertEquals(files, {
    entries: ["src/new.ts::f", "src", "src/*.md", "src/x.ts"],
    files: ["src/new.ts", "src/x.ts"],
    problems: [],
  });
});

it("all spellings of one file meet each other", () => {
  const random = seeded("spellings");
  const name = "apps/Web/caf\u00e9/[id]/p\u00e1ge.tsx";
  const { dir, named, link } = checkouts(name);
  link("main/short", "apps/Web/caf\u00e9");
  link("main/apps/back", "../apps");
  link("linked", "main");
  const spelled = (): ReturnType<typeof only> => {
    const base = random.pick(["main", "side", "main/apps", "side/apps/Web", "main/apps/Web"]);
    const below = base.split("/").slice(1).join("/");
    const relative = `${"../".repeat(below === "" ? 0 : below.split("/").length)}${name}`;
    const text = random.pick([
      relative,
      name.startsWith(`${below}/`) ? `./${name.slice(below.length + 1)}` : relative,
      `:/${name}`,
      `${dir}/main/${name}`,
      `${dir}/side/${name}`,
      `${dir}/linked/${name}`,
      `${dir}/main/short/[id]/p\u00e1ge.tsx`,
      `:/${base.startsWith("main") ? "short" : "apps/Web/caf\u00e9"}/[id]/p\u00e1ge.tsx`,
      `${dir}/main/apps/back/Web/caf\u00e9/[id]/p\u00e1ge.tsx`,
      `:/${escapedPath(name.split("/")).normalize("NFD")}`,
      `:/${escapedPath(name.split("/")).toUpperCase()}`,
    ]);
    return only(named([text], base));
  };
  for (let round = 0; round < 300; round++) {
    const [a, b] = [spelled(), spelled()].map(({ entry, isFile }) =>
      addressOutlines({ addresses: [entry], files: isFile ? [entry] : [] })
    );
    const found = holdsMeet(a ?? [], b ?? [], { left: 1_000 }, { left: 1_000 });
    assertEquals(found?.meeting, "meets", `${a?.[0]?.text} and ${b?.[0]?.text}`);
  }
});

it("escapedPath() writes any name so that it is read as that name and nothing else", () => {
  const random = seeded("escapes");
  const letters = [..."ab.*?[]{}\\!@+(|):,-~ é"];
  for (let round = 0; round < 20_000; round++) {
    const names = Array.from(
      { length: 1 + random.below(3) },
      () => Array.from({ length: 1 + random.below(4) }, () => random.pick(letters)).join(""),
    );
    if (names.some((name) => name === "." || name === "..")) continue;
    const text = escapedPath(names);
    const address = parseAddress(text);
    const glob = parseGlob(text);
    assert_(typeof address !== "string" && typeof glob !== "string", `${text}: ${address}`);
    const path = names.join("/");
    assertEquals({ symbol: address.symbol, isLiteral: isLiteral(text) }, {
      symbol: null,
      isLiteral: true,
    });
    assertEquals(unescaped(text).replace(/^\.\//, ""), path);
    assertEquals([matches(glob, path), matches(glob, `${path}x`)], [true, false], text);
  }
});
