import { parseGitFile, parseGitHead, parseMuseHead } from "../../../src/domain/git/head.ts";
import { assertEquals, it } from "../../deps.ts";

const COMMIT = "0123456789ABCDEF0123456789abcdef01234567";

function shown(head: ReturnType<typeof parseGitHead>): string {
  if (head.kind === "reftable") return "in a reftable";
  return head.kind === "none" ? `none: ${head.reason}` : head.branch;
}

it("parseGitHead() returns the branch, or the short id of a detached commit", () => {
  const cases = [
    ["ref: refs/heads/main\n", "main"],
    ["ref:refs/heads/feature/x\r\n", "feature/x"],
    ["ref: refs/heads/naïve-日本\n", "naïve-日本"],
    [`${COMMIT}\n`, "0123456"],
    ["f".repeat(64), "fffffff"],
    ["ref: refs/heads/.invalid\n", "in a reftable"],
    ["ref: refs/remotes/origin/main\n", "none: names something else than a branch"],
    ["ref: refs/heads/\n", "none: names a branch that must not be empty"],
    [
      "ref: refs/heads/a\u001b[31m\n",
      "none: names a branch that must not hold control or line-separator characters",
    ],
    [
      `ref: refs/heads/${"x".repeat(257)}`,
      "none: names a branch that is longer than 256 characters (257)",
    ],
    ["", "none: names neither a branch nor a commit"],
    ["\nref: refs/heads/main", "none: names neither a branch nor a commit"],
    ["0123456", "none: names neither a branch nor a commit"],
  ];
  for (const [text = "", expected = ""] of cases) assertEquals(shown(parseGitHead(text)), expected);
});

it("parseMuseHead() reads both forms", () => {
  const texts = ["refs/heads/x\n", "ref: refs/heads/x/y", "x", "ref: x", "refs/heads/ "];
  assertEquals(texts.map((text) => shown(parseMuseHead(text))), [
    "x",
    "x/y",
    "none: names no branch",
    "none: names no branch",
    "none: names a branch that must not be empty",
  ]);
});

it("parseGitFile() returns where a worktree's folder lies", () => {
  const texts = ["gitdir: ../.git/worktrees/a b\n", "gitdir:/x", "gitdir: ", "x", ""];
  assertEquals(texts.map(parseGitFile), [
    "../.git/worktrees/a b",
    "/x",
    undefined,
    undefined,
    undefined,
  ]);
});
