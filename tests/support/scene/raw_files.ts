/** The files of a workspace as another tool sees them. */
export { lutimesSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
