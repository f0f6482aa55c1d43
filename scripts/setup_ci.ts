/**
 * Installs the Debian packages whose programs some tests run, those that are missing and no others, and
 * releases of PostgreSQL from the npm registry.
 * Prints what it did, and continues where it cannot: no apt-get, no network, not root. In CI the
 * tests of a program that is missing then fail; elsewhere they are skipped.
 *
 * Usage: deno run -A scripts/setup_ci.ts
 */
import { installReleases } from "./support/postgres_releases.ts";
import { type Ran, run } from "./support/run.ts";

/** Each program that tests run, or a file that they need, with the package that brings it. */
export const PACKAGES: Readonly<Record<string, string>> = {
  bash: "bash",
  zsh: "zsh",
  fish: "fish",
  man: "man-db",
  groff: "groff-base",
  mandoc: "mandoc",
  file: "file",
  git: "git",
  jq: "jq",
  promtool: "prometheus",
  script: "bsdutils",
  "/usr/lib/postgresql/*/bin/initdb": "postgresql",
  openssl: "openssl",
  "/usr/sbin/pgbouncer": "pgbouncer",
  faketime: "faketime",
  ip: "iproute2",
  setpriv: "util-linux",
  tmux: "tmux",
  strace: "strace",
  losetup: "mount",
  "mkfs.ext4": "e2fsprogs",
  "mkfs.xfs": "xfsprogs",
  "mkfs.btrfs": "btrfs-progs",
  "mkfs.vfat": "dosfstools",
  "mkfs.exfat": "exfatprogs",
  "mount.exfat-fuse": "exfat-fuse",
  "fuse-overlayfs": "fuse-overlayfs",
  bindfs: "bindfs",
  sshfs: "sshfs",
  "/usr/lib/openssh/sftp-server": "openssh-sftp-server",
  python3: "python3",
  go: "golang-go",
  cargo: "cargo",
  "qemu-aarch64-static": "qemu-user-static",
  "/usr/aarch64-linux-gnu/lib/libc.so.6": "libc6-arm64-cross",
  chromium: "chromium",
  gcc: "gcc",
  "/usr/include/stdio.h": "libc6-dev",
  "/usr/share/cargo/registry/syn-*": "librust-syn-dev",
};

/** Seconds after which a call of apt-get or of npm is killed. */
const LIMIT = 300;

/** What the work is done with. */
export interface Machine {
  /** Whether a program is on the path, or a file is where it says. */
  has(program: string): Promise<boolean>;
  isRoot(): boolean;
  run(program: string, args: readonly string[]): Promise<Pick<Ran, "code" | "output">>;
  print(line: string): void;
}

/**
 * Installs what is missing; never throws, and returns what is still missing then.
 *
 * @param packages Programs with the packages that bring them.
 * @param whose What needs them, as it is printed.
 */
export async function setUp(
  machine: Machine,
  packages = PACKAGES,
  whose = "the tests",
): Promise<readonly string[]> {
  const { print } = machine;
  const missing = await missingPackages(machine, packages);
  if (missing.length === 0) {
    print(`all programs of ${whose} are there`);
    return [];
  }
  if (!await machine.has("apt-get")) {
    print(`Cannot install ${missing.join(", ")}: there is no apt-get`);
    return missing;
  }
  const aptGet = async (...args: readonly string[]) => {
    const [program = "", ...rest] = [...(machine.isRoot() ? [] : ["sudo", "-n"]), ...APT, ...args];
    const { code, output } = await machine.run(program, rest);
    if (code !== 0) print(`apt-get ${args.join(" ")} failed (${code}): ${output.trim()}`);
    return code === 0;
  };
  // Lists that cannot be renewed may still be good enough.
  await aptGet("update");
  const install = ["install", "-y", "--no-install-recommends"];
  if (!await aptGet(...install, ...missing)) {
    // One package that this release does not have must not keep the others away.
    for (const name of missing) await aptGet(...install, name);
  }
  const left = await missingPackages(machine, packages);
  const done = missing.filter((name) => !left.includes(name));
  if (done.length > 0) print(`installed ${done.join(", ")}`);
  if (left.length > 0) print(`Cannot install ${left.join(", ")}: apt-get did not`);
  return left;
}

/** Installs the releases of PostgreSQL that are missing, where Debian's own is. */
async function setUpReleases({ run, print }: Machine): Promise<void> {
  const args = Deno.build.os === "linux" ? installReleases() : undefined;
  if (args === undefined) return;
  const { code, output } = await run("npm", args);
  print(code === 0 ? "installed releases of PostgreSQL" : `npm failed (${code}): ${output.trim()}`);
}

const APT = [
  "env",
  "DEBIAN_FRONTEND=noninteractive",
  "apt-get",
  "-qq",
  "-o=Acquire::Retries=2",
  "-o=Acquire::http::Timeout=30",
  "-o=DPkg::Lock::Timeout=120",
];

async function missingPackages(machine: Machine, packages: typeof PACKAGES): Promise<string[]> {
  const missing: string[] = [];
  for (const [program, name] of Object.entries(packages)) {
    if (!await machine.has(program)) missing.push(name);
  }
  return missing;
}

/** The machine that this runs on. */
export const THIS_MACHINE: Machine = {
  async has(program) {
    const look = program.startsWith("/") ? "ls -d $1" : 'command -v "$1"';
    return (await run("sh", ["-c", look, "sh", program])).code === 0;
  },
  isRoot: () => Deno.uid() === 0,
  async run(program, args) {
    try {
      return await run(program, args, { limit: LIMIT });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      return { code: 127, output: error.message };
    }
  },
  print: (line) => console.log(line),
};

if (import.meta.main) {
  await setUp(THIS_MACHINE);
  await setUpReleases(THIS_MACHINE);
}
