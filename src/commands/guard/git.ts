/** Git, as the commands around a commit call it. */
import { CoordError } from "../../domain/errors.ts";
import { type Host, HostError } from "../../ports/host.ts";

const decoder = new TextDecoder();

/**
 * What git prints in the current folder.
 *
 * @throws {CoordError} `io_error` where it fails, or is not there.
 */
export async function gitOutput(
  host: Pick<Host, "output" | "cwd">,
  purpose: string,
  args: readonly string[],
): Promise<string> {
  try {
    const { code, stdout, stderr } = await host.output(gitWords(host, args), { LC_ALL: "C" });
    if (code === 0) return decoder.decode(stdout);
    const [first = ""] = decoder.decode(stderr).split("\n", 1);
    // How far it has looked for a repository depends on what is mounted where.
    const said = first.replace(/^(fatal|error): /, "").replace(/ \(or any .*$/, "");
    const why = said || `git ended with ${code}`;
    throw new CoordError("io_error", `Cannot ${purpose}: ${why}`);
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    throw new CoordError("io_error", `Cannot ${purpose}: ${error.message}`);
  }
}

/** Git in the current folder. */
export function gitWords(
  { cwd }: Pick<Host, "cwd">,
  args: readonly string[],
): readonly [string, ...string[]] {
  return ["git", "-C", cwd(), ...args];
}

/** A path for git, letter for letter. An option for all paths would hold for git's own hooks too. */
export function literal(path: string): string {
  return `:(literal)${path}`;
}
