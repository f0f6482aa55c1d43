/** Programs that tests run and that a machine may lack. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";
import { itIf } from "../../deps.ts";
import { isRoot } from "../scene/scratch.ts";

/** Where a program of the path lies. */
export function programPath(name: string): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return folders.map((folder) => join(folder, name)).find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false; // not in this folder
    }
  });
}

/** Whether a program is on the path. */
export function hasProgram(name: string): boolean {
  return programPath(name) !== undefined;
}

/** Whether `deno task setup:ci` has had its way here: what is missing then fails its tests. */
export const MUST_HAVE = process.env["CI"] === "true" && isRoot() && hasProgram("apt-get");

/** `it` for tests that run a program: skipped where it, or what it needs, is missing, save in CI. */
export function itWith(program: string, isThere = hasProgram(program)): ReturnType<typeof itIf> {
  return itIf(MUST_HAVE || isThere, `${program} is not installed`);
}
