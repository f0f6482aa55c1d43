/**
 * Runs the tests on Deno and on Bun and adds up what both report.
 *
 * Usage: deno run -A scripts/test.ts [--heavy | --long] [--deno | --bun] [FILTER...]
 *
 * Without a flag all tests run, and with them the examples in the public documentation; both
 * runtimes at once. With `--heavy` the races, the crashes and the searches run at the length that
 * fits into CI, one runtime after the other, so that neither disturbs the races of the other; on Deno
 * what searches in memory runs on all cores first. With
 * `--long` they run on Deno alone, for hours, and then the real hosts of agents: run it after a
 * change of what they prove. Tests read
 * their length from `COORD_HEAVY` and `COORD_LONG`. A filter keeps the files whose path contains it. The last line is
 * `N passed, N failed`, with `, N skipped` when tests were; the exit code is 1 when any failed and
 * when a runtime ran none.
 */
import { statfsSync } from "node:fs";
import { parseJunit, type Report } from "./support/junit.ts";
import { run } from "./support/run.ts";
import { listFiles } from "./support/sources.ts";
import { bunPath } from "./support/toolchain.ts";

/**
 * Tests that have a heavy and a long form, beside those that ask for the length of the run themselves;
 * in the everyday run they are brief, like all others.
 */
const HEAVY = [
  "tests/race/",
  "tests/crash/",
  "tests/adapters/fs/reservation/faults_test.ts",
  "tests/adapters/postgres/",
];
/** What a test imports that asks for the length. */
const LENGTH = "support/length.ts";
/** Tests of what Deno builds and of what reads the same anywhere; on Bun they would show nothing new. */
const ON_DENO_ONLY = [
  "tests/conformance/postgres_test.ts",
  "tests/adapters/postgres/releases_test.ts",
  "tests/adapters/fs/disk/doctor_mounts_test.ts",
  "tests/crash/disk_image_test.ts",
  "tests/packaging/",
  "tests/differential/",
  "tests/docs/",
  "tests/scripts/peers/",
  "tests/web/page_test.ts",
];
/**
 * What comes to the same anywhere: searches in memory, and one case after the other in processes of
 * their own. In the everyday run Deno alone has them; the heavy run has them on Bun at that length.
 */
const ONCE = [
  "tests/adapters/fs/checkout/names_test.ts",
  "tests/adapters/fs/disk/real_folders_test.ts",
  "tests/adapters/fs/listing/",
  "tests/adapters/fs/segment/",
  "tests/adapters/fs/checkout/syntax/",
  "tests/adapters/fs/lane/journal_damage_test.ts",
  "tests/adapters/fs/lane/journal_faults_test.ts",
  "tests/adapters/fs/lane/mutex_chain_test.ts",
  "tests/adapters/fs/upkeep/",
  "tests/adapters/fs/reservation/faults_test.ts",
  "tests/adapters/fs/reservation/exclusion_test.ts",
  "tests/adapters/fs/reservation/order_test.ts",
  "tests/adapters/fs/key/",
  "tests/adapters/fs/task/batch_chain_test.ts",
  "tests/adapters/fs/task/claim_chain_foreign_test.ts",
  "tests/adapters/fs/task/claim_chain_test.ts",
  "tests/adapters/fs/task/foreign_claim_test.ts",
  "tests/adapters/fs/task/huge_counts_test.ts",
  "tests/adapters/fs/task/index_removed_test.ts",
  "tests/adapters/postgres/feed_race_test.ts",
  "tests/commands/",
  "tests/cli/complete/",
  "tests/cli/fuzz_test.ts",
  "tests/cli/help/",
  "tests/mcp/",
  "tests/cli/with_test.ts",
  "tests/cli/work_test.ts",
  "tests/conformance/memory_test.ts",
  "tests/crash/",
  "tests/domain/",
  "tests/engine/forecast/",
  "tests/engine/hold/queue_test.ts",
  "tests/engine/lane/clock_test.ts",
  "tests/engine/lane/defects_test.ts",
  "tests/engine/lane/journal_numbers_test.ts",
  "tests/engine/lane/places_test.ts",
  "tests/engine/reservation/ahead_test.ts",
  "tests/scripts/",
  "tests/transcripts/",
];
/** Races of real processes: they would disturb the other runtime, so Bun has them in the heavy run. */
const RACES = "tests/race/";
/** Tests whose processes have the machine for themselves in the heavy run; all others search in memory. */
const ALONE = [RACES, "tests/packaging/", "tests/docs/", "tests/web/page_test.ts"];
const DOCUMENTS = [
  "mod.ts",
  "README.md",
  "src/workspace/open.ts",
  "src/workspace/store/calls.ts",
  "src/engine/coord.ts",
  "src/engine/holds/prime.ts",
  "src/engine/holds/seen.ts",
  "src/engine/task/tasks.ts",
  "src/engine/task/hold.ts",
  "src/engine/reservation/reservations.ts",
  "src/engine/lane/lanes.ts",
];
/** Parts of the everyday run on Deno: enough to keep all cores busy to the end. */
const GROUPS = 12;
/** Lines that the end of the output repeats of a test that failed. */
const REPEATED = 40;
/** Seconds after which a runtime that hangs is killed. */
const LIMIT = { everyday: 900, heavy: 3600, long: 6 * 3600 };

/** Bytes that the everyday tests may take in a folder in memory. */
const ROOM = 4 * 2 ** 30;

const failedRun: Report = { passed: 0, failed: 1, skipped: [], failures: [] };
const flags = Deno.args.filter((arg) => arg.startsWith("--"));
const filters = Deno.args.filter((arg) => !arg.startsWith("--"));
const unknown = flags.find((flag) => !["--heavy", "--long", "--deno", "--bun"].includes(flag));
if (unknown !== undefined) {
  console.error(`Cannot run the tests: there is no flag "${unknown}"`);
  Deno.exit(1);
}
const length = flags.includes("--long") ? "long" : flags.includes("--heavy") ? "heavy" : "everyday";
const heavy = length !== "everyday";
const env: Record<string, string> = {
  ...(heavy ? { COORD_HEAVY: "1" } : {}),
  ...(length === "long" ? { COORD_LONG: "1" } : {}),
};
const limit = LIMIT[length];
const start = performance.now();

const files = listFiles(".");
const isWanted = (path: string) =>
  filters.length === 0 || filters.some((filter) => path.includes(filter));
const isIn = (path: string, places: readonly string[]) =>
  places.some((place) => path.startsWith(place));
const all = files.filter((path) => /^tests\/.*_test\.ts$/.test(path) && isWanted(path));
const tests = heavy
  ? all.filter((path) => isIn(path, HEAVY) || Deno.readTextFileSync(path).includes(LENGTH))
  : all;
const documents = heavy ? [] : DOCUMENTS.filter((path) => files.includes(path) && isWanted(path));
// The everyday tests have their folders in memory, where a sync costs nothing; the heavy ones do not.
const memory = inMemory();
const scratch = Deno.makeTempDirSync({ prefix: "coord_test_", ...memory });
if (memory.dir !== undefined) {
  const disk = Deno.env.get("TMPDIR") ?? "/tmp";
  Object.assign(env, { TMPDIR: scratch, COORD_TEST_DISK: disk });
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => {
      Deno.removeSync(scratch, { recursive: true });
      Deno.exit(1);
    });
  }
}

await install();
const one = flags.includes("--bun") !== flags.includes("--deno") || length === "long";
const runners = [
  ...(one && flags.includes("--bun") ? [] : [onDeno]),
  ...(one && !flags.includes("--bun") ? [] : [onBun]),
];
const reports: Report[] = [];
const seeds = new Set<string>();
if (heavy) { for (const runner of runners) reports.push(...await runner()); }
else reports.push(...(await Promise.all(runners.map((runner) => runner()))).flat());
if (length === "long" && filters.length === 0) reports.push(await realHosts());
Deno.removeSync(scratch, { recursive: true });

const passed = reports.reduce((sum, report) => sum + report.passed, 0);
const failed = reports.reduce((sum, report) => sum + report.failed, 0);
const skipped = reports.reduce((sum, report) => sum + report.skipped.length, 0);
// Once more at the end, since a log may be kept in part.
for (const { name, text } of reports.flatMap((report) => report.failures)) {
  console.log(`failed: ${name}`);
  const lines = text.split("\n");
  // What was compared comes first, and where it was last.
  const left = lines.length - 2 * REPEATED;
  const shown = left > 1
    ? [...lines.slice(0, REPEATED), `(${left} more lines)`, ...lines.slice(-REPEATED)]
    : lines;
  for (const line of shown) console.log(`  ${line}`);
}
for (const seed of seeds) console.log(`last seed before a failure: ${seed}`);
console.log(`total: ${((performance.now() - start) / 1000).toFixed(1)} s`);
console.log(
  `${passed} passed, ${failed} failed` + (skipped > 0 ? `, ${skipped} skipped` : ""),
);
Deno.exit(failed > 0 ? 1 : 0);

/** Where Linux keeps files in memory, if there is room for the everyday tests. */
function inMemory(): { dir?: string } {
  const dir = "/dev/shm";
  if (length !== "everyday" || Deno.build.os !== "linux") return {};
  try {
    const { bavail, bsize } = statfsSync(dir);
    return bavail * bsize >= ROOM ? { dir } : {};
  } catch {
    return {};
  }
}

/** Fills node_modules with every package that a test may load: Bun only reads what lies there. */
async function install(): Promise<void> {
  const entries = files.filter((path) =>
    path.startsWith("src/deps/") || path.startsWith("scripts/mirror/") ||
    /^(tests|scripts)\/deps\.ts$/.test(path)
  );
  const { code, output } = await run(Deno.execPath(), [
    "install",
    "--node-modules-dir=auto",
    "--entrypoint",
    ...entries,
  ]);
  if (code === 0) return;
  console.log(output);
  console.log("0 passed, 1 failed");
  Deno.exit(1);
}

async function onDeno(): Promise<Report[]> {
  const run = (paths: readonly string[], jobs: number) =>
    report("deno", Deno.execPath(), paths, { ...env, DENO_JOBS: `${jobs}` }, (junit) => [
      ...["test", "-A", "--no-check", "--doc", `--junit-path=${junit}`],
      ...(jobs > 1 ? ["--parallel"] : []),
    ]);
  const cores = navigator.hardwareConcurrency;
  // One more than cores: many tests wait for something.
  if (!heavy) return [await run([...documents, ...grouped(tests)], cores + 1)];
  const parts: [readonly string[], number][] = [
    [tests.filter((path) => !isIn(path, ALONE)), cores],
    [tests.filter((path) => isIn(path, ALONE)), 1],
  ];
  const reports: Report[] = [];
  // A filter may leave nothing for one of them.
  for (const [paths, jobs] of parts) if (paths.length > 0) reports.push(await run(paths, jobs));
  return reports;
}

/**
 * Files that import the tests, some of them each. Deno loads all modules again for each file that it
 * is given, which takes longer than most tests; Bun has all files in one process.
 */
function grouped(tests: readonly string[]): string[] {
  return Array.from({ length: Math.min(GROUPS, tests.length) }, (_, group) => {
    const own = tests.filter((_, index) => index % GROUPS === group);
    const path = `${scratch}/group_${group}_test.ts`;
    const imports = own.map((test) => `import "${new URL(`../${test}`, import.meta.url)}";\n`);
    Deno.writeTextFileSync(path, imports.join(""));
    return path;
  });
}

async function onBun(): Promise<Report[]> {
  let bun: string;
  try {
    bun = await bunPath();
  } catch (error) {
    console.log(`bun | ${error instanceof Error ? error.message : error}`);
    return [failedRun];
  }
  const bunTest = (paths: readonly string[], env: Record<string, string>) =>
    report("bun", bun, paths.map((path) => `./${path}`), env, (junit) => [
      "test",
      `--timeout=${limit * 1000}`, // Deno has no limit for one test either
      "--reporter=junit",
      `--reporter-outfile=${junit}`,
    ]);
  const others = [...ON_DENO_ONLY, ...ONCE, ...(heavy ? [] : [RACES])];
  const own = tests.filter((path) => !isIn(path, others));
  const once = heavy ? all.filter((path) => isIn(path, ONCE) && !isIn(path, ON_DENO_ONLY)) : [];
  const reports: Report[] = [];
  // A filter may leave nothing for Bun, or for one of its two runs.
  if (own.length > 0) reports.push(await bunTest(own, env));
  if (once.length > 0) reports.push(await bunTest(once, {}));
  return reports;
}

/** Hooks on the real hosts of agents, by the command that has them. */
async function realHosts(): Promise<Report> {
  const onLine = (line: string) => console.log(`hosts | ${line}`);
  const args = ["run", "-A", "scripts/test_hosts.ts"];
  const { code, output } = await run(Deno.execPath(), args, { limit, onLine });
  const [, passed = 0, failed = 0] = /^(\d+) passed, (\d+) failed$/m.exec(output) ?? [];
  // Without its last line it did not come to its end.
  const bad = code !== 0 && Number(failed) === 0 ? 1 : Number(failed);
  return { ...failedRun, passed: Number(passed), failed: bad };
}

/** Runs one runtime's tests and reads its report; a run that ends badly counts as a failure. */
async function report(
  name: string,
  program: string,
  paths: readonly string[],
  env: Record<string, string>,
  args: (junit: string) => string[],
): Promise<Report> {
  const bad = (why: string) => console.log(`${name} | FAILED: ${why}`);
  const junit = `${scratch}/${name}.xml`;
  if (paths.length === 0) {
    bad("there is no test to run");
    return failedRun;
  }
  let wrong = 0;
  let seed = "";
  const { code, seconds } = await run(program, [...args(junit), ...paths], {
    env,
    limit,
    onLine(line) {
      console.log(`${name} | ${line}`);
      // All that becomes of a console.assert() in an example of the documentation.
      if (line.startsWith("Assertion failed")) wrong++;
      if (line.includes("COORD_SEED=")) seed = line;
      if (/^\(fail\)|\bFAILED \(/.test(line) && seed !== "") seeds.add(`${name}: ${seed}`);
    },
  });
  let { passed, failed, skipped, failures } = parseJunit(readIfAny(junit));
  if (wrong > 0) bad(`${wrong} assertions in examples do not hold`);
  failed += wrong;
  if (passed + failed === 0) bad("no test ran");
  if (seconds >= limit) bad(`killed after ${limit} s`);
  // A file that cannot be loaded appears in no report; only the exit code shows it.
  if (failed === 0 && (code !== 0 || passed === 0)) {
    bad(`it exited with ${code}`);
    failed = 1;
  }
  for (const test of skipped) console.log(`${name} | skipped: ${test}`);
  console.log(
    `${name} | ${passed} passed, ${failed} failed, ${skipped.length} skipped in ${
      seconds.toFixed(1)
    } s`,
  );
  return {
    passed,
    failed,
    skipped,
    failures: failures.map((each) => ({ ...each, name: `${name}: ${each.name}` })),
  };
}

function readIfAny(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}
