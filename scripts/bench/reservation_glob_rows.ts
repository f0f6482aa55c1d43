/** Rows of reservations of many patterns: what comparing costs, and what it costs those beside it. */
import { type Coord, initWorkspace, openWorkspace } from "../../mod.ts";
import { absoluteRow, type Row, sized } from "./measure.ts";

const GLOBS = 200;
const HOLDERS = 40;
const ROUNDS = sized(9, 5);
const CALLS = 30;

/** A workspace with reservations of these patterns, written as other tools do. */
async function held(parent: string, holders: readonly (readonly string[])[]): Promise<Coord> {
  const dir = await Deno.makeTempDir({ dir: parent });
  const { path } = await initWorkspace(dir);
  holders.forEach((addresses, i) => {
    const hex = `e${i.toString(16).padStart(63, "0")}`;
    const record = {
      reservation_id: `sha256:${hex}`,
      run_id: `agent-${i}`,
      branch: "main",
      addresses,
      created_at: new Date(Date.now() - 1_000).toISOString(),
      expires_at: new Date(Date.now() + 36_000_000).toISOString(),
      operation: null,
    };
    Deno.writeTextFileSync(`${path}/reservations/${hex}.json`, JSON.stringify(record));
  });
  const coord = await openWorkspace({ dir });
  // The first call finds them.
  await reserve(coord, ["begin.txt"]);
  return coord;
}

async function reserve(coord: Coord, addresses: readonly string[]) {
  const answer = await coord.reservations.reserve({ addresses, runId: "bench", exclusive: true });
  if (answer.status === "reserved") {
    await coord.reservations.release({ id: answer.reservation_id, runId: "bench" });
  }
  return answer;
}

/** Milliseconds of a call, and the longest time for which it held up everything else. */
async function timed<T>(call: () => Promise<T>): Promise<{ ms: number; gap: number; answer: T }> {
  let gap = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    gap = Math.max(gap, now - last);
    last = now;
  }, 1);
  const start = performance.now();
  const answer = await call();
  const ms = performance.now() - start;
  gap = Math.max(gap, performance.now() - last);
  clearInterval(timer);
  return { ms, gap, answer };
}

function globs(count: number, body: (n: number) => string): string[] {
  return Array.from({ length: count }, (_, n) => body(n));
}

/** What neither shapes nor bounds decide, and the automata only after very many steps. */
function worst(n: number): string {
  return `${"*a".repeat(200)}*b*${"?".repeat(200)}[xy]{,b}${n}`;
}

export async function reservationGlobRows(parent: string): Promise<Row[]> {
  const holders = Array.from({ length: HOLDERS }, (_, i) => i);
  const meeting = await held(
    parent,
    holders.map((i) => globs(GLOBS, (n) => `src/**/*h${i}n${n}*/**/*.ts`)),
  );
  const apart = await held(
    parent,
    holders.map((i) => globs(GLOBS, (n) => `src/**/*h${i}n${n}[ab].ts`)),
  );
  const heavy = await held(parent, [globs(GLOBS, worst)]);
  const light = await held(parent, [["lib"]]);
  const [met, free, gaps]: number[][] = [[], [], []];
  for (let round = 0; round < ROUNDS; round++) {
    const all = await timed(() => reserve(meeting, globs(GLOBS, (n) => `src/**/*o${n}*/**/*.ts`)));
    const none = await timed(() => reserve(apart, globs(GLOBS, (n) => `src/**/*o${n}[cd].ts`)));
    if (all.answer.conflicts_total !== GLOBS * GLOBS * HOLDERS || !all.answer.conflicts_counted) {
      throw new Error(`${all.answer.conflicts_total} conflicts were counted`);
    }
    if (none.answer.status !== "reserved") throw new Error(none.answer.error);
    met?.push(all.ms);
    free?.push(none.ms);
    gaps?.push(all.gap, none.gap);
  }
  const [beside, alone]: number[][] = [[], []];
  for (let call = 0; call < CALLS; call++) {
    beside?.push((await timed(() => reserve(heavy, [`docs/${call}/**/*.md`]))).ms);
    alone?.push((await timed(() => reserve(light, [`docs/${call}/**/*.md`]))).ms);
  }
  const tax = (beside ?? []).map((ms, call) => ms - (alone?.[call] ?? NaN));
  return [
    absoluteRow("`reserve` of 200 globs among 8,000 that meet them", met ?? [], "ms", 1_000),
    absoluteRow("the same among 8,000 apart", free ?? [], "ms", 1_000),
    absoluteRow("the longest hold-up of other work meanwhile", gaps ?? [], "ms", 50),
    absoluteRow("what 200 of the worst globs add to `reserve` beside them", tax, "ms", 10),
  ];
}
