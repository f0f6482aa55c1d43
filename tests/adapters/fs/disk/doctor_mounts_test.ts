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
  rclone: [["hard_links"], ["folder_times", "atomic_rename", "append", "notification"]],
};

for (const name of MOUNT_NAMES) {
  const why = isHeavy() ? whyNotMounted(name) : "it mounts file systems, only with COORD_HEAVY=1";
  itIf(why === undefined, why ?? "")(`coord doctor says what ${name} provides`, async () => {
    using mounted = new Mounted(name);
    const run = async (...args: string[]) => {
      await using call = new Running(mounted.path, [...args, "--json"]);
      const code = await call.ended;
      return { code, ...JSON.parse(call.out) };
    };
    await run("init");
    const report = await run("doctor");
    const failed: string[] = report.promises.flatMap((
      { promise, result }: { promise: string; result: string },
    ) => result === "failed" ? promise : []);
    const [sure, maybe] = BROKEN[name] ?? [[], []];
    assertEquals({
      sure: failed.filter((promise) => !maybe.includes(promise)),
      code: report.code,
      status: report.status,
      mount_point: report.file_system.mount_point,
      found: report.promises[0].found.replace(/^\d+/, "n"),
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
