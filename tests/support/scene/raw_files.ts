/** The files of a workspace as another tool sees them. */
export { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
