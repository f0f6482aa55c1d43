import { main } from "../../../src/cli/main.ts";
import { forecast } from "../../../src/commands/reservation/forecast.ts";
import type { PredictedConflict } from "../../../src/domain/forecast/clash.ts";
import { assertEquals, it } from "../../deps.ts";
import { fakeHost } from "../../support/fake/host.ts";
import { workspace } from "../../support/scene/workspace.ts";

it("forecast warns of source files that cannot be read, and does not fail", async () => {
  const { host, dir, coord, clock } = await workspace();
  host.fs.createNew(`${dir}/a.ts`, new Uint8Array([0xff, 0xfe]));
  await coord.reservations.reserve({ addresses: ["a.ts"], runId: "x" });
  await coord.reservations.reserve({ addresses: ["b.ts"], runId: "y" });
  const run = async (...flags: string[]) => {
    const host = fakeHost({ args: ["forecast", "--dir", dir, ...flags], cwd: dir });
    assertEquals(await main(host, clock.now), 0);
    return host;
  };
  const warning = "a.ts is not UTF-8: its imports are not read";
  const { out, err } = await run();
  assertEquals([out, err], ["No conflict is predicted\n", `coord: warning: ${warning}\n`]);
  const { warnings, total } = JSON.parse((await run("--json")).out);
  assertEquals([warnings, total], [[warning], 0]);
});

it("forecast lists at most 50 conflicts in text, and says how many there are", () => {
  const conflict: PredictedConflict = {
    type: "address_overlap",
    addresses: ["a", "a"],
    agents: ["x", "y"],
    branches: ["main", "main"],
    reservation_ids: [],
    intent_ids: [],
    lanes: [],
    confidence: 1,
    description: "",
  };
  const textOf = (listed: number, total: number) => {
    const conflicts = Array<PredictedConflict>(listed).fill(conflict);
    const blocks = forecast.text({ total, truncated: total > listed, conflicts });
    if (!Array.isArray(blocks)) return [blocks];
    return blocks.map((block) => typeof block === "string" ? block : block.rows.length);
  };
  assertEquals(textOf(0, 0), ["No conflict is predicted"]);
  assertEquals(textOf(1, 1), [1, "", "1 conflict predicted"]);
  assertEquals(textOf(50, 50), [50, "", "50 conflicts predicted"]);
  assertEquals(textOf(51, 51), [50, "", "50 of 51 predicted conflicts shown"]);
  assertEquals(textOf(1_000, 7_000), [50, "", "50 of 7000 predicted conflicts shown"]);
});
