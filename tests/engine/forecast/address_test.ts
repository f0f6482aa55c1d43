/** A forecast that asks about some addresses alone. */
import type { PredictedConflict } from "../../../src/domain/forecast/clash.ts";
import { addressesOverlap, parseAddress } from "../../../src/domain/glob/address.ts";
import { assertEquals, assertRejects, assertStringIncludes, it } from "../../deps.ts";
import { sized } from "../../support/length.ts";
import { newSeed } from "../../support/random.ts";
import { project } from "../../support/scene/forecast_project.ts";

it("forecast() of addresses says what all of it says of these, imports of others apart", async () => {
  const files = ["src/a.ts", "src/b.ts", "src/deep/c.ts", "lib/d.ts", "lib/e.ts"];
  const random = newSeed("forecast of addresses");
  for (let round = 0; round < sized(12, 100, 1_000); round++) {
    const texts = files.map((path): [string, string] => [
      path,
      files.filter(() => random.chance(0.3)).map((other) => {
        const up = path.split("/").slice(1).map(() => "..").join("/");
        return `import "${up}/${other}";`;
      }).join("\n"),
    ]);
    const { reserve, coord, forecast } = await project(Object.fromEntries(texts));
    const names = [...files, "src/**", "lib", "src/*.ts", "src/a.ts::f", "docs", "**/e.ts"];
    for (const run of ["x", "y", "z"]) {
      const addresses = Array.from({ length: 1 + random.below(3) }, () => random.pick(names));
      await reserve(run, ...addresses);
      if (random.chance(0.5)) {
        await coord.reservations.intent({
          addresses: [random.pick(names)],
          operation: random.pick(["modify", "delete"] as const),
          runId: run,
        });
      }
    }
    if (random.chance(0.5)) await coord.lanes.acquire({ lane: "l", tree: ["lib"], owner: "w" });
    const asked = random.pick(files);
    const meets = (address: string) => {
      const [ours, theirs] = [asked, address].map((text) => parseAddress(text, new Set(files)));
      if (typeof ours !== "object" || typeof theirs !== "object") throw new Error(address);
      return addressesOverlap(ours, theirs).overlaps;
    };
    const { conflicts } = await forecast();
    const wanted = conflicts.filter(({ type, addresses: [first, second] }) =>
      type === "dependency_overlap" ? meets(first) : meets(first) && meets(second)
    );
    const near = await forecast({ addresses: [asked] });
    const isImport = ({ type }: PredictedConflict) => type === "dependency_overlap";
    const said = (all: readonly PredictedConflict[]) =>
      all.filter((each) => !isImport(each))
        .map(({ type, agents, addresses }) => `${type} ${agents} ${addresses}`).sort();
    assertEquals(said(near.conflicts), said(wanted), asked);
    // Which of its addresses stands for an agent depends on what else was looked at.
    const pairs = (all: readonly PredictedConflict[]) =>
      new Set(all.filter(isImport).map(({ agents }) => `${agents}`));
    const [found, possible] = [pairs(near.conflicts), pairs(conflicts)];
    // A folder or a pattern also stands for files that were not asked about.
    const sure = pairs(wanted.filter(({ addresses: [first] }) => first === asked));
    assertEquals([...found].filter((pair) => !possible.has(pair)), [], asked);
    assertEquals([...sure].filter((pair) => !found.has(pair)), [], asked);
  }
});

it("forecast() of addresses reports bad ones, and finds nothing where no agent is", async () => {
  const { reserve, forecast } = await project({ "src/a.ts": "" });
  await reserve("x", "src/a.ts");
  await reserve("y", "src/a.ts");
  assertEquals((await forecast({ addresses: ["src/a.ts"] })).total, 1);
  assertEquals(await forecast({ addresses: ["docs"] }), {
    total: 0,
    truncated: false,
    conflicts: [],
  });
  const error = await assertRejects(() => forecast({ addresses: ["../x", "src/[a"] }));
  assertStringIncludes(String(error), "../x");
  assertStringIncludes(String(error), "src/[a");
});
