// The npm copy of the standard library has no types; these are the ones that this project uses,
// and the JSR package satisfies them too. Each function is imported by itself and only for the
// platform at hand: all of them together are 55 modules, and to find out the platform by itself the
// package asks for `process`, which makes Deno load its whole emulation of Node.
interface Path {
  basename(path: string, suffix?: string): string;
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

const modules = isWindows
  ? [
    import("jsr:@std/path@^1.1/windows/basename"),
    import("jsr:@std/path@^1.1/windows/dirname"),
    import("jsr:@std/path@^1.1/windows/join"),
    import("jsr:@std/path@^1.1/windows/resolve"),
  ]
  : [
    import("jsr:@std/path@^1.1/posix/basename"),
    import("jsr:@std/path@^1.1/posix/dirname"),
    import("jsr:@std/path@^1.1/posix/join"),
    import("jsr:@std/path@^1.1/posix/resolve"),
  ];
const path: Path = Object.assign({}, ...await Promise.all(modules));

export const { basename, dirname, join, resolve } = path;
