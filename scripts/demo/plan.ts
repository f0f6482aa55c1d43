/** The tasks of the demonstration. */
import { listFiles } from "../support/sources.ts";

/** Folders of this checkout whose files are measured; each has no more than a task may wait for. */
export const FOLDERS = ["src/cli", "src/commands", "src/engine"] as const;

/** A task as a line of `enqueue --stdin`. */
export interface Line {
  readonly title: string;
  readonly tags?: readonly string[];
  readonly payload?: { readonly adds: string };
  readonly after?: readonly string[];
}

/** The files of a folder, by their paths from the top. */
export function filesIn(folder: string): string[] {
  return listFiles(folder).map((path) => `${folder}/${path}`);
}

/** One task a file. */
export function measures(folder: string): Line[] {
  return filesIn(folder).map((path) => ({ title: `Measure ${path}`, tags: [folder] }));
}

/** The sum over a folder, after its files. */
export function sum(folder: string, after: readonly string[]): Line {
  return { title: `Add up ${folder}`, tags: ["sum"], payload: { adds: folder }, after };
}

/** The last task, after the sums. */
export function report(after: readonly string[]): Line {
  return { title: "Write the report", payload: { adds: "sum" }, after };
}
