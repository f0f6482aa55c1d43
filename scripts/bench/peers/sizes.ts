/** The cost of calls against the number of tasks, of which 99 of 100 are finished, or none. */
import { type LineChild, startProgram } from "../children.ts";
import { sized } from "../measure.ts";
import { type SizeRow, valueOf } from "./report/results.ts";
import type { SyncShim } from "./sync_shim.ts";

const WORKER = new URL("./size_worker.ts", import.meta.url).pathname;

/** Calls of each, and one to warm: as many claims as the smallest workspace has pending tasks. */
const ROUNDS = sized(9, 4);

/** Of larger workspaces none is made in which all tasks wait. */
const MAX_PENDING = 100_000;

/** Measures all calls in workspaces of each size, finished for the most part and then all pending. */
export async function sizeRows(
  scratch: string,
  sizes: readonly number[],
  shim: SyncShim,
): Promise<SizeRow[]> {
  const pending = sizes.filter((tasks) => tasks <= MAX_PENDING);
  return [
    ...await rowsOf(scratch, sizes, "finished", shim),
    ...await rowsOf(scratch, pending, "pending", shim),
  ];
}

/** Measures all calls in workspaces that take turns. */
async function rowsOf(
  scratch: string,
  sizes: readonly number[],
  tasksAre: SizeRow["tasks_are"],
  shim: SyncShim,
): Promise<SizeRow[]> {
  const children: { tasks: number; child: LineChild }[] = [];
  try {
    let calls: string[] = [];
    shim.skip(true);
    for (const tasks of sizes) {
      const dir = `${scratch}/${tasksAre}-${tasks}`;
      await Deno.mkdir(dir);
      const line = [Deno.execPath(), "run", "-A", "--no-check", WORKER, dir, `${tasks}`, tasksAre];
      const child = startProgram(line, shim.env);
      children.push({ tasks, child });
      calls = JSON.parse((await child.next()).line);
      console.log(`made ${tasks} tasks, ${tasksAre}`);
    }
    shim.skip(false);
    const rows: SizeRow[] = [];
    for (const call of calls) {
      const ms = children.map((): number[] => []);
      for (let round = 0; round <= ROUNDS; round++) {
        for (const [index, { child }] of children.entries()) {
          await child.write(`${call}\n`);
          const { line } = await child.next();
          if (round > 0) ms[index]?.push(Number(line)); // the first one warms
        }
      }
      for (const [index, { tasks }] of children.entries()) {
        rows.push({ call, tasks, tasks_are: tasksAre, ms: valueOf(ms[index] ?? []) });
      }
    }
    return rows;
  } finally {
    shim.skip(false);
    for (const { child } of children) await child[Symbol.asyncDispose]();
  }
}
