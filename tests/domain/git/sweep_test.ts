/** Which shell commands sweep, in many spellings; and that no other command is taken for one. */
import { shellCommands } from "../../../src/adapters/shell/commands.ts";
import { type Sweep, sweepsOf } from "../../../src/domain/git/sweep.ts";
import { shellWord } from "../../../src/domain/text.ts";
import { SHELL_TEXT } from "../../../src/domain/git/shell.ts";
import { assert_, assertEquals, it } from "../../deps.ts";
import { sized } from "../../support/length.ts";
import { newSeed, type Random } from "../../support/random.ts";

/** What a command sweeps: the word of git, the folder, the paths (`/` before one from the top, `?` behind a doubtful one). */
function swept(text: string): string[] {
  return sweepsOf(text, shellCommands).map(shown);
}

function shown({ verb, folder, paths }: Sweep): string {
  const named = paths.map(({ path, isFromTop, isDoubtful }) =>
    `${isFromTop ? "/" : ""}${path}${isDoubtful ? "?" : ""}`
  );
  return [verb, ...(folder === "" ? [] : [`in ${folder}`]), ...named].join(" ");
}

/** Arguments of git, and what they sweep. */
const SWEEPING: Readonly<Record<string, string>> = {
  "stash": "stash /.",
  "stash -u": "stash /.",
  "stash -m why": "stash /.",
  "stash --message=why --keep-index": "stash /.",
  "stash push": "stash /.",
  "stash push -um 'fix it'": "stash /.",
  "stash push -m why src/a.ts lib": "stash src/a.ts lib",
  "stash push -- src": "stash src",
  "stash -- src": "stash src",
  "stash --": "stash /.",
  "stash save why": "stash /.",
  "reset --hard": "reset /.",
  "reset --hard HEAD~1": "reset /.",
  "reset -q --hard $REF": "reset /.",
  "reset --har": "reset /.",
  "reset --merge": "reset /.",
  "checkout .": "checkout .",
  "checkout -- .": "checkout .",
  "checkout -- src/a.ts b.ts": "checkout src/a.ts b.ts",
  "checkout HEAD -- src": "checkout src",
  "checkout $REF -- src": "checkout src",
  "checkout HEAD .": "checkout HEAD? .",
  "checkout src/": "checkout src/",
  "checkout src/a.ts": "checkout src/a.ts?",
  "checkout :/": "checkout /.",
  "checkout --ours a.ts": "checkout a.ts",
  "checkout -f": "checkout /.",
  "checkout --force main": "checkout /.",
  "checkout -qf main": "checkout /.",
  "checkout -f -- a.ts": "checkout a.ts",
  "switch -f main": "switch /.",
  "switch --discard-changes main": "switch /.",
  "restore .": "restore .",
  "restore a.ts": "restore a.ts",
  "restore -s HEAD~1 --staged --worktree src": "restore src",
  "restore --source=HEAD -SW -- src 'my file.ts'": "restore src my file.ts",
  "restore 'src/[id]/page.tsx'": "restore src/[id]/page.tsx",
  "restore '*.ts'": "restore .",
  "clean -f": "clean .",
  "clean -fdx": "clean .",
  "clean -fd -e '*.log' src": "clean src",
  "clean -d --force": "clean .",
  "clean -i": "clean .",
  "add -A": "add /.",
  "add --all": "add /.",
  "add -u": "add /.",
  "add --update src": "add src",
  "add -vA -- src": "add src",
  "add .": "add .",
  "add ./": "add ./",
  "add ..": "add ..",
  "add -f .": "add .",
  "add *": "add .",
  "add src/*": "add src/",
  "add :/": "add /.",
  "add src/ a.ts": "add src/",
  "stage -A": "stage /.",
  "commit -a": "commit /.",
  "commit --all -m x": "commit /.",
  "commit -am x": "commit /.",
  "commit -qam 'fix: a && b'": "commit /.",
  "commit -m x -a": "commit /.",
  "commit -am \"$(cat <<'E'\nfix: it's done\nE\n)\"": "commit /.",
  "commit --amend --no-edit -a": "commit /.",
};

const HARMLESS: readonly string[] = [
  "stash list",
  "stash show -p",
  "stash pop",
  "stash apply",
  "stash drop",
  "stash create",
  "stash $X",
  "stash push $X",
  "stash --help",
  "reset",
  "reset --soft HEAD~1",
  "reset --mixed",
  "reset --keep HEAD~1",
  "reset a.ts",
  "checkout",
  "checkout $BRANCH",
  "checkout -b feature",
  "checkout -b feature origin/main",
  "checkout -p",
  "checkout -- $FILE",
  "switch main",
  "switch -c force",
  "restore",
  "restore $FILES",
  "restore -p .",
  "clean -n",
  "clean -nfd",
  "clean --dry-run -fd",
  "clean -fd $DIR",
  "clean -h",
  "add a.ts",
  "add src/a.ts b.ts",
  "add -p",
  "add -n .",
  "add -A ${DIR}",
  "add . ':!src'",
  "add {a,b}",
  "commit",
  "commit -m -a",
  "commit -ma",
  "commit -m 'git add -A'",
  "commit --author a -m x",
  "commit -F -a",
  "commit -uall -m x",
  "commit --amend",
  "commit --dry-run -a",
  "status",
  "diff --stat -- .",
  "log --all",
  "branch -a",
  "push --all",
  "worktree add ../x",
  "rm -r .",
  "--help stash",
  "help stash",
  "$VERB -A",
  "-C $DIR add -A",
  "-c alias.x=add x -A",
];

it("sweepsOf() knows what each call of git sweeps", () => {
  for (const [args, expected] of Object.entries(SWEEPING)) {
    assertEquals(swept(`git ${args}`), [expected], args);
  }
  for (const args of HARMLESS) {
    assertEquals(swept(`git ${args}`).filter((each) => !each.endsWith("?")), [], args);
  }
});

/** How a call may stand in a text, with the folder that it works in then. */
const PLACES: readonly (readonly [text: (call: string) => string, folder?: string])[] = [
  [(call) => call],
  [(call) => `  ${call}  # git status`],
  [(call) => `cd src && ${call}`, "src"],
  [(call) => `cd src; cd ../lib\n${call}`, "src/../lib"],
  [(call) => `cd "$X" && cd /w && ${call}`, "/w"],
  [(call) => `pushd 'my dir' && ${call}`, "my dir"],
  [(call) => `(cd src; ls) && ${call}`],
  [(call) => `(cd src && ${call})`, "src"],
  [(call) => `cd src | ls; ${call}`],
  [(call) => `{ cd src; }; ${call}`, "src"],
  [(call) => `npm test && ${call} && git push`],
  [(call) => `npm test || ${call}`],
  [(call) => `true; ${call}; true`],
  [(call) => `echo hi\n${call}\n`],
  [(call) => `${call} | tail -1`],
  [(call) => `yes | ${call}`],
  [(call) => `${call} > /dev/null 2>&1`],
  [(call) => `${call} &`],
  [(call) => `! ${call}`],
  [(call) => `time ${call}`],
  [(call) => `if true; then ${call}; fi`],
  [(call) => `for f in a b; do ${call}; done`],
  [(call) => `while read f; do ${call}; done < x`],
  [(call) => `case $x in a) ${call};; esac`],
  [(call) => `f() { ${call}; }; f`],
  [(call) => `x=$(${call})`],
  [(call) => `echo "$(${call})"`],
  [(call) => `cat <(${call})`],
  [(call) => `cat <<E\n$(${call})\nE`],
  [(call) => `cat <<'E'\nit's\nE\n${call}`],
  [(call) => `X=1 Y='a b' ${call}`],
  [(call) => `env X=1 ${call}`],
  [(call) => `env -i -u HOME X=1 ${call}`],
  [(call) => `env -C src ${call}`, "src"],
  [(call) => `env --chdir=src ${call}`, "src"],
  [(call) => `sudo ${call}`],
  [(call) => `sudo -n -u root ${call}`],
  [(call) => `sudo --user=root ${call}`],
  [(call) => `command ${call}`],
  [(call) => `exec ${call}`],
  [(call) => `nohup nice -n 10 ${call}`],
  [(call) => `coord with src --wait 60 -- ${call}`],
  [(call) => `timeout -k 5 10s ${call}`],
  [(call) => `bash -c ${shellWord(call)}`],
  [(call) => `bash -euo pipefail -c ${shellWord(`cd src && ${call}`)}`, "src"],
  [(call) => `cd a && sh -lc ${shellWord(`cd b; ${call}`)}`, "a/b"],
  [(call) => `sudo bash -c ${shellWord(call)} x`],
];

/** Ways to call git, with the folder that they name. */
const CALLERS: readonly (readonly [call: string, folder?: string])[] = [
  ["git"],
  ["/usr/bin/git"],
  ["\\git"],
  ["'git'"],
  ["git.exe"],
  ["git \\\n"],
  ["git -c user.name='a b' -c k=v"],
  ["git --no-pager"],
  ["git --git-dir /x/.git"],
  ["git -C sub", "sub"],
  ["git -C sub -C 'a b'", "sub/a b"],
  ["git -C /w", "/w"],
  ["git --work-tree=/w --git-dir=/w/.git", "/w"],
];

it("sweepsOf() has a call that stands there twice once", () => {
  assertEquals(swept("git add -A; git add -A; git add -u src"), ["add /.", "add src"]);
});

it("sweepsOf() finds each sweeping call in many spellings, and its folder", () => {
  const random = newSeed("spellings");
  const all = Object.entries(SWEEPING);
  const check = (args: string, expected: string, place: number, caller: number) => {
    const [text, outer = ""] = PLACES[place] ?? [(call: string) => call];
    const [call, inner = ""] = CALLERS[caller] ?? ["git"];
    const whole = text(`${call} ${args}`);
    const folder = inner.startsWith("/") ? inner : [outer, inner].filter(Boolean).join("/");
    const [verb, ...paths] = expected.split(" ");
    const named = [verb, ...(folder === "" ? [] : [`in ${folder}`]), ...paths].join(" ");
    assertEquals(swept(whole), [named], whole);
  };
  for (const place of PLACES.keys()) check("add -A", "add /.", place, 0);
  for (const caller of CALLERS.keys()) check("add -A", "add /.", 0, caller);
  for (let round = 0; round < sized(300, 20_000, 200_000); round++) {
    const [args, expected] = random.pick(all);
    const [place, caller] = [random.below(PLACES.length), random.below(CALLERS.length)];
    // A here-document in a here-document, or in the one word for a shell, ends elsewhere.
    if (!args.includes("<<")) check(args, expected, place, caller);
  }
});

/** A word in one of the ways in which a shell reads it as that word. */
function spelled(random: Random, word: string): string {
  const ways = [
    (part: string) => part === "" ? "''" : shellWord(part),
    (part: string) => `'${part.replaceAll("'", "'\\''")}'`,
    (part: string) => `"${part.replaceAll(/["\\$`]/g, "\\$&")}"`,
    (part: string) => part.replaceAll(/[^\w\n]/g, "\\$&").replaceAll("\n", "'\n'"),
  ];
  const cut = random.below(word.length + 1);
  return [word.slice(0, cut), word.slice(cut)].map((part) => random.pick(ways)(part)).join("");
}

it("sweepsOf() reads the words of a call in whatever quotes they stand", () => {
  const random = newSeed("quotes");
  for (let round = 0; round < sized(300, 20_000, 200_000); round++) {
    const words = [
      "git",
      ...random.pick(["add -A", "reset --hard", "stash", "clean -fd"]).split(" "),
    ];
    const text = words.map((word) => spelled(random, word)).join(" ");
    assertEquals(swept(text).length, 1, text);
  }
});

it("sweepsOf() takes no words in quotes, comments and documents for calls", () => {
  const random = newSeed("harmless");
  const pieces = [
    "git add -A",
    "git stash",
    "&& git reset --hard",
    "; git clean -fd",
    "a",
    "'",
    '"',
  ];
  pieces.push("\n", " ", "$(", ")", "`", "#", "<<E", "E", "\\", "|", "&", "{", "}", "*", "é");
  for (let round = 0; round < sized(600, 30_000, 300_000); round++) {
    const junk = Array.from({ length: 1 + random.below(6) }, () => random.pick(pieces)).join("");
    const word = spelled(random, junk);
    const line = junk.replaceAll("\n", " ");
    const text = random.pick([
      `echo ${word}`,
      `git commit -m ${word}`,
      `git log --grep=${word} -- a.ts`,
      `printf %s ${word} | git hash-object --stdin`,
      `rg ${word} src && git status`,
      `git stash list # ${line}`,
      `X=${word} git diff`,
      `gh pr create --body ${word}; git push`,
      `cat > x <<'EOF'\n${junk}\nEOF\ngit status`,
      `python3 - <<"EOF" && git log\n${junk}\nEOF`,
    ]);
    assertEquals(swept(text), [], text);
  }
});

it("sweepsOf() has no opinion on what it cannot take apart, however odd", () => {
  const random = newSeed("odd");
  const odd = ["git add -A'", "git add -A )", "bash -c 'bash -c \"git add -A\"'", 'bash -c "$X"'];
  odd.push(
    "eval $X git",
    "xargs git add -A",
    "command -v git stash",
    "ssh h git stash",
    "cd $X; git stash",
  );
  odd.push(
    "env -S 'git stash'",
    "env -S git stash",
    "cd - && git stash",
    "cd && git stash",
    "bash git stash",
    "coord with git stash",
    "coord wait -- git stash",
  );
  for (const text of odd) assertEquals(swept(text), [], text);
  const pieces = [
    "git",
    "add",
    "-A",
    "$(",
    ")",
    "(",
    "'",
    '"',
    "`",
    "\n",
    " ",
    "<<",
    "E",
    "{",
    "}",
    "|",
    "&",
  ];
  for (let round = 0; round < sized(600, 30_000, 300_000); round++) {
    swept(Array.from({ length: random.below(20) }, () => random.pick(pieces)).join(" "));
  }
  swept("(".repeat(5_000) + "git add -A");
  swept(`git add ${"$(".repeat(5_000)}`);
});

it("sweepsOf() has no opinion, at once, on texts that take long to read", () => {
  const here = (number: number) => "cat <<A;".repeat(number) + "git stash";
  assertEquals(swept(here(SHELL_TEXT.hereDocuments)), ["stash /."]);
  const hostile = [
    here(20_000),
    "cat <<A\n".repeat(20_000),
    `git stash; echo ${"x".repeat(SHELL_TEXT.characters)}`,
  ];
  const start = performance.now();
  assertEquals(hostile.map(swept), [[], [], []]);
  assert_(performance.now() - start < 5_000);
});
