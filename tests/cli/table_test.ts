import { cut, layOut } from "../../src/cli/table.ts";
import { assertEquals, it } from "../deps.ts";

const PLAIN = { width: undefined, colour: false };

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

it("layOut() cuts tables to the width of a terminal, and to nothing else", () => {
  const block = { columns: ["ID", "TITLE"], rows: [["a", "a long title"]] };
  assertEquals(layOut(block, { width: 10, colour: false }), "ID  TITLE\na   a lon…\n");
  assertEquals(layOut(block, PLAIN), "ID  TITLE\na   a long title\n");
});

it("layOut() cuts no field and no line: an id must stay one that can be copied", () => {
  const id = `sha256:${"a".repeat(64)}`;
  assertEquals(
    layOut([{ fields: { task_id: id } }, `Workspace made: /${id}`], { width: 40, colour: false }),
    `task_id  ${id}\nWorkspace made: /${id}\n`,
  );
});

it("layOut() makes heads and names bold where colour is wanted", () => {
  const style = { width: undefined, colour: true };
  assertEquals(
    layOut([{ columns: ["A"], rows: [["x"]] }, { fields: { key: "v" } }], style),
    "\x1b[1mA\x1b[22m\nx\n\x1b[1mkey\x1b[22m  v\n",
  );
});
