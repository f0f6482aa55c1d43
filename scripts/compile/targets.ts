/** The machines that coord is compiled for. */

export type Runtime = "deno" | "bun";

/** A kind of machine. */
export interface Target {
  readonly name: string;
  /** What `deno compile --target` calls it; `undefined` where there is no Deno. */
  readonly deno: string | undefined;
  /** What `bun build --target` calls it. */
  readonly bun: string;
  /** How the file's name ends. */
  readonly suffix: string;
}

export const TARGETS: readonly Target[] = [
  target("linux-x64", "x86_64-unknown-linux-gnu", "bun-linux-x64"),
  target("linux-arm64", "aarch64-unknown-linux-gnu", "bun-linux-arm64"),
  target("linux-x64-musl", undefined, "bun-linux-x64-musl"),
  target("linux-arm64-musl", undefined, "bun-linux-arm64-musl"),
  target("macos-x64", "x86_64-apple-darwin", "bun-darwin-x64"),
  target("macos-arm64", "aarch64-apple-darwin", "bun-darwin-arm64"),
  target("windows-x64", "x86_64-pc-windows-msvc", "bun-windows-x64", ".exe"),
];

function target(name: string, deno: string | undefined, bun: string, suffix = ""): Target {
  return { name, deno, bun, suffix };
}

/** The file's name in `dist/`. */
export function fileName({ name, suffix }: Target): string {
  return `coord-${name}${suffix}`;
}

/** The target of the machine that Deno calls so, if it is one of ours. */
export function targetOf(denoTriple: string): Target | undefined {
  return TARGETS.find(({ deno }) => deno === denoTriple);
}
