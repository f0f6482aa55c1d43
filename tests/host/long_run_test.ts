/** What a host does for a process that goes on for long. */
import { bun } from "../../src/host/bun.ts";
import { detectHost } from "../../src/host/detect.ts";
import { assertEquals, it } from "../deps.ts";

it("runsLong() of a host has Bun make machine code as early as by default, and is Bun's alone", async () => {
  const { runtime, runsLong } = await detectHost();
  assertEquals(runsLong !== undefined, runtime === "bun");
  if (bun === undefined) return;
  const { unsafe } = bun;
  const real = unsafe.setJITPolicy?.bind(unsafe);
  const scales: number[] = [];
  unsafe.setJITPolicy = (scale) => {
    real?.(scale);
    scales.push(scale);
  };
  try {
    runsLong?.();
  } finally {
    unsafe.setJITPolicy = real;
  }
  assertEquals([typeof real, scales], ["function", [1]]);
});
