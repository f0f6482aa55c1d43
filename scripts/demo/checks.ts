/** Whether the demonstration went as it must, by the records that it left. */
import type { Coord, TaskAttempt, TaskShown } from "../../mod.ts";

/** What happened on purpose. */
export interface Staged {
  readonly files: readonly string[];
  readonly victim: string;
  /** The file at which the victim was killed. */
  readonly killedAt: string;
  /** The file whose first attempt fails. */
  readonly fails: string;
  /** Seconds until it is tried again. */
  readonly backoff: number;
}

/** What the records say. */
export interface Found {
  /** Tasks that each run completed. */
  readonly done: ReadonlyMap<string, number>;
  /** All lines of the files. */
  readonly lines: number;
  readonly problems: readonly string[];
}

/** Looks at every task: its attempts, its result, and what it came after. */
export async function check(coord: Coord, ids: readonly string[], staged: Staged): Promise<Found> {
  const problems: string[] = [];
  const done = new Map<string, number>();
  const tasks = new Map<string, TaskShown>();
  for (const id of ids) {
    const shown = await coord.show(id);
    if (shown.kind === "task") tasks.set(id, shown);
  }
  const expect = (what: string, found: unknown, wanted: unknown) => {
    const [is, should] = [JSON.stringify(found), JSON.stringify(wanted)];
    if (is !== should) problems.push(`${what}: ${is} instead of ${should}`);
  };
  const sizes = new Map(staged.files.map((path) => [`Measure ${path}`, sizeOf(path)]));
  const total = added([...sizes.values()]);
  for (const [id, { task, attempts, claim, status }] of tasks) {
    const { title } = task;
    const ends = [...endsBefore(title, staged), "completed"];
    expect(`the attempts at "${title}"`, attempts.map(({ end }) => end), ends);
    for (const [at, { ended_at }] of attempts.slice(0, -1).entries()) {
      const pause = secondsBetween(ended_at, attempts[at + 1]?.claimed_at);
      const least = attempts[at]?.end === "failed" ? staged.backoff : 0;
      if (!(pause >= least)) problems.push(`"${title}" was claimed again after ${pause} s`);
    }
    expect(`the status of "${title}"`, status, "completed");
    const before = (task.after ?? []).map((each) => tasks.get(each));
    const wanted = sizes.get(title) ?? added(before.map((each) => each?.claim?.result));
    expect(`the result of "${title}"`, claim?.result, wanted);
    const ready = before.map((each) => endOf(each?.attempts)).sort().at(-1);
    if (ready !== undefined && !(ready <= (claim?.claimed_at ?? ""))) {
      problems.push(`"${title}" began before what it comes after had ended`);
    }
    const by = attempts.at(-1)?.run_id ?? "none";
    done.set(by, (done.get(by) ?? 0) + 1);
    if (id === ids.at(-1)) expect("the report", claim?.result, total);
  }
  const { completed, total: all } = await coord.tasks.list({ limit: 1 });
  expect("the tasks completed", [tasks.size, completed, all], Array(3).fill(ids.length));
  const killed = [...tasks.values()].find(({ task }) => task.title.endsWith(staged.killedAt));
  expect("the first holder of what timed out", killed?.attempts[0]?.run_id, staged.victim);
  return { done, lines: total.lines, problems };
}

/** How the attempts before the last one must have ended. */
function endsBefore(title: string, { killedAt, fails }: Staged): string[] {
  if (title === `Measure ${killedAt}`) return ["timed_out"];
  return title === `Measure ${fails}` ? ["failed"] : [];
}

/** What a task finds out, with its keys in the order of the records. */
interface Size {
  readonly bytes: number;
  readonly lines: number;
}

function sizeOf(path: string): Size {
  const bytes = Deno.readFileSync(path);
  return { bytes: bytes.length, lines: bytes.filter((byte) => byte === 10).length };
}

function added(sizes: readonly (Partial<Size> | null | undefined)[]): Size {
  const sum = (of: keyof Size) => sizes.reduce((n, size) => n + (size?.[of] ?? NaN), 0);
  return { bytes: sum("bytes"), lines: sum("lines") };
}

const endOf = (attempts: readonly TaskAttempt[] = []) => attempts.at(-1)?.ended_at ?? "never";

const secondsBetween = (from: string | null | undefined, to: string | undefined) =>
  (Date.parse(to ?? "") - Date.parse(from ?? "")) / 1000;
