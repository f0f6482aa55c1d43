/** What a host computes itself. */
import { detectHost } from "../../src/host/detect.ts";
import { assertEquals, it } from "../deps.ts";

it("sha256() of a host, where it has one, is the hash of the standard's example", async () => {
  const { sha256, runtime } = await detectHost();
  const hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  const found = sha256?.(new TextEncoder().encode("abc"));
  assertEquals(found, runtime === "bun" ? hash : undefined);
});
