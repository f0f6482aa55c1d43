import { Keys } from "../../../src/cli/top/keys.ts";
import { assertEquals, it } from "../../deps.ts";

const encoder = new TextEncoder();

/** The keys in parts that come one after the other. */
function keysIn(...parts: readonly string[]): string[] {
  const keys = new Keys();
  return parts.flatMap((part) => keys.read(encoder.encode(part)));
}

it("Keys names what is typed, and passes characters on", () => {
  assertEquals(keysIn("\x1b[A\x1b[B\x1bOA\x1b[5~\x1b[6~\x1b[H\x1b[F"), [
    "up",
    "down",
    "up",
    "pageup",
    "pagedown",
    "home",
    "end",
  ]);
  assertEquals(keysIn("q\r\x7f\x03\x1a本🚀"), [
    "q",
    "enter",
    "backspace",
    "ctrl-c",
    "ctrl-z",
    "本",
    "🚀",
  ]);
});

it("Keys leaves out sequences and controls that it does not know", () => {
  assertEquals(keysIn("\x1b[1;5C\x1b[200~x\x00\x01"), ["x"]);
});

it("Keys waits for the rest of a sequence, and takes Esc alone for a key when asked to", () => {
  assertEquals(keysIn("\x1b", "[", "A"), ["up"]);
  const bytes = encoder.encode("é");
  const keys = new Keys();
  assertEquals([...keys.read(bytes.slice(0, 1)), ...keys.read(bytes.slice(1))], ["é"]);
  assertEquals([keys.read(encoder.encode("\x1b")), keys.isWaiting], [[], true]);
  assertEquals([keys.flush(), keys.isWaiting], [["escape"], false]);
  assertEquals([keys.read(encoder.encode("\x1b[")), keys.flush()], [[], []]);
  assertEquals(keys.read(encoder.encode("\x1bq")), ["escape", "q"]);
});
