/** Which file system a path is on. */
import type { Host } from "../../../../ports/host.ts";
import type { FileSystem } from "../../../../ports/store.ts";

/** File systems whose power was cut in tests, and what came out. */
const CUT: readonly string[] = ["ext4", "xfs", "btrfs"];

/** File systems that keep nothing. */
const VOLATILE: readonly string[] = ["tmpfs", "ramfs"];

/** What is known of a file system's names after a power cut, by its type. */
export function durability(type: string | null): string {
  if (type !== null && CUT.includes(type)) return `${type} keeps it, as tests with images show`;
  if (type !== null && VOLATILE.includes(type)) return `${type} keeps nothing over a restart`;
  return `nothing is known of ${type ?? "this file system"}`;
}

/** The mount that a path lies on, as the kernel lists mounts. */
export function mountOf(
  table: string,
  path: string,
): Pick<FileSystem, "type" | "mount_point" | "source"> | undefined {
  let found: Pick<FileSystem, "type" | "mount_point" | "source"> | undefined;
  for (const line of table.split("\n")) {
    const [before = "", after = ""] = line.split(" - ");
    const mount_point = plain(before.split(" ")[4] ?? "");
    const [type = "", source = ""] = after.split(" ");
    const folder = mount_point.endsWith("/") ? mount_point : `${mount_point}/`;
    const isAround = mount_point !== "" && `${path}/`.startsWith(folder);
    // Of several mounts at one place the last one counts.
    if (isAround && mount_point.length >= (found?.mount_point?.length ?? 0)) {
      found = { type, mount_point, source: plain(source) };
    }
  }
  return found;
}

/** The kernel writes spaces and the like as `\040`. */
function plain(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(parseInt(code, 8)));
}

/** The file system of a folder, as far as the system says. */
export async function fileSystemOf(host: Host, path: string): Promise<FileSystem> {
  const real = host.fs.realPath(path) ?? path;
  const { mounts, space } = await host.disk(real);
  const mount = mounts === undefined ? undefined : mountOf(mounts, real);
  return {
    type: mount?.type ?? null,
    mount_point: mount?.mount_point ?? null,
    source: mount?.source ?? null,
    free_bytes: space?.freeBytes ?? null,
    total_bytes: space?.totalBytes ?? null,
    free_inodes: space?.freeInodes ?? null,
  };
}
