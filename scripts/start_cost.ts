/**
 * What a call of the executable costs beside an empty program, in figures that other processes hardly
 * change: instructions of the program itself, page faults, memory, and how much of it runs. Needs Linux with
 * `valgrind` and `time` of Debian. Prints a table.
 *
 * Usage: deno run -A scripts/start_cost.ts [LINE]…, where a line is of coord, such as "lane live".
 */
import { builder } from "./compile.ts";
import { bundle } from "./compile/bundle.ts";
import { joined } from "./compile/joined.ts";
import { targetOf } from "./compile/targets.ts";
import { run } from "./support/run.ts";

const ROOT = `${import.meta.dirname}/..`;

const LINES = [
  "--version",
  "claim --run-id me --json",
  "check src/b.ts --run-id me",
  "list",
  "lane live",
  "status",
  "hook run generic pre",
];

/** What a host says to the hook, of a file that its run holds from the first call on. */
const SAID = JSON.stringify({ session: "me", writes: ["src/a.ts"] });

/** Programs beside coord: nothing at all, and one look at the file system. */
const OTHERS = {
  "an empty program": "",
  "one look at a file": `import { statSync } from "node:fs"; statSync("/"); process.exit(0);`,
};

/** What one call cost. */
interface Cost {
  readonly instructions: number;
  readonly faults: number;
  readonly megabytes: number;
  /** Functions whose bytecode was read, which are those that ran. */
  readonly functions: number;
  /** Functions of the engine itself that it parsed and compiled. */
  readonly builtins: number;
}

async function costOf(line: readonly string[], cwd: string): Promise<Cost> {
  const text = async (by: readonly string[], env: Record<string, string> = {}) => {
    const [program = "", ...args] = [...by, ...line];
    const { code, output } = await run(program, args, { cwd, input: SAID, env });
    if (code > 1) throw new Error(`${program} ${args.join(" ")}: exit ${code}: ${output}`);
    return output;
  };
  const counted = await text(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]);
  const [, instructions = ""] = /I +refs: +([\d,]+)/.exec(counted) ?? [];
  const timed = await text(["time", "--quiet", "--format=faults %R %M"]);
  const [, faults, kib] = /^faults (\d+) (\d+)$/m.exec(timed) ?? [];
  const order = `${cwd}/order`;
  await text([], { BUN_BYTECODE_ORDER_OUT: order });
  const compiled = await text([], { BUN_JSC_reportBytecodeCompileTimes: "1" });
  return {
    instructions: Number(instructions.replaceAll(",", "")) / 1e6,
    faults: Number(faults),
    megabytes: Number(kib) * 1024 / 1e6,
    functions: Deno.readTextFileSync(order).split("\n").filter((each) => /^F /.test(each)).length,
    builtins: compiled.split("\n").filter((each) => /^Compiled /.test(each)).length,
  };
}

function row(name: string, cost: Cost, least: Cost): string {
  const times = (cost.instructions / least.instructions).toFixed(1);
  const cells = [
    name,
    `${cost.instructions.toFixed(1)} (${times} ×)`,
    cost.functions,
    cost.builtins,
    cost.faults,
    cost.megabytes.toFixed(0),
  ];
  return `| ${cells.join(" | ")} |`;
}

if (import.meta.main) {
  const lines = Deno.args.length > 0 ? Deno.args : LINES;
  const target = targetOf(Deno.build.target);
  if (target === undefined) throw new Error(`There is no target for ${Deno.build.target}`);
  const work = await Deno.makeTempDir({ prefix: "coord_cost_" });
  try {
    const quiet = () => {};
    const coord = `${work}/coord`;
    await builder(await bundle(ROOT, `${work}/bundle`), "bun", quiet, joined)(target, coord);
    const cwd = `${work}/project`;
    await Deno.mkdir(cwd);
    const call = (words: string) => run(coord, words.split(" "), { cwd, input: SAID });
    await call("init");
    await call("hook run generic pre");
    console.log("| call | million instructions | functions | builtins | page faults | MB |");
    console.log("| --- | --- | --- | --- | --- | --- |");
    let least: Cost | undefined;
    for (const [index, [name, source]] of Object.entries(OTHERS).entries()) {
      const [entry, program] = [`${work}/other${index}.js`, `${work}/other${index}`];
      await Deno.writeTextFile(entry, source);
      await builder(entry, "bun", quiet)(target, program);
      const cost = await costOf([program], cwd);
      least ??= cost;
      console.log(row(name, cost, least));
    }
    for (const line of lines) {
      const cost = await costOf([coord, ...line.split(" ")], cwd);
      console.log(row(`\`${line}\``, cost, least ?? cost));
    }
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}
