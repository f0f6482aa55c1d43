import { assert_, assertEquals, it } from "../../deps.ts";
import { hookScene } from "../../support/scene/hook.ts";

/** A workspace in which some runs hold something. */
async function scene() {
  const { coord } = hookScene();
  const reserve = (runId: string, address: string, exclusive = true) =>
    coord.reservations.reserve({ addresses: [address], runId, exclusive });
  await reserve("b", "docs/far.md");
  await reserve("c", "src/near.ts", false);
  await reserve("c", "src/nearest.ts");
  await reserve("claude:a", "src/own.ts");
  const linesFor = async (runId: string, maxBytes = 5_000) =>
    (await coord.prime({ runId, maxBytes })).lines.slice(1).map((line) =>
      line.replace(/ until \S+Z/, "")
    );
  return { coord, reserve, linesFor };
}

it("prime() names what the run and its lineage hold, then what is near, then the rest", async () => {
  const { linesFor } = await scene();
  const others = [
    '"c" holds "src/nearest.ts".',
    '"c" holds "src/near.ts" (a notice).',
    '"b" holds "docs/far.md".',
  ];
  assertEquals(await linesFor("claude:a"), ['You hold "src/own.ts".', ...others]);
  assertEquals(await linesFor("claude:a/s1"), ['You hold "src/own.ts".', ...others]);
  assert_((await linesFor("claude:ab")).includes('"claude:a" holds "src/own.ts".'));
});

it("prime() keeps to its bytes, and counts what it leaves out", async () => {
  const { coord, reserve } = await scene();
  for (let n = 0; n < 30; n++) await reserve(`é${n}`, `ü/${n}`);
  const asked = ["é0", "🦊".repeat(100), "a".repeat(256)].flatMap((runId) =>
    [200, 300, 800, 65_536].map((maxBytes) => ({ runId, maxBytes }))
  );
  for (const { runId, maxBytes } of asked) {
    const { lines, left_out } = await coord.prime({ runId, maxBytes });
    assert_(new TextEncoder().encode(lines.join("\n")).length <= maxBytes, String(maxBytes));
    assertEquals(lines.length - 1 - (left_out > 0 ? 1 : 0) + left_out, 34);
  }
});

it("prime() says nothing where no run holds anything", async () => {
  const { coord } = hookScene();
  const { status, lines } = await coord.prime({ runId: "a" });
  assertEquals({ status, lines }, { status: "idle", lines: [] });
});
