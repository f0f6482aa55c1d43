/** Rows of reservations: what one costs among many. */
import { Coord, initWorkspace, openWorkspace } from "../../mod.ts";
import { ratioRow, type Row, sized } from "./measure.ts";

const CLI = new URL("../../cli.ts", import.meta.url).pathname;

const FEW = 100;
const MANY = 10_000;
const FOLDERS = 100;
const ROUNDS = sized(30, 15);
const CALLS = 10;
const PROCESSES = sized(20, 7);
const GOAL = { atMost: 2 } as const;

interface Scene {
  readonly coord: Coord;
  readonly dir: string;
}

/**
 * A workspace with a number of reservations, of files, symbols and folders, that end after some
 * seconds. They are written as other tools do: making each durable would take minutes.
 */
async function reserved(parent: string, count: number, ttl = 36_000): Promise<Scene> {
  const dir = await Deno.makeTempDir({ dir: parent });
  const { path } = await initWorkspace(dir);
  for (let i = 0; i < count; i++) {
    const folder = `packages/part_${i % FOLDERS}`;
    const file = `${folder}/file_${i}.ts`;
    const address = i % 50 === 0 ? `${folder}/*_${i}.ts` : i % 3 === 0 ? `${file}::run` : file;
    const hex = `e${i.toString(16).padStart(63, "0")}`;
    const record = {
      reservation_id: `sha256:${hex}`,
      run_id: `agent-${i}`,
      branch: "main",
      addresses: [address],
      created_at: new Date(Date.now() - 7_200_000).toISOString(),
      expires_at: new Date(Date.now() + ttl * 1000).toISOString(),
      operation: null,
    };
    Deno.writeTextFileSync(`${path}/reservations/${hex}.json`, JSON.stringify(record));
  }
  return { coord: await openWorkspace({ dir }), dir };
}

let fresh = 0;

function address(): string {
  return `packages/part_${fresh % FOLDERS}/fresh_${fresh++}.rs::run`;
}

/** Milliseconds of `reserve`, in turn on each scene; what was reserved is released beside the clock. */
async function inTurn<K extends string>(scenes: Record<K, Scene>): Promise<Record<K, number[]>> {
  const names = Object.keys(scenes) as K[];
  const costs = {} as Record<K, number[]>;
  for (const name of names) costs[name] = [];
  for (let round = -3; round < ROUNDS; round++) {
    for (const name of names) {
      const { coord } = scenes[name];
      const ids: string[] = [];
      const start = performance.now();
      for (let i = 0; i < CALLS; i++) {
        const answer = await coord.reservations.reserve({
          addresses: [address()],
          runId: "bench",
          exclusive: i % 2 === 0,
        });
        if (answer.status === "reserved") ids.push(answer.reservation_id);
      }
      if (round >= 0) costs[name].push((performance.now() - start) / CALLS);
      if (ids.length < CALLS) throw new Error("a reservation was refused");
      for (const id of ids) await coord.reservations.release({ id, runId: "bench" });
    }
  }
  return costs;
}

/** Milliseconds of `coord reserve` from start to end, in turn on both scenes. */
async function asProcesses(scenes: readonly Scene[]): Promise<number[][]> {
  const times = scenes.map((): number[] => []);
  for (let round = -2; round < PROCESSES; round++) {
    for (const [index, { dir, coord }] of scenes.entries()) {
      const start = performance.now();
      const { success, stdout } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", CLI, "reserve", address(), "--run-id=bench", "--json", "--dir", dir],
      }).output();
      if (round >= 0) times[index]?.push(performance.now() - start);
      if (!success) throw new Error("reserve failed");
      const { reservation_id: id } = JSON.parse(new TextDecoder().decode(stdout));
      await coord.reservations.release({ id, runId: "bench" });
    }
  }
  return times;
}

/** `reserve` among 10,000 live ones, and after as many that have ended, against 100 live ones. */
export async function reservationRows(parent: string): Promise<Row[]> {
  const few = await reserved(parent, FEW);
  const many = await reserved(parent, MANY);
  const past = await reserved(parent, MANY, -60);
  const { total } = await past.coord.gc({ execute: true, grace: 0 });
  if (total !== MANY) throw new Error(`gc removed ${total} of ${MANY}`);
  for (let i = 0; i < FEW; i++) {
    await past.coord.reservations.reserve({ addresses: [address()], runId: "agent" });
  }
  const cost = await inTurn({ few, many, past });
  const [one = [], other = []] = await asProcesses([few, many]);
  return [
    ratioRow("`reserve`, 10,000 live, against 100", cost.many, cost.few, "ms", GOAL),
    ratioRow(
      "`reserve` after 10,000 expired and `gc`, against 100 live",
      cost.past,
      cost.few,
      "ms",
      { atMost: 1.3 },
    ),
    ratioRow("`reserve` as a process, 10,000 live, against 100", other, one, "ms", GOAL),
  ];
}
