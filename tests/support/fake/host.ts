/** A host for tests: the real machine with arguments, environment and streams of the test's own. */
import { detectHost } from "../../../src/host/detect.ts";
import { type Host, HostError, type ProcessAbove } from "../../../src/ports/host.ts";

/** What a test decides. */
export interface FakeOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly stdin?: string | readonly Uint8Array[] | AsyncIterable<Uint8Array>;
  /** Stands in for the system's shell. */
  readonly shell?: Host["shell"];
  /** Stands in for the program that is started once more; by default it cannot be. */
  readonly again?: Host["outputAgain"];
  /** Which streams are terminals. */
  readonly terminals?: readonly ("stdin" | "stdout" | "stderr")[];
  readonly columns?: number;
  /** The processes above it; by default none that can be seen. */
  readonly above?: readonly ProcessAbove[];
  /** Whether processes run; by default as on the real machine. */
  readonly isAlive?: Host["isAlive"];
  /** Standard output's reader goes after this number of writes. */
  readonly readerGoesAfter?: number;
}

/** The host, and what was written to it. */
export interface FakeHost extends Host {
  readonly out: string;
  readonly err: string;
  /** How many times standard output was written to. */
  readonly writes: number;
  /** With which arguments the program was started once more. */
  readonly beside: readonly (readonly string[])[];
  /** How many listen to signals. */
  readonly listeners: number;
  /** As SIGINT does. */
  interrupt(): void;
}

const real = await detectHost();

/** Waits for the clock's next millisecond: records of one millisecond have no order in time. */
function nextMillisecond(): void {
  const now = Date.now();
  while (Date.now() === now);
}

/** A host as a test wants it. Files are the real ones. What hosts write in turn has an order. */
export function fakeHost(options: FakeOptions = {}): FakeHost {
  nextMillisecond();
  const { stdin = "", readerGoesAfter = Infinity } = options;
  const written = { stdout: "", stderr: "" };
  const bodies = new Set<() => void>();
  const beside: (readonly string[])[] = [];
  let writes = 0;
  return {
    ...real,
    args: options.args ?? [],
    pid: real.pid,
    cwd: () => options.cwd ?? real.cwd(),
    env: (name) => options.env?.[name],
    isTerminal: (stream) => options.terminals?.includes(stream) ?? false,
    processesAbove: () => options.above ?? [],
    isAlive: options.isAlive ?? real.isAlive,
    shell: options.shell ?? real.shell,
    startBeside: async (args) => void beside.push(args),
    outputAgain: options.again ?? (async () => {
      throw new HostError("not_found", "run", "coord");
    }),
    columns: () => options.columns ?? 80,
    write(stream, text) {
      if (stream === "stdout" && writes++ >= readerGoesAfter) {
        throw new HostError("broken_pipe", "write to", stream);
      }
      written[stream] += text;
    },
    async *stdin() {
      if (typeof stdin === "string") yield new TextEncoder().encode(stdin);
      else yield* stdin;
    },
    onStop(body) {
      bodies.add(body);
      return () => bodies.delete(body);
    },
    exit(code) {
      throw new Error(`The process was ended with ${code}`);
    },
    get out() {
      return written.stdout;
    },
    get err() {
      return written.stderr;
    },
    beside,
    get writes() {
      return writes;
    },
    get listeners() {
      return bodies.size;
    },
    interrupt() {
      for (const body of bodies) body();
    },
  };
}

let folders = 0;

/** A new empty folder, and how to remove it. */
export function scratch(): { path: string } & Disposable {
  const base = real.env("TMPDIR") ?? real.env("TEMP") ?? "/tmp";
  const name = `coord-test-${real.pid}-${Date.now().toString(36)}-${folders++}`;
  const path = `${base.replace(/[\\/]$/, "")}/${name}`;
  real.fs.makeDir(path);
  return { path, [Symbol.dispose]: () => removeTree(path) };
}

function removeTree(path: string): void {
  for (const entry of real.fs.list(path) ?? []) {
    const child = `${path}/${entry.name}`;
    if (entry.isDirectory) removeTree(child);
    else real.fs.remove(child);
  }
  real.fs.removeDir(path);
}
