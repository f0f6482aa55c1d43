import { crc32 } from "../../../src/domain/journal/crc.ts";
import { assertEquals, it } from "../../deps.ts";

it("crc32() gives the published check values, over UTF-8", () => {
  assertEquals(crc32("123456789"), "cbf43926");
  assertEquals(crc32(""), "00000000");
  assertEquals(crc32("The quick brown fox jumps over the lazy dog"), "414fa339");
  assertEquals(crc32("\u00e9"), "0e048d3e");
});
