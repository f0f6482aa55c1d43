const SOURCE = /\.[cm]?[jt]sx?$/;
const PASSED_OVER = new Set(["node_modules", "dist"]);

/** The text of each source file under `root`, by its path from there with forward slashes. */
export function readSources(root: string): Map<string, string> {
  const files = new Map<string, string>();
  for (const path of listFiles(root)) {
    if (SOURCE.test(path)) files.set(path, Deno.readTextFileSync(`${root}/${path}`));
  }
  return files;
}

/** The files under `root` in order, without hidden ones and what installs and builds leave. */
export function listFiles(root: string): string[] {
  const found: string[] = [];
  const walk = (folder: string) => {
    for (const { name, isDirectory, isFile } of Deno.readDirSync(`${root}/${folder}`)) {
      if (name.startsWith(".") || PASSED_OVER.has(name)) continue;
      if (isDirectory) walk(`${folder}${name}/`);
      else if (isFile) found.push(folder + name);
    }
  };
  walk("");
  return found.sort();
}
