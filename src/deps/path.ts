/**
 * Paths of the platform at hand, as `@std/path` has them. Every call needs some, so those of POSIX are
 * written here: the package takes a dozen modules for them. What is for Windows is loaded there alone.
 */
// The npm copy of the standard library has no types; these are the ones that this project uses,
// and the JSR package satisfies them too.
interface Path {
  basename(path: string): string;
  dirname(path: string): string;
  join(...parts: string[]): string;
  /** Give the current directory as the first part. */
  resolve(...parts: string[]): string;
}

// Node has no `navigator` before version 21.
const runtime = globalThis as {
  readonly navigator?: { readonly platform: string };
  readonly process?: { readonly platform: string };
};
const isWindows = runtime.navigator?.platform.startsWith("Win") ??
  runtime.process?.platform === "win32";

/** Without the slashes at its end; that of the root stays. */
function trimmed(path: string): string {
  let end = path.length;
  while (end > 1 && path[end - 1] === "/") end--;
  return path.slice(0, end);
}

/** The names in a path once `.`, `..` and empty ones are worked out. */
function names(path: string): string {
  const kept: string[] = [];
  for (const name of path.split("/")) {
    if (name === "" || name === ".") continue;
    if (name !== "..") kept.push(name);
    else if (kept.length > 0 && kept.at(-1) !== "..") kept.pop();
    else if (!path.startsWith("/")) kept.push(name);
  }
  return kept.join("/");
}

/** Paths of POSIX. */
export const posix: Path = {
  basename(path) {
    const whole = trimmed(path);
    return whole.slice(whole.length > 1 ? whole.lastIndexOf("/") + 1 : 0);
  },
  dirname(path) {
    const whole = trimmed(path);
    const end = whole.lastIndexOf("/");
    return end < 0 ? "." : trimmed(whole.slice(0, end + 1));
  },
  join(...parts) {
    const path = parts.filter((part) => part !== "").join("/");
    const found = path.startsWith("/") ? `/${names(path)}` : names(path) || ".";
    return path.endsWith("/") && found !== "/" ? `${found}/` : found;
  },
  resolve(...parts) {
    const first = parts.findLastIndex((part) => part.startsWith("/"));
    const path = parts.slice(Math.max(0, first)).join("/");
    return path.startsWith("/") ? `/${names(path)}` : names(path) || ".";
  },
};

async function windows(): Promise<Path> {
  return Object.assign(
    {},
    ...await Promise.all([
      import("jsr:@std/path@^1.1/windows/basename"),
      import("jsr:@std/path@^1.1/windows/dirname"),
      import("jsr:@std/path@^1.1/windows/join"),
      import("jsr:@std/path@^1.1/windows/resolve"),
    ]),
  );
}

export const { basename, dirname, join, resolve } = isWindows ? await windows() : posix;
