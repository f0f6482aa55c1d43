/** Whole processes: coord's executable beside an empty program, and beside other tools of the shell. */
import { initWorkspace } from "../../../mod.ts";
import { type Goal, sized } from "../measure.ts";
import { executables, peakMemory } from "../startup_rows.ts";
import { type Absent, type Figure, ratioOf, valueOf } from "./report/results.ts";
import { missing } from "./queues/server.ts";

/** Runs of each, in turn; the first ones warm the page cache. */
const RUNS = sized(40, 15);
const WARM = 3;

/** Runs whose memory is taken; it hardly varies. */
const MEMORY_RUNS = 5;

/** What the peak of each verb may be. */
const PEAK: Goal = { atMost: 1.5 };

type Line = readonly string[];

/** Runs a program to its end, and returns its output. */
function run([program = "", ...args]: Line, env: Record<string, string> = {}): string {
  const { success, stdout, stderr } = new Deno.Command(program, {
    args,
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).outputSync();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (!success) throw new Error(`${program} ${args.join(" ")} failed: ${text(stderr)}`);
  return text(stdout);
}

/** A way to add a task and have it done, each step a process. */
interface Tool {
  readonly name: string;
  /** Adds a task that does nothing, claims and completes it. */
  once(): void;
  end?(): void;
}

/** All figures of processes, and the tools that are not there. */
export async function processFigures(
  dir: string,
): Promise<{ figures: Figure[]; absent: Absent[] }> {
  const { coord, empty, runtime } = await executables(dir);
  await initWorkspace(dir);
  const absent: Absent[] = [];
  const noTime = await missing("time");
  if (noTime !== undefined) absent.push({ peer: "peak memory, of processes", reason: noTime });
  const figures = starts(coord, empty, dir, noTime === undefined).map((figure) => ({
    ...figure,
    figure: `${figure.figure} (${runtime})`,
  }));
  const others: Tool[] = [];
  for (const [program, make] of Object.entries(TOOLS)) {
    const reason = await missing(program);
    if (reason === undefined) others.push(make(dir));
    else absent.push({ peer: `${program}, as processes`, reason });
  }
  figures.push(...tools(coordTool(coord, dir), others));
  return { figures, absent };
}

/** Milliseconds of a number of bodies that take turns, by their index. */
function inTurn(bodies: readonly (() => void)[]): number[][] {
  const all = bodies.map((): number[] => []);
  for (let n = 0; n < RUNS; n++) {
    for (const [index, body] of bodies.entries()) {
      const start = performance.now();
      body();
      if (n >= WARM) all[index]?.push(performance.now() - start);
    }
  }
  return all;
}

/** Verbs of the executable against an empty program that was made the same way: their time, their memory. */
function starts(coord: string, empty: string, dir: string, hasTime: boolean): Figure[] {
  const common = ["--run-id", "bench", "--dir", dir];
  let n = 0;
  const ids: string[] = [];
  for (let i = 0; i < RUNS + MEMORY_RUNS; i++) run([coord, "enqueue", "task", ...common]);
  for (let i = 0; i < RUNS + MEMORY_RUNS; i++) {
    ids.push(JSON.parse(run([coord, "claim", "--json", ...common])).task_id);
  }
  for (let i = 0; i < RUNS + 100; i++) run([coord, "enqueue", "task", ...common]);
  const verbs: readonly (readonly [verb: string, line: () => Line, goal: Goal])[] = [
    ["--version", () => ["--version"], { atMost: 1.3 }],
    ["claim", () => ["claim", ...common], { atMost: 1.7 }],
    ["check", () => ["check", "src/a.ts", ...common], { atMost: 1.7 }],
    ["list", () => ["list", "--dir", dir], { atMost: 2 }],
    ["lane live", () => ["lane", "live", "--dir", dir], { atMost: 2 }],
    ["status", () => ["status", "--dir", dir], { atMost: 2 }],
    ["reserve --exclusive", () => ["reserve", `src/${n++}.ts`, "--exclusive", ...common], {
      atMost: 2.5,
    }],
    ["complete", () => ["complete", ids.pop() ?? "", ...common], { atMost: 2.5 }],
    ["enqueue", () => ["enqueue", "task", ...common], { atMost: 2.5 }],
  ];
  const compared = (
    figure: string,
    unit: string,
    values: number[],
    floors: number[],
    goal: Goal,
  ) => ({
    figure: `${figure} ÷ an empty program`,
    unit,
    value: valueOf(values),
    against: valueOf(floors),
    ratio: ratioOf(values, floors),
    goal,
  });
  const times = verbs.map(([verb, line, goal]) => {
    const [values = [], floors = []] = inTurn([
      () => void run([coord, ...line()]),
      () => void run([empty]),
    ]);
    return compared(`\`${verb}\``, "ms", values, floors, goal);
  });
  if (!hasTime) return times;
  const peaks = (line: () => Line) => Array.from({ length: MEMORY_RUNS }, () => peakMemory(line()));
  const least = peaks(() => [empty]);
  const memory = verbs.map(([verb, line]) =>
    compared(`peak memory of \`${verb}\``, "MB", peaks(() => [coord, ...line()]), least, PEAK)
  );
  return [...times, ...memory];
}

function coordTool(coord: string, dir: string): Tool {
  const common = ["--run-id", "bench", "--dir", dir];
  return {
    name: "coord",
    once() {
      run([coord, "enqueue", "task", ...common]);
      const { task_id: id } = JSON.parse(run([coord, "claim", "--json", ...common]));
      run([coord, "complete", id, ...common]);
    },
  };
}

/** A task added, claimed and completed by coord's executable against each tool. */
function tools(coord: Tool, others: readonly Tool[]): Figure[] {
  const [mine = [], ...theirs] = inTurn([coord, ...others].map((tool) => () => tool.once()));
  return others.map(({ name, end }, index) => {
    end?.();
    const values = theirs[index] ?? [];
    return {
      figure: `a task from its adding to its end, coord ÷ ${name}`,
      unit: "ms",
      value: valueOf(mine),
      against: valueOf(values),
      ratio: ratioOf(mine, values),
    };
  });
}

/** Tools by the program that they take. */
const TOOLS: Readonly<Record<string, (dir: string) => Tool>> = {
  sqlite3(dir) {
    const sql = (text: string) => {
      const setUp = "PRAGMA busy_timeout = 60000; PRAGMA synchronous = FULL;";
      return run(["sqlite3", `${dir}/tool.db`, `${setUp} ${text}`]).trim().split("\n").at(-1);
    };
    sql("PRAGMA journal_mode = WAL");
    sql("CREATE TABLE tasks (id INTEGER PRIMARY KEY, state TEXT, result TEXT)");
    return {
      name: "`sqlite3`, three calls, synchronous=FULL",
      once() {
        sql("INSERT INTO tasks (state) VALUES ('pending')");
        const id = sql(`UPDATE tasks SET state = 'claimed' WHERE id = (
          SELECT id FROM tasks WHERE state = 'pending' ORDER BY id LIMIT 1) RETURNING id`);
        sql(`UPDATE tasks SET state = 'completed', result = '{}' WHERE id = ${id}`);
      },
    };
  },
  nq(dir) {
    const folder = `${dir}/nq`;
    Deno.mkdirSync(folder);
    return {
      name: "`nq`, which runs `true` (nothing is synced)",
      once() {
        const job = run(["nq", "true"], { NQDIR: folder }).trim();
        run(["nq", "-w", job], { NQDIR: folder });
      },
    };
  },
  tsp(dir) {
    const env = { TS_SOCKET: `${dir}/tsp`, TMPDIR: dir };
    return {
      name: "`tsp` (task-spooler), which runs `true` (in memory alone)",
      once() {
        const job = run(["tsp", "-n", "true"], env).trim();
        run(["tsp", "-w", job], env);
      },
      end: () => void run(["tsp", "-K"], env),
    };
  },
};
