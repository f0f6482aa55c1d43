/** What must be true after a command that had a fault: of its answer, of the workspace, for others. */
import { exitCodes } from "../../../src/cli/exit_codes.ts";
import type { Row } from "./rows.ts";
import { call, copyOf, findings, look, type Scene, type View, withIds } from "./scene.ts";
import { type Point, type Traced, traced } from "./strace.ts";

/**
 * Milliseconds in which another process must go on, also on a machine at work: far less than the 30 s
 * after which a mutex counts as stale.
 */
const GOES_ON_MS = 15_000;

/** How a command goes without a fault. */
export interface Clean {
  readonly traced: Traced;
  readonly before: View;
  readonly after: View;
}

/** Runs a command on a copy of the scene, perhaps with a fault. */
async function play(
  program: readonly string[],
  row: Row,
  scene: Scene,
  dir: string,
  point?: Point,
) {
  const cwd = row.fresh ? `${dir}/new` : dir;
  return await traced({
    program,
    args: [...withIds(row.args, scene.ids).toSpliced(row.verb.split(" ").length, 0, "--json")],
    cwd,
    stdin: row.stdin,
    folder: `${cwd}/.coord`,
    trace: `${dir}/trace`,
    point,
  });
}

/** The names in a fresh folder that a command made its workspace in, or how the scene looks. */
async function lookAt(row: Row, dir: string): ReturnType<typeof look> {
  if (!row.fresh) return await look(dir);
  return { view: {}, problems: [] };
}

/** Runs a command without a fault. */
export async function playClean(
  program: readonly string[],
  row: Row,
  scene: Scene,
): Promise<Clean> {
  using copy = copyOf(scene);
  const { view: before } = await lookAt(row, copy.dir);
  const run = await play(program, row, scene, copy.dir);
  const said = `${row.args.join(" ")}: ${run.out}${run.err}`;
  if (run.code !== (row.code ?? 0)) throw new Error(`It ended with ${run.code}: ${said}`);
  if (run.elsewhere.length > 0) {
    throw new Error(`Another thread was in the workspace: ${said}\n${run.elsewhere.join("\n")}`);
  }
  const { view: after, problems } = await lookAt(row, copy.dir);
  if (problems.length > 0) throw new Error(`${said}: ${problems}`);
  return { traced: run, before, after };
}

/**
 * Runs a command with a fault, and returns what is wrong afterwards; `undefined` where the fault met
 * no call on the workspace, since the program made another number of calls this time.
 */
export async function playFault(
  program: readonly string[],
  row: Row,
  scene: Scene,
  clean: Clean,
  point: Point,
): Promise<string[] | undefined> {
  using copy = copyOf(scene);
  const run = await play(program, row, scene, copy.dir, point);
  if (run.hit === undefined) return undefined;
  const problems = answerProblems(row, run, point);
  const { view, problems: shown } = await lookAt(row, copy.dir);
  problems.push(...shown);
  const isAcknowledged = row.prints !== "host" && (run.code === 0 || /^{"ok":true/.test(run.out)) &&
    !(row.skips && run.out.includes(': skipped"'));
  problems.push(...viewProblems(row, clean, view, isAcknowledged));
  if (!row.fresh) problems.push(...await findings(copy.dir));
  problems.push(...await othersProblems(row, view, copy.dir));
  return problems.map((problem) => `${problem}\n    at ${run.hit}\n    said ${run.out}${run.err}`);
}

function answerProblems({ codes = [], prints }: Row, run: Traced, { fault }: Point): string[] {
  const { code, out, err } = run;
  const problems: string[] = [];
  const known = [...exitCodes().map(({ code }) => code), ...codes];
  if (code === null ? fault !== "SIGKILL" : !known.includes(code)) {
    problems.push(`exit code ${code}`);
  }
  if (/^\s+at .*[:(]\d+/m.test(err)) problems.push("a stack trace");
  if (prints === "host") return problems;
  const lines = out.split("\n");
  if (lines.pop() !== "") problems.push("a part of a line");
  try {
    const answers = lines.map((line) => JSON.parse(line));
    if (prints === "lines") return problems;
    if (answers.length > 1 || (answers.length === 0 && code !== null)) {
      problems.push(`${answers.length} answers`);
    }
    if (code !== null && answers[0]?.exit_code !== code) problems.push(`it says another code`);
  } catch {
    problems.push("no JSON");
  }
  return problems;
}

function viewProblems(
  { whole, between, frees }: Row,
  { before, after }: Clean,
  view: View,
  isAcknowledged: boolean,
): string[] {
  const problems: string[] = [];
  const names = new Set([before, after, view].flatMap((each) => Object.keys(each)));
  const changed = [...names].filter((name) => before[name] !== after[name]);
  for (const name of names) {
    const said = view[name];
    const isDone = isAcknowledged && name !== `task ${frees?.task}`;
    const good = isDone ? [after[name]] : [before[name], after[name]];
    if (good.includes(said) || (!isAcknowledged && between?.test(`${name}: ${said}`))) continue;
    problems.push(`${name} is "${said}", not ${good.map((each) => `"${each}"`).join(" or ")}`);
  }
  const done = changed.filter((name) => view[name] === after[name]);
  if (whole && done.length > 0 && done.length < changed.length) {
    problems.push(`a part alone: ${done}`);
  }
  return problems;
}

/** What another run cannot do that it should, or can that it should not. */
async function othersProblems({ fresh, frees }: Row, view: View, dir: string): Promise<string[]> {
  const problems: string[] = [];
  const cwd = fresh ? `${dir}/new` : dir;
  const other = async (line: string, ...codes: number[]) => {
    const start = performance.now();
    const { code, answer, err } = await call(cwd, line.split(" "));
    const ms = performance.now() - start;
    const said = `another's ${line}`;
    if (ms > GOES_ON_MS) problems.push(`${said} took ${ms.toFixed(0)} ms`);
    if (!codes.includes(code)) problems.push(`${said} ended with ${code}: ${err}`);
    for (const warning of answer.warnings ?? []) {
      if (!/^Queue ".*" is paused$/.test(warning)) problems.push(`${said} warns: ${warning}`);
    }
    return answer;
  };
  if (fresh) await other("init", 0);
  const pending = Object.entries(view).filter(([name, said]) =>
    name.startsWith("task ") && said.startsWith("pending") &&
    view[`queue ${said.split(" ")[3]}`] !== "paused"
  ).map(([name]) => name.slice("task ".length));
  if (frees && view[`task ${frees.task}`]?.startsWith("blocked")) {
    if (view[`task ${frees.by}`]?.startsWith("completed")) pending.push(frees.task);
  }
  const got: unknown[] = [];
  for (;;) {
    const { task } = await other("claim --run-id other", 0, 1);
    if (task === undefined) break;
    got.push((task as { title: string }).title);
  }
  const [want, have] = [pending.sort().join(), got.sort().join()];
  if (want !== have) problems.push(`others claimed ${have}, and pending were ${want}`);
  for (const name of ["free.ts", "held.ts", "theirs.ts", "new.ts"]) {
    const held = Object.entries(view).find(([key, said]) =>
      key.startsWith("reservation ") && key.includes(name) && said.startsWith("live true")
    );
    await other(`reserve ${name} --exclusive --run-id other`, held === undefined ? 0 : 1);
  }
  for (const name of ["free", "api", "web"]) {
    const codes = view[`lane ${name}`] === undefined ? 0 : 1;
    await other(`lane acquire ${name}/** --lane ${name} --owner other`, codes);
  }
  await other("enqueue more --run-id other", 0);
  const { problems: shown } = await look(cwd);
  return [...problems, ...shown];
}
