import { filled, request, roffText, tagged, verbatim } from "../../../src/cli/help/roff.ts";
import { assertEquals, it } from "../../deps.ts";

it("roffText() escapes what roff would read or show as something else", () => {
  assertEquals(
    roffText('--flag \\ it\'s "x" `y` ^z ~'),
    "\\-\\-flag \\e it\\(aqs \\(dqx\\(dq \\(gay\\(ga \\(haz \\(ti",
  );
});

it("roffText() is ASCII on one line", () => {
  assertEquals(
    roffText("a\nb\tc\x1b[31m… é 🎉 \u2028\ud800"),
    "a b c [31m... \\[u00E9] \\[u1F389]  \\[uFFFD]",
  );
});

it("no text becomes a request, wherever its lines break", () => {
  const text = Array.from({ length: 40 }, () => ".br").join(" ");
  assertEquals(filled(text).split("\n").filter((line) => line.startsWith(".")), []);
  assertEquals(tagged(".x", ".y"), ".TP\n\\&.x\n\\&.y\n");
  assertEquals(verbatim([".so /etc/passwd", "'br"]), ".EX\n\\&.so /etc/passwd\n\\(aqbr\n.EE\n");
  assertEquals(request("SS", "two words"), '.SS "two words"\n');
});
