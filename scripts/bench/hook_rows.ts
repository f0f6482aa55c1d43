/** Rows of the hook that hosts call before each edit, as whole processes in turn with an empty program. */
import { spawnSync } from "node:child_process";
import { type Goal, ratioRow, type Row, sized, tailRatioRow } from "./measure.ts";
import { scene } from "./scene.ts";
import { executables } from "./startup_rows.ts";

/** Calls of each; the first ones warm the page cache. */
const CALLS = sized(200, 60);
const WARM = 3;

const HOOK = ["hook", "run", "claude"];

/** The same in a shell: it takes the file's name from the input, and reserves it. */
const SHELL_HOOK = `file=$(jq -r .tool_input.file_path)
exec "$0" reserve "$file" --exclusive --file --ttl 15m --run-id claude:bench >/dev/null`;

/** One kind of process. */
interface Case {
  readonly line: readonly string[];
  /** The file that its input names. */
  readonly file?: (call: number) => string;
  readonly code?: number;
}

/** Milliseconds of a process from its start to its end. */
function timed({ line: [program = "", ...args], file, code = 0 }: Case, call: number, dir: string) {
  const input = file === undefined ? "" : JSON.stringify({
    session_id: "bench",
    transcript_path: "",
    cwd: dir,
    hook_event_name: "PreToolUse",
    tool_name: "Write",
    tool_input: {
      file_path: `${dir}/${file(call)}`,
      content: "export const rate = 7;\n".repeat(40),
    },
  });
  const start = performance.now();
  const { status, stderr } = spawnSync(program, args, { cwd: dir, input, encoding: "utf8" });
  const ms = performance.now() - start;
  if (status !== code) throw new Error(`${program} ${args.join(" ")}: exit ${status}: ${stderr}`);
  return ms;
}

/** The hook before an edit of a file that its run holds, of a free one, and of one that another run holds. */
export async function hookRows(parent: string): Promise<Row[]> {
  const { coord: program, empty, runtime } = await executables(parent);
  const { coord, dir } = await scene(parent, {});
  await coord.reservations.reserve({ addresses: ["src/held.ts"], runId: "other", exclusive: true });
  const line = [program, ...HOOK];
  const cases = {
    empty: { line: [empty] },
    own: { line, file: () => "src/own.ts" },
    free: { line, file: (call) => `src/free_${call}.ts` },
    held: { line, file: () => "src/held.ts", code: 2 },
    node: { line: ["node", "-e", "0"] },
    shell: {
      line: ["sh", "-c", SHELL_HOOK, program],
      file: (call) => `src/shell_${call}.ts`,
    },
  } as const satisfies Record<string, Case>;
  const names = Object.keys(cases) as (keyof typeof cases)[];
  const times = {} as Record<keyof typeof cases, number[]>;
  for (const name of names) times[name] = [];
  for (let call = -WARM; call < CALLS; call++) {
    for (const name of names) {
      const ms = timed(cases[name], call, dir);
      if (call >= 0) times[name].push(ms);
    }
  }
  const both = (figure: string, name: keyof typeof cases, goal: Goal, tail: Goal = {}): Row[] => [
    { ...ratioRow(figure, times[name], times.empty, "ms", goal), runtime },
    { ...tailRatioRow(`${figure}, p99`, times[name], times.empty, tail), runtime },
  ];
  return [
    ...both("hook, a file that the run holds", "own", { atMost: 2 }, { atMost: 3 }),
    ...both("hook, a free file, which it reserves", "free", { atMost: 3 }),
    ...both("hook, a file that another run holds", "held", {}),
    ...both("`node -e 0`, beside it", "node", {}),
    ...both("a hook of `jq` and `coord reserve`, beside it", "shell", {}),
  ];
}
