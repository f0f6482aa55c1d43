/** coord alone on PostgreSQL: claims among many tasks, how soon a waiting claim has one, and its process. */
import { initStore } from "../../../mod.ts";
import { Connection } from "../../../src/adapters/postgres/connection.ts";
import { placeOf } from "../../../src/adapters/postgres/place.ts";
import { bundle } from "../../compile/bundle.ts";
import { builder } from "../../compile.ts";
import { targetOf } from "../../compile/targets.ts";
import { pause } from "../children.ts";
import { sized } from "../measure.ts";
import { type Figure, ratioOf, valueOf } from "../peers/report/results.ts";
import { startPostgres } from "../peers/queues/postgres.ts";
import { Team } from "../peers/rounds.ts";
import type { SyncShim } from "../peers/sync_shim.ts";
import { executables, inTurn } from "../startup_rows.ts";
import type { NodeLine } from "./node.ts";

/** Tasks of the large queue, and of the small one. */
export const LARGE = { finished: sized(1_000_000, 100_000), pending: sized(100_000, 10_000) };
const SMALL = { finished: 1_000, pending: 1_000 };

/** Claims of a round, and rounds. */
const CLAIMS = 50;
const ROUNDS = sized(9, 5);

/** Tasks that a waiting claim gets, and milliseconds between them. */
const WAITS = sized(1_000, 300);
const BETWEEN_MS = 20;

const PORT = "54329";

/** All of them, on one server in the folder. */
export async function postgresFigures(
  dir: string,
  line: NodeLine,
  shim: SyncShim,
  report: (figure: Figure) => void,
): Promise<Figure[]> {
  shim.delay(0);
  const settings = { listen_addresses: "127.0.0.1", port: PORT };
  await using server = await startPostgres({ dir, env: shim.env }, settings);
  const figures: Figure[] = [];
  const add = (figure: Figure) => {
    figures.push(figure);
    report(figure);
  };
  const url = (space: string) =>
    `postgres://bench@localhost:${PORT}/postgres?host=${dir}&space=${space}`;
  const config = (space: string) => ({ store: url(space) });
  add(await waitFigure(line("coord_postgres", config("wait"))));
  add(await startFigure(dir));
  shim.skip(true);
  for (const [space, size] of Object.entries({ small: SMALL, large: LARGE })) {
    await initStore({ store: url(space) });
    await fill(url(space), size);
  }
  shim.skip(false);
  add(
    await sizeFigure(
      line("coord_postgres", config("small")),
      line("coord_postgres", config("large")),
    ),
  );
  await server[Symbol.asyncDispose]();
  return figures;
}

/** From the call that adds a task to the answer of the claim that waited for it, two processes. */
async function waitFigure(line: string[]): Promise<Figure> {
  await using team = await Team.start(line, 2, {});
  const times: number[] = [];
  for (let n = 0; n < WAITS; n++) {
    const claimed = team.one<number>({ do: "next" });
    await pause(BETWEEN_MS);
    const from = await team.one<number>({ do: "one" }, 1);
    times.push(await claimed - from);
  }
  times.sort((a, b) => a - b);
  const p99 = times[Math.ceil(times.length * 0.99) - 1] ?? NaN;
  const fifths = Array.from({ length: 5 }, (_, n) => {
    const part = times.filter((_, at) => at % 5 === n);
    return part[Math.ceil(part.length * 0.99) - 1] ?? NaN;
  });
  return {
    figure: "from adding a task to the answer of `claim --wait`, p99",
    unit: "ms",
    value: { ...valueOf(fifths), median: p99 },
    goal: { atMost: 25 },
  };
}

/** `coord claim` beside a program that connects and asks one query, made in the same way. */
async function startFigure(dir: string): Promise<Figure> {
  const store = `postgres://bench@127.0.0.1:${PORT}/postgres?space=start`;
  await initStore({ store });
  const { coord, runtime } = await executables(dir);
  const one = await oneQuery(dir, runtime);
  const claim = [coord, "claim", "--run-id", "bench", "--json", "--store", store];
  const enqueue = [coord, "enqueue", "task", "--run-id", "bench", "--store", store];
  for (let n = 0; n < 70; n++) inTurnOnce(enqueue);
  const [values, floors] = inTurn(claim, [one, PORT]);
  return {
    figure: `\`coord claim\` over TCP ÷ a program that connects and asks one query (${runtime})`,
    unit: "ms",
    value: valueOf(values),
    against: valueOf(floors),
    ratio: ratioOf(values, floors),
    goal: { atMost: 1.3 },
  };
}

function inTurnOnce([program = "", ...args]: readonly string[]): void {
  const { success, stderr } = new Deno.Command(program, { args, stdin: "null" }).outputSync();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

/** The client that coord has, and one query. */
async function oneQuery(dir: string, runtime: string): Promise<string> {
  const target = targetOf(Deno.build.target);
  if (target === undefined) throw new Error(`There is no target for ${Deno.build.target}`);
  const root = `${import.meta.dirname}/../../..`;
  const client = await bundle(root, `${dir}/query`, { split: false, entry: "src/deps/postgres" });
  const source = `${dir}/query/query.js`;
  await Deno.writeTextFile(
    source,
    `import process from "node:process";
import { Client } from ${JSON.stringify(client)};
const port = Number(process.argv[2]);
const client = new Client({ host: "127.0.0.1", port, user: "bench", database: "postgres" });
await client.connect();
await client.query("SELECT 1");
await client.end();
`,
  );
  const same = runtime.startsWith("bun") ? "bun" : "deno";
  await builder(source, same, () => {})(target, `${dir}/query/query`);
  return `${dir}/query/query`;
}

/** Claims in a large queue beside claims in a small one. */
async function sizeFigure(small: string[], large: string[]): Promise<Figure> {
  await using few = await Team.start(small, 1, {});
  await using many = await Team.start(large, 1, {});
  const medians = async (team: Team) => {
    const times = await team.one<number[]>({ do: "each", count: CLAIMS });
    return valueOf(times).median;
  };
  const values: number[] = [];
  const floors: number[] = [];
  for (let n = 0; n <= ROUNDS; n++) {
    const [floor, value] = [await medians(few), await medians(many)];
    if (n === 0) continue; // it warms both
    floors.push(floor);
    values.push(value);
  }
  const number = (value: number) => value.toLocaleString("en");
  return {
    figure: `a claim at ${number(LARGE.finished)} finished and ${number(LARGE.pending)} pending ` +
      `tasks ÷ at ${number(SMALL.finished)} and ${number(SMALL.pending)}`,
    unit: "ms",
    value: valueOf(values),
    against: valueOf(floors),
    ratio: ratioOf(values, floors),
    goal: { atMost: 1.5 },
  };
}

/** Makes tasks that are like one that was made and one that was ended by coord itself. */
async function fill(store: string, size: typeof LARGE): Promise<void> {
  const { openWorkspace } = await import("../../../mod.ts");
  const coord = await openWorkspace({ store });
  const task = { title: "task", runId: "p", payload: {} };
  const { task_id: id } = await coord.tasks.enqueue(task);
  await coord.tasks.claim({ runId: "a" });
  await coord.tasks.complete({ id, runId: "a" });
  const { task_id: other } = await coord.tasks.enqueue(task);
  await coord[Symbol.asyncDispose]();
  const sql = new Connection(placeOf(store));
  const fresh = "'sha256:' || encode(sha256((n || t.id)::bytea), 'hex')";
  const changes =
    `'id', ${fresh}, 'stem', substr(${fresh}, 8), 'body', replace(t.body, t.id, ${fresh}),
    'claim', replace(t.claim, t.id, ${fresh})`;
  for (const [like, count] of [[id, size.finished], [other, size.pending]] as const) {
    for (let done = 0; done < count; done += 5_000) {
      const to = Math.min(count, done + 5_000);
      await sql.write(
        `INSERT INTO coord.task SELECT (jsonb_populate_record(t, jsonb_build_object(${changes}))).*
         FROM coord.task t, generate_series(${done} + 1, ${to}) AS n WHERE t.id = $1`,
        [like],
      );
    }
  }
  await sql.repeat("VACUUM ANALYZE coord.task");
  await sql.close();
}
