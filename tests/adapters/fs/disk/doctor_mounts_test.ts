/** `coord doctor` with real processes on real file systems, good ones and bad ones. */
import {
  MOUNT_NAMES,
  Mounted,
  type MountName,
  whyNotMounted,
} from "../../../../scripts/support/mounts.ts";
import { assertEquals, itIf } from "../../../deps.ts";
import { fakeHost } from "../../../support/fake/host.ts";
import { isHeavy } from "../../../support/length.ts";
import { Running } from "../../../support/program/working.ts";

/**
 * Promises that each breaks for sure, and those that it may break: a race shows some only now and then.
 * All others keep all of them.
 */
const BROKEN: Partial<
  Record<MountName, readonly [sure: readonly string[], maybe: readonly string[]]>
> = {
  vfat: [["hard_links"], []],
  exfat: [["hard_links"], ["atomic_rename"]],
  bindfs: [[], ["atomic_rename"]],
  rclone: [["hard_links"], [
    "folder_times",
    "open_files",
    "atomic_rename",
    "append",
    "notification",
  ]],
};

/** How often a machine that others use as well may be too slow for what doctor does in 3 seconds. */
const MAX_TRIES = 10;

/** What `coord doctor --json` answers, as far as it is looked at. */
interface Report {
  readonly code: number;
  readonly status: string;
  readonly promises: readonly {
    readonly promise: string;
    readonly result: string;
    found: string;
  }[];
  readonly file_system: { readonly mount_point: string };
  readonly problems: unknown;
}

/** Whether the three racers did not come in time, or the kernel's word took longer than a second. */
function isHurried(
  { promises }: Report,
  failed: readonly string[],
  maybe: readonly string[],
): boolean {
  const isUntried = ({ promise, result }: Report["promises"][number]) =>
    result === "not_tried" && promise !== "durable_names";
  return !promises[0]?.found.endsWith("3 processes") || promises.some(isUntried) ||
    failed.includes("notification") && !maybe.includes("notification");
}

for (const name of MOUNT_NAMES) {
  const why = isHeavy() ? whyNotMounted(name) : "it mounts file systems, only with COORD_HEAVY=1";
  itIf(why === undefined, why ?? "")(`coord doctor says what ${name} provides`, async () => {
    using mounted = new Mounted(name);
    const run = async (...args: string[]): Promise<Report> => {
      await using call = new Running(mounted.path, [...args, "--json"]);
      const code = await call.ended;
      return { code, ...JSON.parse(call.out) };
    };
    await run("init");
    const [sure, maybe] = BROKEN[name] ?? [[], []];
    let report: Report;
    let failed: readonly string[];
    let tries = 0;
    do {
      report = await run("doctor");
      failed = report.promises.flatMap(({ promise, result }) => result === "failed" ? promise : []);
    } while (++tries < MAX_TRIES && isHurried(report, failed, maybe));
    assertEquals({
      sure: failed.filter((promise) => !maybe.includes(promise)),
      code: report.code,
      status: report.status,
      mount_point: report.file_system.mount_point,
      found: report.promises[0]?.found.replace(/^\d+/, "n"),
      left: fakeHost().fs.list(`${mounted.path}/.coord/tmp`),
    }, {
      sure,
      code: failed.length > 0 ? 1 : 0,
      status: failed.length > 0 ? "unsound" : "sound",
      mount_point: mounted.path,
      found: "n names, 3 processes",
      left: [],
    }, JSON.stringify(report.problems));
  });
}
