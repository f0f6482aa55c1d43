/** Paths of source files from the project's folder, with `/`; `""` is that folder. */

/** The folder of a path, `""` for the checkout itself. */
export function folderOf(path: string): string {
  const cut = path.lastIndexOf("/");
  return cut < 0 ? "" : path.slice(0, cut);
}

/** The parts of a path as one; empty ones are left out. */
export function joined(...parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join("/");
}

/** A path from a folder; `undefined` when it leads out of the checkout. */
export function resolved(folder: string, steps: readonly string[]): string | undefined {
  const segments = folder === "" ? [] : folder.split("/");
  for (const step of steps) {
    if (step === "" || step === ".") continue;
    if (step !== "..") segments.push(step);
    else if (segments.pop() === undefined) return undefined;
  }
  return segments.join("/");
}

/** Whether this can be the name of a module. */
export function isName(text: string): boolean {
  return /^[\p{L}_][\p{L}\p{N}\p{M}_]*$/u.test(text);
}
