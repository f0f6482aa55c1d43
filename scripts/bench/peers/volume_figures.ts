/** What many tasks at once cost, on the disk and off it, and reading all that is live. */
import { initWorkspace, openWorkspace } from "../../../mod.ts";
import { sized } from "../measure.ts";
import { type Figure, ratioOf, valueOf } from "./report/results.ts";

const runId = "bench";
const PAYLOAD = { path: "src/module.ts" };
const RESULT = { ok: true };

/** Bytes on the disk that a finished task may take beside its payload and result. */
const MAX_BYTES = 600;

function titles(count: number) {
  return Array.from({ length: count }, (_, n) => ({ title: `task ${n}`, runId, payload: PAYLOAD }));
}

/** Adding many tasks at once, and a stream's first look at them, each beside what it cannot do without. */
export async function volumeFigures(dir: string): Promise<Figure[]> {
  const count = sized(100_000, 10_000);
  const shown = count.toLocaleString("en");
  const added: number[] = [];
  const linked: number[] = [];
  const watched: number[] = [];
  const read: number[] = [];
  for (let round = 0; round < sized(3, 2); round++) {
    const own = `${dir}/${round}`;
    await initWorkspace(`${own}/project`);
    const coord = await openWorkspace({ dir: `${own}/project` });
    added.push(await timed(() => coord.tasks.enqueueAll(titles(count))));
    linked.push(await timed(() => makeAndLink(`${own}/files`, count)));
    watched.push(
      await timed(async () => {
        let events = 0;
        for await (const _ of coord.watch({ once: true })) events++;
        if (events < count) throw new Error(`the stream had ${events} events`);
      }),
    );
    read.push(await timed(() => readAll(`${own}/project/.coord/tasks`)));
    await Deno.remove(own, { recursive: true });
  }
  return [
    {
      figure: `enqueue ${shown} tasks at once ÷ making and linking as many files`,
      unit: "ms",
      value: valueOf(added),
      against: valueOf(linked),
      ratio: ratioOf(added, linked),
      goal: { atMost: 1.5 },
    },
    {
      figure: `\`watch --once\` of ${shown} pending tasks ÷ reading their files`,
      unit: "ms",
      value: valueOf(watched),
      against: valueOf(read),
      ratio: ratioOf(watched, read),
      goal: { atMost: 2 },
    },
    await bytesFigure(`${dir}/bytes`),
  ];
}

/** What finished tasks leave on the disk, when `gc` has moved them. */
async function bytesFigure(dir: string): Promise<Figure> {
  const count = sized(20_000, 5_000);
  await initWorkspace(dir);
  const coord = await openWorkspace({ dir });
  const before = bytesBelow(`${dir}/.coord`);
  await coord.tasks.enqueueAll(titles(count));
  for (let n = 0; n < count; n++) {
    const claim = await coord.tasks.claim({ runId });
    if (claim.status !== "claimed") throw new Error("the queue ran dry");
    await coord.tasks.complete({ id: claim.task_id, runId, result: RESULT });
  }
  await new Promise((resolve) => setTimeout(resolve, 2_000)); // ends of this second stay as files
  await coord.gc({ execute: true });
  const content = JSON.stringify(PAYLOAD).length + JSON.stringify(RESULT).length;
  const bytes = [(bytesBelow(`${dir}/.coord`) - before) / count - content];
  return {
    figure: "bytes on the disk a finished task, without payload and result ÷ what it may take",
    unit: "bytes",
    value: valueOf(bytes),
    against: valueOf([MAX_BYTES]),
    ratio: ratioOf(bytes, [MAX_BYTES]),
    goal: { atMost: 1 },
  };
}

async function timed(body: () => unknown): Promise<number> {
  const start = performance.now();
  await body();
  return performance.now() - start;
}

/** Each with its content under one name, and with a second one in another folder. */
function makeAndLink(dir: string, count: number): void {
  const bytes = new Uint8Array(300).fill(65);
  for (const folder of ["new", "named"]) Deno.mkdirSync(`${dir}/${folder}`, { recursive: true });
  for (let n = 0; n < count; n++) {
    Deno.writeFileSync(`${dir}/new/${n}`, bytes, { createNew: true });
    Deno.linkSync(`${dir}/new/${n}`, `${dir}/named/${n}`);
  }
}

function readAll(dir: string): void {
  for (const { name, isFile } of Deno.readDirSync(dir)) {
    if (isFile) JSON.parse(Deno.readTextFileSync(`${dir}/${name}`));
  }
}

/** Whole blocks, and those of a file with several names once. */
function bytesBelow(dir: string, seen = new Set<number>()): number {
  let bytes = 0;
  for (const { name, isDirectory } of Deno.readDirSync(dir)) {
    const path = `${dir}/${name}`;
    const { ino, blocks } = Deno.lstatSync(path);
    if (ino !== null && !seen.has(ino)) bytes += (blocks ?? 0) * 512;
    if (ino !== null) seen.add(ino);
    if (isDirectory) bytes += bytesBelow(path, seen);
  }
  return bytes;
}
