import { assertEquals, it } from "../deps.ts";
import { appendLine, lineOf, readLines } from "../support/race/lines.ts";
import { makeTempDir } from "../support/scene/scratch.ts";
import { write } from "../support/scene/journals.ts";

it("readLines() reads what was appended whole, wherever a line before was cut off", () => {
  const first = { title: "a", at: 1, more: { status: "}" } };
  const whole = lineOf(first);
  for (let length = 0; length <= whole.length; length++) {
    const path = `${makeTempDir()}/log`;
    write(path, whole.slice(0, length));
    // The line's own end may still come.
    const isThere = length === whole.length;
    assertEquals(readLines(path), isThere ? [first] : []);
    appendLine(path, "next");
    assertEquals(readLines(path), length >= whole.length - 1 ? [first, "next"] : ["next"]);
  }
});
