/** The cost of calls against the number of tasks, of which 99 of 100 are finished, or none. */
import { type LineChild, startLines } from "../children.ts";
import { type Goal, median, middle, sized } from "../measure.ts";
import type { Run } from "../../support/figures.ts";

const WORKER = new URL("./worker.ts", import.meta.url).pathname;

/** Calls of each. */
const ROUNDS = sized(41, 15);

/** Calls of each before, which the runtime compiles. */
const WARM = 3;

/** Of larger workspaces none is made in which all tasks wait. */
const MAX_PENDING = 100_000;

/** The cost of a call by the number of tasks. */
export interface SizeRow {
  readonly call: string;
  readonly tasks: number;
  /** What most of them are. */
  readonly tasks_are: "finished" | "pending";
  /** The median, and the middle half of the rounds. */
  readonly ms: { readonly median: number; readonly spread: readonly [from: number, to: number] };
}

/** What one run of the bench found. */
export interface SizeResults extends Run {
  readonly rows: readonly SizeRow[];
}

/** A call at the largest size against the same call at the smallest. */
export interface SizeRatio {
  readonly call: string;
  readonly ratio: number;
  readonly goal: Required<Pick<Goal, "atMost">>;
}

/** Measures all calls in workspaces of each size, finished for the most part and then all pending. */
export async function sizeRows(scratch: string, sizes: readonly number[]): Promise<SizeRow[]> {
  const pending = sizes.filter((tasks) => tasks <= MAX_PENDING);
  return [
    ...await rowsOf(scratch, sizes, "finished"),
    ...await rowsOf(scratch, pending, "pending"),
  ];
}

/** Measures all calls in workspaces that take turns. */
async function rowsOf(
  scratch: string,
  sizes: readonly number[],
  tasksAre: SizeRow["tasks_are"],
): Promise<SizeRow[]> {
  const children: { tasks: number; child: LineChild }[] = [];
  try {
    let calls: string[] = [];
    for (const tasks of sizes) {
      const dir = `${scratch}/${tasksAre}-${tasks}`;
      await Deno.mkdir(dir);
      const child = startLines(WORKER, [dir, `${tasks}`, tasksAre]);
      children.push({ tasks, child });
      calls = JSON.parse((await child.next()).line);
      console.log(`made ${tasks} tasks, ${tasksAre}`);
    }
    const rows: SizeRow[] = [];
    for (const call of calls) {
      const ms = children.map((): number[] => []);
      for (let round = -WARM; round < ROUNDS; round++) {
        for (const [index, { child }] of children.entries()) {
          await child.write(`${call}\n`);
          const { line } = await child.next();
          if (round >= 0) ms[index]?.push(Number(line));
        }
      }
      for (const [index, { tasks }] of children.entries()) {
        const values = ms[index] ?? [];
        const cost = { median: median(values), spread: middle(values) };
        rows.push({ call, tasks, tasks_are: tasksAre, ms: cost });
      }
    }
    return rows;
  } finally {
    for (const { child } of children) await child[Symbol.asyncDispose]();
  }
}

/** What a call may cost at the largest size, by the smallest; of one that counts or lists what is pending more. */
const GOAL = { atMost: 1.5 };
const COUNTING_GOAL = { atMost: 3 };
const COUNTING: readonly string[] = ["tasks --limit 20", "status"];

/** Each call at the largest size of these rows against the smallest. */
export function sizeRatios(
  all: readonly SizeRow[],
  tasksAre: SizeRow["tasks_are"],
): SizeRatio[] {
  const rows = all.filter(({ tasks_are }) => tasks_are === tasksAre);
  const sizes = rows.map(({ tasks }) => tasks);
  const at = (call: string, tasks: number) =>
    rows.find((row) => row.call === call && row.tasks === tasks)?.ms.median ?? NaN;
  return [...new Set(rows.map(({ call }) => call))].map((call) => ({
    call,
    ratio: at(call, Math.max(...sizes)) / at(call, Math.min(...sizes)),
    goal: tasksAre === "pending" && COUNTING.includes(call) ? COUNTING_GOAL : GOAL,
  }));
}
