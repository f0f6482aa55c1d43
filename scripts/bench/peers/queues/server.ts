/** Servers of peers: started in the foreground for one round, on a socket in the scratch folder. */
import { pause } from "../../children.ts";
import { run } from "../../../support/run.ts";

const running = new Set<Deno.ChildProcess>();

/** How a server is started. */
export interface ServerOptions {
  readonly env: Readonly<Record<string, string>>;
  /** The path of its socket; it is ready when a connection is accepted there. */
  readonly socket: string;
  /** The signal that ends it at once; default `SIGTERM`. */
  readonly stop?: Deno.Signal;
}

/** Milliseconds that a server may take to answer, or to end. */
const LIMIT = 20_000;

/** Starts a server, and returns when it accepts connections. Its output is kept beside its socket. */
export async function startServer(
  [program = "", ...args]: readonly string[],
  { env, socket, stop = "SIGTERM" }: ServerOptions,
): Promise<AsyncDisposable> {
  const child = new Deno.Command(program, {
    args,
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  running.add(child);
  let output = "";
  const read = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) output += text;
  };
  const reading = Promise.all([read(child.stdout), read(child.stderr)]);
  let ended = false;
  const end = child.status.then(() => ended = true);
  const server = {
    async [Symbol.asyncDispose]() {
      if (!ended) child.kill(stop);
      const late = setTimeout(() => child.kill("SIGKILL"), LIMIT);
      await end;
      clearTimeout(late);
      running.delete(child);
      await reading;
    },
  };
  const from = performance.now();
  while (!await accepts(socket)) {
    if (ended || performance.now() > from + LIMIT) {
      await server[Symbol.asyncDispose]();
      throw new Error(`Cannot start ${program}: ${output.trim()}`);
    }
    await pause(20);
  }
  return server;
}

async function accepts(path: string): Promise<boolean> {
  try {
    (await Deno.connect({ transport: "unix", path })).close();
    return true;
  } catch {
    return false;
  }
}

/** Ends all servers that still run, when the bench is interrupted. */
export function killServers(): void {
  for (const child of running) {
    try {
      child.kill("SIGKILL");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // it has ended
    }
  }
  running.clear();
}

/** Why a program cannot be run; nothing when it can. */
export async function missing(program: string): Promise<string | undefined> {
  const { code } = await run("sh", ["-c", 'command -v "$1"', "sh", program]);
  return code === 0 ? undefined : `${program} is not installed`;
}
