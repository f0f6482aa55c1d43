/** Rows of `check`, which agents and hooks call before an edit, held against `claim`. */
import { CLI, inTurn } from "./startup_rows.ts";
import { ratioRow, type Row, sideBySide, sized } from "./measure.ts";
import { scene } from "./scene.ts";

const RESERVATIONS = 200;
const LANES = 20;
const ROUNDS = sized(40, 15);
const CALLS = 25;

/** `check` of a free file among other agents' holds against `claim`, in one process and as processes. */
export async function checkRows(parent: string): Promise<Row[]> {
  const { coord, dir } = await scene(parent, { pending: ROUNDS * CALLS + 200 });
  for (let i = 0; i < RESERVATIONS; i++) {
    const addresses = [`src/part_${i % 10}/file_${i}.ts`];
    await coord.reservations.reserve({ addresses, runId: `agent-${i}`, exclusive: true });
  }
  for (let i = 0; i < LANES; i++) {
    await coord.lanes.acquire({ lane: `lane-${i}`, tree: [`lib/part_${i}`], owner: "agent" });
  }
  let asked = 0;
  const cost = await sideBySide(
    {
      check: async (times) => {
        for (let i = 0; i < times; i++) {
          const addresses = [`src/part_${i % 10}/mine_${asked++}.ts`];
          const { status } = await coord.check({ addresses, runId: "bench" });
          if (status !== "free") throw new Error(`a free file is ${status}`);
        }
      },
      claim: async (times) => {
        for (let i = 0; i < times; i++) {
          const { status } = await coord.tasks.claim({ runId: "bench" });
          if (status !== "claimed") throw new Error("the queue ran dry");
        }
      },
    },
    ROUNDS,
    CALLS,
  );
  const line = (...args: string[]) => [Deno.execPath(), "run", "-A", CLI, ...args] as const;
  const common = ["--run-id=bench", "--json", "--dir", dir];
  const [check, claim] = inTurn(
    line("check", "src/part_1/mine.ts", ...common),
    line("claim", ...common),
  );
  return [
    ratioRow(
      "`check` of a free file among 220 holds, against `claim`",
      cost.check,
      cost.claim,
      "ms",
      { atMost: 1 },
    ),
    ratioRow("the same as processes", check, claim, "ms", { atMost: 1.05 }),
  ];
}
