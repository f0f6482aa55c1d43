/** Executables on Bun. */
import { run } from "../support/run.ts";

/**
 * Compiles a bundle for a target. Bun takes the base executable of another machine from its cache or
 * from the npm registry.
 *
 * @param bun The Bun to run.
 * @throws {Error} with what Bun says when it cannot.
 */
export async function compileWithBun(
  bun: string,
  entry: string,
  target: string,
  out: string,
  limit: number,
): Promise<void> {
  const { code, output, seconds } = await run(bun, [
    "build",
    "--compile",
    `--target=${target}`,
    // Start-up: no parsing of text, and chunks that a command does not need stay unread; but each
    // chunk takes time of its own, so that what is small goes with what is read anyway.
    "--minify",
    "--bytecode",
    "--format=esm",
    "--splitting",
    "--min-chunk-size=65536",
    // Most commands end before machine code pays for its own making; the others say so (`src/host/bun.ts`).
    "--compile-jit-policy=20",
    // What lies in the folder where an agent calls coord must not change what coord does.
    "--no-compile-autoload-dotenv",
    "--no-compile-autoload-bunfig",
    // An executable that has options of its own starts in a folder that was removed; others end there.
    "--compile-exec-argv=--no-install",
    "--reject-unresolved",
    `--outfile=${out}`,
    entry,
  ], { limit });
  if (code === 0) return;
  const why = seconds >= limit ? `it was not done after ${limit} s` : output.trim();
  throw new Error(`Cannot compile for ${target}: ${why}`);
}
