/** What came of a command. */
export interface Ran {
  /** Exit code; 128 and more after a signal. */
  readonly code: number;
  readonly output: string;
  readonly seconds: number;
}

/** How to run a command. */
export interface RunOptions {
  /** Variables to set besides those of {@link cleanEnv}. */
  readonly env?: Record<string, string>;
  /** Gets each line of output as it comes. */
  readonly onLine?: (line: string) => void;
  /** Seconds after which the command is killed. */
  readonly limit?: number;
  /** Where it runs; default the current folder. */
  readonly cwd?: string;
  /** Its standard input; default none. */
  readonly input?: string;
}

/** Runs a program to its end, its output and errors taken as one. */
export async function run(
  program: string,
  args: readonly string[],
  { env = {}, onLine, limit, cwd, input }: RunOptions = {},
): Promise<Ran> {
  const start = performance.now();
  const child = new Deno.Command(program, {
    args: [...args],
    ...(cwd !== undefined && { cwd }),
    stdin: input === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
    clearEnv: true,
    env: { ...cleanEnv(), ...env },
  }).spawn();
  const kill = limit === undefined
    ? undefined
    : setTimeout(() => child.kill("SIGKILL"), limit * 1000);
  let output = "";
  const read = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    let rest = "";
    const take = (line: string) => {
      output += `${line}\n`;
      onLine?.(line);
    };
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      lines.forEach(take);
    }
    if (rest !== "") take(rest);
  };
  // A command may end without having read it.
  if (input !== undefined) await new Blob([input]).stream().pipeTo(child.stdin).catch(() => {});
  const outputEnds = Promise.all([read(child.stdout), read(child.stderr)]);
  const { code } = await child.status;
  clearTimeout(kill);
  // A process that the command left behind may hold the pipes open; it is not waited for.
  await Promise.race([outputEnds, new Promise((resolve) => setTimeout(resolve, 2000))]);
  return { code, output, seconds: (performance.now() - start) / 1000 };
}

/** Our environment without what would change how coord or a test report behaves. */
export function cleanEnv(): Record<string, string> {
  const kept = Object.entries(Deno.env.toObject()).filter(([name]) =>
    !/^(COORD_|DISPATCH_|FORCE_COLOR$|CLICOLOR)/.test(name)
  );
  return { ...Object.fromEntries(kept), NO_COLOR: "1" };
}
