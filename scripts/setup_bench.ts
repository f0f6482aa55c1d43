/**
 * Installs what `deno task bench:peers` measures beside coord: Debian packages that are missing, and
 * npm packages of the versions that are locked. Prints what it did, and continues where it cannot; the
 * bench lists a peer that is not there. Debian may start servers that it installs; the bench uses none of
 * them, but its own on sockets of its own.
 *
 * Usage: deno task setup:bench
 */
import { installPackages } from "./bench/peers/clients/packages.ts";
import { setUp, THIS_MACHINE } from "./setup_ci.ts";

/** Each program, or a file that is needed, with the Debian package that brings it. */
const PACKAGES: Readonly<Record<string, string>> = {
  gcc: "gcc",
  "/usr/include/string.h": "libc6-dev",
  python3: "python3",
  setpriv: "util-linux",
  time: "time",
  "sqlite3": "sqlite3",
  "redis-server": "redis-server",
  "/usr/lib/postgresql/*/bin/initdb": "postgresql",
  beanstalkd: "beanstalkd",
  nq: "nq",
  tsp: "task-spooler",
};

await setUp(THIS_MACHINE, PACKAGES, "the bench");
const { code, output } = await installPackages();
console.log(code === 0 ? "the npm packages of the bench are there" : output.trim());
