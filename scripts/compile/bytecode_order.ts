/** Which functions start-up needs, so that Bun lays their bytecode side by side. */
import { run } from "../support/run.ts";

/** The commands that agents call most, those first whose start matters most. */
const COMMANDS = [
  "init --here", // also in a worktree, whose workspace is another one
  "claim --run-id a",
  "check src/a.ts --run-id a",
  "enqueue work --run-id a",
  "complete 0 --run-id a",
  "reserve src/a.ts --exclusive --run-id a",
  "lane acquire lib/** --lane lib --owner a",
  "list",
];

/** Seconds for one of them. */
const LIMIT = 30;

/**
 * Runs an executable of this machine in a new folder, and has it note what it used, once a command.
 *
 * @returns The files with the notes; none where it makes none.
 */
export async function bytecodeOrder(program: string, folder: string): Promise<string[]> {
  folder = await Deno.realPath(folder); // commands run elsewhere
  const cwd = `${folder}/project`;
  await Deno.mkdir(cwd);
  const notes: string[] = [];
  for (const [i, command] of COMMANDS.entries()) {
    const note = `${folder}/${i}.order`;
    const env = { BUN_BYTECODE_ORDER_OUT: note };
    // Also a command that fails has loaded what it needs.
    await run(await Deno.realPath(program), command.split(" "), { cwd, env, limit: LIMIT });
    if (await isFile(note)) notes.push(note);
  }
  return notes;
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
