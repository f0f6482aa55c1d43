/**
 * Runs a fleet on one workspace while processes are killed and stopped, and checks what is left.
 *
 * Usage: deno task test:soak [--seconds N] [--seed N] [--program FILE]; 600 seconds by default. The
 * program is coord from source unless an executable is named.
 */
import { Random } from "../tests/support/random.ts";
import { soak } from "./soak/soak.ts";

const USAGE = "Usage: deno task test:soak [--seconds N] [--seed N] [--program FILE]";

/** The value of a flag, or the default. */
function value(flag: string, otherwise: string): string {
  const at = Deno.args.indexOf(flag);
  return at < 0 ? otherwise : Deno.args[at + 1] ?? "";
}

if (import.meta.main) {
  const seconds = Number(value("--seconds", "600"));
  const seed = Number(value("--seed", `${Date.now() % 1_000_000_007}`));
  if (!(seconds > 0) || Number.isNaN(seed)) {
    console.error(USAGE);
    Deno.exit(1);
  }
  const given = value("--program", "");
  const source = [Deno.execPath(), "run", "-A", `${import.meta.dirname}/../cli.ts`];
  const program = given === "" ? source : [await Deno.realPath(given)];
  console.log(`seed ${seed}, ${seconds} s`);
  const dir = await Deno.makeTempDir({ prefix: "coord_soak_" });
  const numbers = new Random(seed);
  const random = () => numbers.next();
  const { problems, counts } = await soak({ program, dir, seconds, random, print: console.log });
  console.log(Object.entries(counts).map(([name, count]) => `${count} ${name}`).join(", "));
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) console.error(`The workspace is kept: ${dir}`);
  else await Deno.remove(dir, { recursive: true });
  Deno.exit(problems.length > 0 ? 1 : 0);
}
