/** Child processes whose standard output is read line by line, with the instant of each line. */

export interface LineChild extends AsyncDisposable {
  readonly pid: number;
  /** The next line and when it came, milliseconds of `performance.now()`. */
  next(): Promise<{ line: string; at: number }>;
  /** Writes to its standard input, which stays open. */
  write(text: string): Promise<void>;
  /** Writes its standard input, and ends it. */
  say(text: string): Promise<void>;
  /** Reads lines until the child has ended. */
  rest(): Promise<string[]>;
}

/** Starts `deno run -A SCRIPT ARGS…`. */
export function startLines(script: string, args: readonly string[]): LineChild {
  return startProgram([Deno.execPath(), "run", "-A", script, ...args]);
}

/** Starts a program with its arguments, with variables besides those of this process. */
export function startProgram(
  [program = "", ...args]: readonly string[],
  env: Readonly<Record<string, string>> = {},
): LineChild {
  const child = new Deno.Command(program, {
    args,
    env,
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const input = child.stdin.getWriter();
  const write = (text: string) => input.write(new TextEncoder().encode(text));
  const ready: { line: string; at: number }[] = [];
  let wake = () => {};
  let over = false;
  const reading = (async () => {
    let rest = "";
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      const at = performance.now();
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) ready.push({ line, at });
      wake();
    }
    over = true;
    wake();
  })();
  return {
    pid: child.pid,
    async next() {
      while (ready.length === 0) {
        if (over) {
          throw new Error(`${program} ${args.join(" ")} ended before the line that was expected`);
        }
        await new Promise<void>((resolve) => wake = resolve);
      }
      return ready.shift() as { line: string; at: number };
    },
    write,
    async say(text) {
      await write(text);
      await input.close();
    },
    async rest() {
      await reading;
      await child.status;
      return ready.splice(0).map(({ line }) => line);
    },
    async [Symbol.asyncDispose]() {
      try {
        child.kill("SIGKILL");
      } catch (error) {
        if (!(error instanceof TypeError)) throw error; // it has ended
      }
      await child.status;
      await reading;
    },
  };
}

/** Has children that have said `ready` start at one instant, which is returned: milliseconds since 1970. */
export async function startTogether(children: readonly LineChild[]): Promise<number> {
  for (const child of children) {
    const { line } = await child.next();
    if (line !== "ready") throw new Error(`a child said ${line}`);
  }
  const startMs = Date.now() + 300;
  await Promise.all(children.map((child) => child.say(`${startMs}`)));
  return startMs;
}

/** In a child: waits for the instant of {@link startTogether}, and returns it. */
export async function startInstant(): Promise<number> {
  Deno.stdout.writeSync(new TextEncoder().encode("ready\n"));
  const startMs = Number(await new Response(Deno.stdin.readable).text());
  const leftMs = startMs - Date.now();
  if (leftMs < 0) throw new Error("the start has passed");
  await pause(leftMs);
  return startMs;
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
