/** Whatever the documents and the comments name is where they say. */
import { listFiles } from "../../scripts/support/sources.ts";
import { assert_, assertEquals, it } from "../deps.ts";

const ROOT = `${import.meta.dirname}/../..`;

const FILES = listFiles(ROOT);
const DOCUMENTS = FILES.filter((path) => path.endsWith(".md"));

/** Paths that stand for a user's own. */
const EXAMPLES = ["src/x.ts", "src/a.ts", "src/*.ts", "src/a.py"];

const read = (path: string) => Deno.readTextFileSync(`${ROOT}/${path}`);

/** Whether a file or a folder is there. */
function exists(path: string): boolean {
  return FILES.some((file) => file === path || file.startsWith(`${path.replace(/\/$/, "")}/`));
}

/** The anchors of a document's headings, as GitHub makes them. */
function anchors(path: string): Set<string> {
  const text = read(path).replaceAll(/^```[^]*?^```$/gm, "");
  return new Set(
    [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
      heading.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(" ", "-")
    ),
  );
}

/** A path as it is from the top of the repository. */
function resolved(from: string, path: string): string {
  const found = from.split("/").slice(0, -1);
  for (const name of path.split("/")) {
    if (name === "..") found.pop();
    else if (name !== ".") found.push(name);
  }
  return found.join("/");
}

it("every link of a document leads to a file that is there, and to a heading in it", () => {
  const broken: string[] = [];
  let count = 0;
  for (const document of DOCUMENTS) {
    for (const [, link = ""] of read(document).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^\w+:/.test(link)) continue;
      count++;
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? document : resolved(document, path);
      const isThere = exists(target) && (anchor === undefined || anchors(target).has(anchor));
      if (!isThere) broken.push(`${document}: ${link}`);
    }
  }
  assert_(count > 50, `${count} links`);
  assertEquals(broken, []);
});

/** A path with stars and alternatives in braces, as a pattern of whole paths. */
function patternOf(path: string): RegExp[] {
  const [, before = "", among, after = ""] = /^([^{]*)\{([^}]*)\}(.*)$/.exec(path) ?? [];
  if (among !== undefined) {
    return among.split(",").flatMap((each) => patternOf(before + each + after));
  }
  const text = path.replaceAll(/[.+?()[\]\\^$|]/g, "\\$&").replaceAll("*", "[^/]*");
  return [new RegExp(`^${text}${path.endsWith("/") ? "" : "(?:/|$)"}`)];
}

it("every path of the repository that a document or a comment names is there", () => {
  const missing: string[] = [];
  let count = 0;
  for (const file of FILES) {
    if (!/\.(?:md|ts)$/.test(file)) continue;
    const lines = read(file).split("\n");
    for (
      const line of file.endsWith(".md")
        ? lines
        : lines.filter((each) => /^\s*(\/?\*|\/\/)/.test(each))
    ) {
      for (
        const [, path = ""] of line.matchAll(
          /`((?:src|tests|scripts|docs|examples)\/[\w./*{},-]+)`/g,
        )
      ) {
        if (path.includes("**") || EXAMPLES.includes(path)) continue;
        count++;
        const found = patternOf(path).every((pattern) => FILES.some((each) => pattern.test(each)));
        if (!found) missing.push(`${file}: ${path}`);
      }
    }
  }
  assert_(count > 30, `${count} paths`);
  assertEquals(missing, []);
});

it("every symbol that a document finds in a file is declared in it", () => {
  const missing: string[] = [];
  let count = 0;
  for (const document of DOCUMENTS) {
    const text = read(document).replaceAll(/\s+/g, " ");
    for (
      const [, symbol = "", path = ""] of text.matchAll(
        /`([\w.]+)(?:\(\))?` (?:in|of) \[[^\]]*\]\(([^)]+\.ts)\)/g,
      )
    ) {
      count++;
      const code = read(resolved(document, path));
      const isThere = symbol.split(".").every((name) => new RegExp(`\\b${name}\\b`).test(code));
      if (!isThere) missing.push(`${document}: ${symbol} in ${path}`);
    }
  }
  assert_(count >= 4, `${count} symbols`);
  assertEquals(missing, []);
});
