/** `coord` as a program, in a scratch workspace. */

const ROOT = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");

/** A program that runs. */
export interface Running {
  readonly child: Deno.ChildProcess;
  readonly done: Promise<Deno.CommandStatus>;
}

/** The program, for one workspace. */
export class Program {
  readonly #env: Record<string, string>;

  /** Makes `coord` a program on the path of all that it starts. */
  constructor(readonly workspace: string, bin: string, env: Record<string, string>) {
    const run = `exec '${Deno.execPath()}' run -q -A '${ROOT}/cli.ts' "$@"`;
    Deno.writeTextFileSync(`${bin}/coord`, `#!/bin/sh\n${run}\n`, { mode: 0o755 });
    this.#env = { ...env, PATH: `${bin}:${Deno.env.get("PATH")}`, COORD_DIR: workspace };
  }

  /** Runs one command to its end; resolves to the lines that it printed. */
  async call(args: readonly string[], input = ""): Promise<string[]> {
    const child = this.#start(args, { stdin: "piped", stderr: "inherit" });
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(input));
    await writer.close();
    const { code, stdout } = await child.output();
    if (code !== 0) throw new Error(`coord ${args.join(" ")} ended with ${code}`);
    return new TextDecoder().decode(stdout).trimEnd().split("\n");
  }

  /** Starts a command that prints a JSON line for each thing that happens. */
  stream<T>(
    args: readonly string[],
    onLine: (line: T) => void,
    stderr: "inherit" | "null" = "inherit",
  ): Running {
    const child = this.#start([...args], { stdin: "null", stderr });
    const read = async () => {
      let rest = "";
      for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) onLine(JSON.parse(line));
      }
    };
    return { child, done: Promise.all([read(), child.status]).then(([, status]) => status) };
  }

  #start(args: readonly string[], streams: Pick<Deno.CommandOptions, "stdin" | "stderr">) {
    const options = { cwd: ROOT, env: this.#env, stdout: "piped", ...streams } as const;
    return new Deno.Command("coord", { args: [...args], ...options }).spawn();
  }
}

/** Sends a signal to a program, if it still runs. */
export function signal({ child }: Running, name: Deno.Signal): void {
  try {
    child.kill(name);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // it has ended by itself
  }
}
