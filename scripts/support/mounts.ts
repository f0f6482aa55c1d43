/** File systems that are mounted for a while, to be tried; as root, on Linux. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import process from "node:process";

/** How images of file systems are made, and their size in MiB. */
export const IMAGES = {
  ext4: { make: ["mkfs.ext4", "-q"], size: 64 },
  xfs: { make: ["mkfs.xfs", "-q"], size: 300 },
  btrfs: { make: ["mkfs.btrfs", "-q"], size: 128 },
} as const;

/** A kind of mount. */
interface MountKind {
  /** Its name in a table. */
  readonly label: string;
  /** Programs that it takes besides `mount`, or files. */
  readonly programs: readonly string[];
  /** Mounts `m` in the current folder. */
  readonly script: string;
  /** What unmounts something besides `m`. */
  readonly after?: string;
}

function image(label: string, kind: keyof typeof IMAGES): MountKind {
  const { make, size } = IMAGES[kind];
  const script = `truncate -s ${size}M disk; ${
    make.join(" ")
  } disk; mount -t ${kind} -o loop disk m`;
  return { label, programs: [make[0], "losetup"], script };
}

const SFTP = "/usr/lib/openssh/sftp-server";

/** Those that are tried, by name. */
export const MOUNTS = {
  ext4: image("ext4", "ext4"),
  xfs: image("XFS", "xfs"),
  btrfs: image("Btrfs", "btrfs"),
  tmpfs: { label: "tmpfs", programs: [], script: "mount -t tmpfs -o size=64m none m" },
  overlay: {
    label: "overlayfs, of containers",
    programs: [],
    script: "mount -t tmpfs -o size=64m none t; mkdir t/lower t/upper t/work; " +
      "mount -t overlay -o lowerdir=t/lower,upperdir=t/upper,workdir=t/work none m",
    after: "umount t",
  },
  bind: { label: "bind mount of a folder", programs: [], script: "mount --bind t m" },
  fuse_overlay: {
    label: "fuse-overlayfs, of rootless containers",
    programs: ["fuse-overlayfs"],
    script: "mkdir t/lower t/upper t/work; " +
      "fuse-overlayfs -o lowerdir=t/lower,upperdir=t/upper,workdir=t/work m",
  },
  bindfs: { label: "bindfs, by FUSE", programs: ["bindfs"], script: "bindfs t m" },
  sshfs: {
    label: "SSHFS, one client",
    programs: ["sshfs", SFTP],
    script: `printf '#!/bin/sh\\nexec ${SFTP}\\n' > server; chmod +x server; ` +
      'sshfs -o ssh_command="$PWD/server" "host:$PWD/t" m',
  },
  vfat: {
    label: "FAT",
    programs: ["mkfs.vfat", "losetup"],
    script: "truncate -s 64M disk; mkfs.vfat disk; mount -t vfat -o loop disk m",
  },
  exfat: {
    label: "exFAT, by FUSE",
    programs: ["mkfs.exfat", "mount.exfat-fuse", "losetup"],
    script: "truncate -s 64M disk; mkfs.exfat disk; loop=$(losetup -f --show disk); " +
      'mount.exfat-fuse "$loop" m || { losetup -d "$loop"; exit 1; }',
    after: 'losetup -j disk | cut -d: -f1 | while read -r loop; do losetup -d "$loop"; done',
  },
  rclone: {
    label: "rclone, of cloud storage",
    programs: ["rclone"],
    script: 'rclone mount "$PWD/t" m --vfs-cache-mode writes --daemon --config "$PWD/none"',
  },
} satisfies Readonly<Record<string, MountKind>>;

export type MountName = keyof typeof MOUNTS;

export const MOUNT_NAMES = Object.keys(MOUNTS) as MountName[];

function shell(script: string, cwd: string): string {
  return execFileSync("/bin/sh", ["-ec", script], {
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
    encoding: "utf-8",
    timeout: 30_000,
  });
}

/** A file system that is mounted at `path`, until it is disposed of. */
export class Mounted implements Disposable {
  readonly path: string;
  readonly #folder = mkdtempSync(`${tmpdir()}/coord-mount-`);
  readonly #kind: MountKind;

  /** Throws where it cannot be mounted. */
  constructor(readonly name: MountName) {
    this.#kind = MOUNTS[name];
    this.path = `${this.#folder}/m`;
    mkdirSync(this.path);
    mkdirSync(`${this.#folder}/t`);
    try {
      shell(this.#kind.script, this.#folder);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    if (isMounted(this.path)) shell("umount m || { sleep 1; umount m; }", this.#folder);
    if (isMounted(`${this.#folder}/t`) || this.#kind.after?.startsWith("losetup")) {
      shell(this.#kind.after ?? "", this.#folder);
    }
    // What is still mounted there is not ours to empty.
    rmdirSync(this.path);
    rmSync(this.#folder, { recursive: true });
  }
}

function isMounted(path: string): boolean {
  return readFileSync("/proc/self/mountinfo", "utf-8").includes(` ${path} `);
}

/** Why it cannot be mounted here; `undefined` where it can. */
export function whyNotMounted(name: MountName): string | undefined {
  if (process.getuid?.() !== 0) return "only root can mount";
  const lacking = MOUNTS[name].programs.find((program) => {
    const folders = program.startsWith("/") ? [""] : (process.env["PATH"] ?? "").split(":");
    return !folders.some((folder) => existsSync(`${folder}/${program}`));
  });
  if (lacking !== undefined) return `${lacking} is not installed`;
  try {
    new Mounted(name)[Symbol.dispose]();
    return undefined;
  } catch {
    return `the kernel mounts no ${name} here`;
  }
}
