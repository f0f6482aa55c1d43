import { escapeInvisible, sanitize, sanitizeDeep } from "../../src/cli/sanitize.ts";
import { assertEquals, it } from "../deps.ts";

const HOSTILE: readonly (readonly [name: string, text: string, clean: string])[] = [
  ["plain text", "Fix src/a.ts (today)", "Fix src/a.ts (today)"],
  ["letters of all scripts", "naïve 日本語 العربية 👍", "naïve 日本語 العربية 👍"],
  ["colours", "\x1b[1;31mred\x1b[0m", "red"],
  ["cursor movement and erasure", "a\x1b[2J\x1b[H\x1b[?25lb", "ab"],
  ["a control sequence with 8-bit introducer", "a\x9b31mb", "ab"],
  ["a control sequence that never ends", "a\x1b[", "a"],
  ["a window title", "\x1b]0;owned\x07x", "x"],
  ["a hyperlink", "\x1b]8;;http://evil\x1b\\click\x1b]8;;\x1b\\", "click"],
  ["a hyperlink with 8-bit marks", "\x9d8;;http://evil\x9cclick\x9d8;;\x9c", "click"],
  ["an operating-system command without its end", "\x1b]52;c;AAAA", "52;c;AAAA"],
  ["a device control string", "a\x1bPq#0\x1b\\b", "ab"],
  ["an application command", "a\x1b_Gpayload\x1b\\b", "ab"],
  ["a reset", "a\x1bcb", "ab"],
  ["a character set", "a\x1b(0b", "ab"],
  ["a sequence within a sequence", "\x1b\x1b[31m[31mx", "[31mx"],
  ["a lone escape", "a\x1b", "a"],
  ["a bell, a backspace, a delete", "a\x07\x08\x7fb", "ab"],
  ["8-bit controls", "a\x80\x84\x9fb", "ab"],
  ["NUL", "a\x00b", "ab"],
  ["a newline", "a\nb", "a␊b"],
  ["a carriage return", "safe\rrm", "safe␊rm"],
  ["a newline of Windows", "a\r\nb", "a␊b"],
  ["other line breaks", "a\u0085b\u2028c\u2029d\ve\f", "a␊b␊c␊d␊e␊"],
  ["a tab", "a\tb", "a b"],
  ["overrides of the direction", "a\u202Eb\u202Dc\u202C", "abc"],
  ["isolates of the direction", "a\u2066b\u2067c\u2068d\u2069", "abcd"],
  ["marks of the direction", "a\u200Eb\u200Fc\u061C", "abc"],
  ["zero-width characters", "a\u200Bb\u200Cc\u200Dd\uFEFFe\u2060", "abcde"],
  ["soft hyphens and fillers", "a\u00ADb\u115Fc\u3164d\uFFA0", "abcd"],
  ["tags and variation selectors", "a\u{E0041}b\uFE0Fc\u{E0101}", "abc"],
  ["annotation marks", "a\uFFF9b\uFFFAc\uFFFB", "abc"],
  ["half a character", "a\uD800b", "a\uFFFDb"],
];

for (const [name, text, clean] of HOSTILE) {
  it(`sanitize() on ${name}`, () => assertEquals(sanitize(text), clean));
}

it("sanitize() leaves nothing that it would change again", () => {
  for (const [name, text] of HOSTILE) {
    const once = sanitize(text.repeat(3));
    assertEquals(sanitize(once), once, name);
  }
});

it("sanitize() takes time in proportion to the text", () => {
  const started = performance.now();
  for (const part of ["\x1b]", "\x9d", "\x1bP", "\x1b[", "\x9b1", "\x1b]a\x1b"]) {
    sanitize(part.repeat(200_000));
  }
  // Quadratic time would be minutes.
  assertEquals(performance.now() - started < 5_000, true);
});

it("sanitizeDeep() cleans all texts and keys of a copy", () => {
  const value = {
    a: "x\x07",
    list: ["\x1b[1my", 5, null],
    "k\x07": { deep: "z\n" },
    no: undefined,
  };
  assertEquals(sanitizeDeep<unknown>(value), {
    a: "x",
    list: ["y", 5, null],
    k: { deep: "z␊" },
    no: undefined,
  });
  assertEquals(value.a, "x\x07");
});

it("escapeInvisible() changes how a JSON text looks, and not what it means", () => {
  const value = { title: "a\u202Eb\u200B\u{E0041}c\u009b", plain: "日本 👍" };
  const json = JSON.stringify(value);
  assertEquals(
    escapeInvisible(json),
    '{"title":"a\\u202eb\\u200b\\udb40\\udc41c\\u009b","plain":"日本 👍"}',
  );
  assertEquals(JSON.parse(escapeInvisible(json)), value);
});
