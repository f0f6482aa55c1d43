/**
 * Runs `coord doctor` on each file system that can be mounted here, as root on Linux. With `--record` it
 * writes what came out to `docs/file_systems.json`, and the README's table with it.
 *
 * Usage: deno run -A scripts/file_systems.ts [--record]
 */
import type { DoctorReport } from "../src/engine/upkeep/doctor.ts";
import { VERSION } from "../src/domain/version.ts";
import { formatted, withPart } from "./support/pages.ts";
import { MOUNT_NAMES, Mounted, type MountName, MOUNTS, whyNotMounted } from "./support/mounts.ts";
import { run } from "./support/run.ts";

const ROOT = new URL("..", import.meta.url).pathname;
const RESULTS = `${ROOT}docs/file_systems.json`;

/** What came out on one file system. */
interface Row {
  readonly label: string;
  /** As the kernel names it. */
  readonly type: string | null;
  readonly status: DoctorReport["status"];
  /** Promises that do not hold, with what was found. */
  readonly failed: Readonly<Record<string, string>>;
}

/** What one run found. */
export interface FileSystems {
  readonly at: string;
  readonly coord: string;
  readonly system: string;
  readonly rows: readonly Row[];
}

/** How often each is tried: what breaks a promise now and then breaks it. */
const TRIES = 5;

async function tried(name: MountName): Promise<Row> {
  using mounted = new Mounted(name);
  const coord = async (...args: string[]) => {
    const words = ["run", "-A", `${ROOT}cli.ts`, ...args, "--json"];
    return JSON.parse((await run(Deno.execPath(), words)).output);
  };
  await coord("init", mounted.path);
  const reports: DoctorReport[] = [];
  for (let n = 0; n < TRIES; n++) reports.push(await coord("doctor", "--dir", mounted.path));
  const failed = reports.flatMap(({ promises }) => promises)
    .filter(({ result }) => result === "failed");
  const worst = reports.find(({ status }) => status !== "sound") ?? reports[0];
  return {
    label: MOUNTS[name].label,
    type: worst?.file_system?.type ?? null,
    status: worst?.status ?? "untried",
    failed: Object.fromEntries(failed.map(({ promise, found }) => [promise, found])),
  };
}

/** The README's part. */
export function table({ at, coord, system, rows }: FileSystems): string {
  const cell = ({ label, type, status, failed }: Row) =>
    `| ${label} | ${type} | ${status} | ${Object.keys(failed).join(", ") || "none"} |`;
  return [
    "| file system | type | `coord doctor` | promises that do not hold |",
    "| --- | --- | --- | --- |",
    ...rows.map(cell),
    "",
    `Tried ${TRIES} times each on ${
      at.slice(0, 10)
    }, with coord ${coord} on ${system}, by processes ` +
    "of one machine. `deno run -A scripts/file_systems.ts` does it again.",
  ].join("\n");
}

/** The README with its table written again. */
export function withTable(text: string, results: FileSystems): Promise<string> {
  return formatted(withPart(text, "file systems", table(results)));
}

if (import.meta.main) {
  const rows: Row[] = [];
  for (const name of MOUNT_NAMES) {
    const why = whyNotMounted(name);
    if (why !== undefined) {
      console.log(`${name}: not tried, ${why}`);
      continue;
    }
    const row = await tried(name);
    rows.push(row);
    console.log(`${name}: ${row.status} ${Object.keys(row.failed).join(", ")}`);
  }
  if (Deno.args.includes("--record")) {
    const system = `${Deno.build.os} ${Deno.osRelease()}`;
    const results: FileSystems = { at: new Date().toISOString(), coord: VERSION, system, rows };
    Deno.writeTextFileSync(RESULTS, `${JSON.stringify(results, null, 2)}\n`);
    const readme = `${ROOT}README.md`;
    Deno.writeTextFileSync(readme, await withTable(Deno.readTextFileSync(readme), results));
  }
}
