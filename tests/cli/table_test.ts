import { cut, layOut } from "../../src/cli/table.ts";
import type { Table } from "../../src/commands/command.ts";
import { assertEquals, it } from "../deps.ts";

const PLAIN = { width: undefined, colour: false, now: 0 };

it("cut() counts columns: wide characters take two, combining marks none", () => {
  const widthOf = (text: string) => [0, 1, 2, 3, 4].find((width) => cut(text, width) === text);
  assertEquals(
    ["", "abc", "日本", "e\u0301", "👍", "ｆ", "─"].map(widthOf),
    [0, 3, 4, 1, 2, 2, 1],
  );
});

it("cut() keeps what fits and ends with an ellipsis", () => {
  assertEquals(
    [
      cut("abcdef", undefined),
      cut("abcdef", 6),
      cut("abcdef", 5),
      cut("日本語", 5),
      cut("日本語", 4),
      cut("e\u0301e\u0301e\u0301", 2),
      cut("abc", 1),
      cut("abc", 0),
    ],
    ["abcdef", "abcdef", "abcd…", "日本…", "日…", "e\u0301…", "…", ""],
  );
});

it("layOut() aligns columns by display width, numbers to the right", () => {
  const text = layOut({
    columns: ["ID", "N", "TITLE"],
    rows: [["日本", 5, "wide"], ["ab", 1234, "e\u0301"], ["👍", 0, null]],
  }, PLAIN);
  assertEquals(
    text,
    "ID       N  TITLE\n" +
      "日本     5  wide\n" +
      "ab    1234  e\u0301\n" +
      "👍       0  -\n",
  );
});

it("layOut() aligns a column with words among its numbers to the left", () => {
  const rows = [[1, "x"], ["two", "y"]];
  assertEquals(layOut({ columns: ["A", "B"], rows }, PLAIN), "A    B\n1    x\ntwo  y\n");
});

it("layOut() leaves out fields that are undefined and shows null as a dash", () => {
  assertEquals(
    layOut([{ fields: { id: "x", missing: undefined, long_name: null } }, "", "end"], PLAIN),
    "id         x\nlong_name  -\n\nend\n",
  );
});

it("layOut() shortens tables to the width of a terminal, and to nothing else", () => {
  const block = { columns: ["ID", "TITLE"], rows: [["a", "a long title"]] };
  assertEquals(layOut(block, { ...PLAIN, width: 10 }), "ID  TITLE\na   a lon…\n");
  assertEquals(layOut(block, PLAIN), "ID  TITLE\na   a long title\n");
});

it("layOut() cuts no field and no line: an id must stay one that can be copied", () => {
  const id = `sha256:${"a".repeat(64)}`;
  assertEquals(
    layOut([{ fields: { task_id: id } }, `Workspace made: /${id}`], { ...PLAIN, width: 40 }),
    `task_id  ${id}\nWorkspace made: /${id}\n`,
  );
});

it("layOut() makes heads and names bold where colour is wanted", () => {
  const style = { ...PLAIN, colour: true };
  assertEquals(
    layOut([{ columns: ["A"], rows: [["x"]] }, { fields: { key: "v" } }], style),
    "\x1b[1mA\x1b[22m\nx\n\x1b[1mkey\x1b[22m  v\n",
  );
});

/** Two agents of one session, and the texts that long tables have. */
const SESSION = "claude:7f3a9c2e-1b4d-4e8f-9a01-52c1e0b6d7aa";
const TASKS: Table = {
  columns: [
    { name: "ID", is: "id" },
    { name: "STATUS", is: "state" },
    "PRIORITY",
    "QUEUE",
    { name: "CLAIMER", is: "agent" },
    { name: "UNTIL", is: "time" },
    { name: "TITLE", is: "main" },
  ],
  rows: [
    ["3be78209210a", "claimed", 0, "default", SESSION, at(3_000), "請求書サービスを不変にする"],
    [
      "f6202477ea18",
      "timed_out",
      0,
      "review",
      `${SESSION}/agent-a1`,
      at(-60),
      "Fix the flaky test in tests/lane",
    ],
    ["c5949f53efed", "pending", 0, "default", null, null, "Docs"],
  ],
};

function at(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

it("layOut() keeps what a reader came for at 80 columns, and agents apart", () => {
  assertEquals(
    layOut(TASKS, { ...PLAIN, width: 80 }),
    "PRIORITY 0\n" +
      "ID         STATUS     QUEUE    CLAIMER     UNTIL      TITLE\n" +
      "3be782092  claimed    default  claud…d7aa  in 50 min  請求書サービスを不変にする\n" +
      "f6202477e  timed_out  review   claud…t-a1  1 min ago  Fix the flaky test in tes…\n" +
      "c5949f53e  pending    default  -           -          Docs\n",
  );
});

it("layOut() keeps what a reader came for at 50 columns, and ids that can be typed", () => {
  assertEquals(
    layOut(TASKS, { ...PLAIN, width: 50 }),
    "PRIORITY 0\n" +
      "ID      STATUS  QUEU  CLAIMER  UNTIL      TITLE\n" +
      "3be782  claim…  def…  cla…7aa  in 50 min  請求書…\n" +
      "f62024  timed…  rev…  cla…-a1  1 min ago  Fix the…\n" +
      "c5949f  pendi…  def…  -        -          Docs\n",
  );
});

it("layOut() shows a path on a terminal as it can be copied, and never cuts it", () => {
  const files: Table = {
    columns: ["HOST", { name: "STATE", is: "state" }, { name: "FILE", is: "path" }],
    rows: [
      ["claude", "installed", "/home/me/work/project/.claude/settings.json"],
      ["gemini", "waits_for_trust", "/home/me/.gemini/settings.json"],
      ["kimi", "installed", "/home/measure/a folder whose name is long/of another user.toml"],
      ["other", "installed", "/home/me/work/project"],
    ],
  };
  const folders = { cwd: "/home/me/work/project", home: "/home/me" };
  assertEquals(
    layOut(files, { ...PLAIN, width: 50, folders }),
    "HOST    STATE\n  FILE\n" +
      "claude  installed\n  .claude/settings.json\n" +
      "gemini  waits_for_trust\n  ~/.gemini/settings.json\n" +
      "kimi    installed\n  /home/measure/a folder whose name is long/of another user.toml\n" +
      "other   installed\n  ~/work/project\n",
  );
  const [first, second] = files.rows;
  assertEquals(
    layOut({ ...files, rows: [first ?? [], second ?? []] }, { ...PLAIN, width: 50, folders }),
    "HOST    STATE            FILE\n" +
      "claude  installed        .claude/settings.json\n" +
      "gemini  waits_for_trust  ~/.gemini/settings.json\n",
  );
  const same = [first ?? [], [...(first ?? [])]];
  const nowhere = { cwd: undefined, home: undefined };
  assertEquals(
    layOut({ ...files, rows: same }, { ...PLAIN, width: 50, folders: nowhere }),
    `HOST claude  STATE installed\nFILE\n${`${first?.[2]}\n`.repeat(2)}`,
  );
  assertEquals(
    layOut({ ...files, rows: same }, { ...PLAIN, width: 20, folders: nowhere }),
    `HOST claude\nSTATE installed\nFILE\n${`${first?.[2]}\n`.repeat(2)}`,
  );
  assertEquals(layOut(files, { ...PLAIN, folders }).split("\n")[1]?.slice(25), first?.[2]);
});

it("layOut() puts one row's columns above where they would leave no room for what it is about", () => {
  const lane: Table = {
    columns: [
      { name: "LANE", is: "main" },
      { name: "STATUS", is: "state" },
      { name: "HOLDER", is: "agent" },
      "FENCE",
      { name: "TTL", is: "time" },
      "EXCLUSIVE",
      { name: "TREE", is: "main" },
    ],
    rows: [["docs", "live", SESSION, 1, "50 min", null, "docs/guides/**"]],
  };
  assertEquals(
    layOut(lane, { ...PLAIN, width: 50 }),
    "STATUS live\n" +
      `HOLDER ${SESSION}\n` +
      "FENCE 1  TTL 50 min  EXCLUSIVE -\n" +
      "LANE  TREE\n" +
      "docs  docs/guides/**\n",
  );
  assertEquals(
    layOut(lane, { ...PLAIN, width: 30 }),
    "STATUS live\n" +
      "HOLDER claude:7f3a…2c1e0b6d7aa\n" +
      "FENCE 1  TTL 50 min\n" +
      "EXCLUSIVE -\n" +
      "LANE  TREE\n" +
      "docs  docs/guides/**\n",
  );
  const [head] = layOut(lane, { ...PLAIN, width: 120 }).split("\n");
  assertEquals(head?.split(/ +/).length, 7);
});

it("layOut() fits every width, by columns of the terminal", () => {
  for (let width = 20; width <= 200; width++) {
    for (const rows of [TASKS.rows, TASKS.rows.slice(0, 1)]) {
      const widest = layOut({ ...TASKS, rows }, { ...PLAIN, width }).split("\n")
        .filter((line) => cut(line, width) !== line);
      assertEquals(widest, [], String(width));
    }
  }
});

it("layOut() shows whole values and instants where there is no terminal", () => {
  const [above, head, first = ""] = layOut(TASKS, PLAIN).split("\n");
  assertEquals([above, head?.split(/ {2,}/)], [
    "PRIORITY 0",
    ["ID", "STATUS", "QUEUE", "CLAIMER", "UNTIL", "TITLE"],
  ]);
  assertEquals(first.split(/ {2,}/), [
    "3be78209210a",
    "claimed",
    "default",
    SESSION,
    "1970-01-01T00:50:00.000Z",
    "請求書サービスを不変にする",
  ]);
});

it("layOut() shows instants on a terminal as seen from now", () => {
  const now = Date.parse("2026-11-21T09:00:00Z");
  const shown = (instant: string) => {
    const columns = [{ name: "ID", is: "id" }, { name: "AT", is: "time" }] as const;
    return layOut({ columns, rows: [["x", instant]] }, { ...PLAIN, width: 80, now })
      .split("\n")[1]?.slice(4);
  };
  assertEquals(
    ["09:00:00", "09:00:59", "08:59:15", "10:05:00", "06:10:00"].map((time) =>
      shown(`2026-11-21T${time}Z`)
    ),
    ["now", "in 59 s", "45 s ago", "in 1 h", "2 h ago"],
  );
  assertEquals([shown("2026-11-25T10:00:00Z"), shown("soon")], ["in 4 d", "soon"]);
});

it("layOut() puts above a table what is the same in all rows, but never what it is about", () => {
  const columns = [{ name: "TASK", is: "id" }, "QUEUE", "N", {
    name: "TITLE",
    is: "main",
  }] as const;
  assertEquals(
    layOut({ columns, rows: [["x", "q", 1, "t"], ["x", "q", 1, "t"]] }, PLAIN),
    "QUEUE q  N 1\nTASK  TITLE\nx     t\nx     t\n",
  );
  assertEquals(
    layOut({ columns, rows: [["x", "q", 1, "t"]] }, PLAIN),
    "TASK  QUEUE  N  TITLE\nx     q      1  t\n",
  );
  assertEquals(layOut({ columns: ["A"], rows: [["x"], ["x"]] }, PLAIN), "A\nx\nx\n");
});

it("layOut() colours states where colour is wanted, and pads them as without", () => {
  const columns = [{ name: "STATUS", is: "state" }, { name: "TITLE", is: "main" }] as const;
  const rows = [["live", "a"], ["failed", "b"], ["timed_out", "c"], ["released", "d"], ["x", "e"]];
  const style = { ...PLAIN, width: 80, colour: true };
  const [, ...lines] = layOut({ columns, rows }, style).trimEnd().split("\n");
  assertEquals(lines, [
    "\x1b[32mlive     \x1b[39m  a",
    "\x1b[31mfailed   \x1b[39m  b",
    "\x1b[33mtimed_out\x1b[39m  c",
    "\x1b[2mreleased \x1b[22m  d",
    "x          e",
  ]);
});
