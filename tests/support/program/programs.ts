/** Programs that tests run and that a machine may lack. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";
import { itIf } from "../../deps.ts";
import { isRoot } from "../scene/scratch.ts";

/** Whether a program is on the path. */
export function hasProgram(name: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false; // not in this folder
    }
  });
}

/** Whether `deno task setup:ci` has had its way here: what is missing then fails its tests. */
const MUST_HAVE = process.env["CI"] === "true" && isRoot() && hasProgram("apt-get");

/** `it` for tests that run a program: skipped where it, or what it needs, is missing, save in CI. */
export function itWith(program: string, isThere = hasProgram(program)): ReturnType<typeof itIf> {
  return itIf(MUST_HAVE || isThere, `${program} is not installed`);
}
