/** The processes of a soak: those that live long, those that come and go, and who disturbs them. */

/** A process of the program, and what it has written. */
export interface Agent {
  readonly name: string;
  readonly pid: number;
  readonly ended: Promise<{ readonly code: number; readonly out: string }>;
  send(signal: Deno.Signal): void;
}

/** Starts processes of one program in one folder, and knows which of them run. */
export class Fleet {
  readonly running = new Set<Agent>();

  constructor(readonly program: readonly string[], readonly dir: string) {}

  /** Starts a command line; `onLine` gets each line of its output. */
  start(
    name: string,
    args: readonly string[],
    { input, onLine }: { readonly input?: string; readonly onLine?: (line: string) => void } = {},
  ): Agent {
    const [command = "", ...first] = this.program;
    const child = new Deno.Command(command, {
      args: [...first, ...args],
      cwd: this.dir,
      stdin: input === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const end = async () => {
      if (input !== undefined) {
        await new Blob([input]).stream().pipeTo(child.stdin).catch(() => {}); // it may be killed
      }
      const out = await linesOf(child.stdout, onLine);
      const { code } = await child.status;
      return { code, out };
    };
    const ended = end();
    const agent: Agent = {
      name,
      pid: child.pid,
      ended,
      send(signal) {
        try {
          child.kill(signal);
        } catch (error) {
          if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
          // It has ended.
        }
      },
    };
    this.running.add(agent);
    const gone = () => void this.running.delete(agent);
    ended.then(gone, gone);
    return agent;
  }

  /** Runs a command line to its end, undisturbed, and returns its answer in JSON. */
  async ask(...args: readonly string[]): Promise<Record<string, unknown>> {
    const { code, out } = await this.start("asking", [...args, "--json"]).ended;
    if (code !== 0) throw new Error(`coord ${args.join(" ")} ended with ${code}: ${out}`);
    return out.trim() === "" ? {} : JSON.parse(out.trim().split("\n").at(-1) ?? "");
  }
}

async function linesOf(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  onLine: ((line: string) => void) | undefined,
): Promise<string> {
  let out = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    out += text;
    if (onLine === undefined) continue;
    const lines = out.split("\n");
    out = lines.pop() ?? "";
    lines.forEach(onLine);
  }
  return out;
}

/** Resident memory in KiB and the number of open files of a process; `undefined` when it has ended. */
export function sizeOf(pid: number): { readonly rss: number; readonly files: number } | undefined {
  try {
    const status = Deno.readTextFileSync(`/proc/${pid}/status`);
    const rss = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? NaN);
    return { rss, files: [...Deno.readDirSync(`/proc/${pid}/fd`)].length };
  } catch {
    return undefined; // it has ended
  }
}

/** The number of files below a folder. */
export function countFiles(path: string): number {
  let count = 0;
  for (const { name, isDirectory } of Deno.readDirSync(path)) {
    count += isDirectory ? countFiles(`${path}/${name}`) : 1;
  }
  return count;
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
