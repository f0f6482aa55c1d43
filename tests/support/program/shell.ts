/** One shell that runs one command after the other, as a terminal does. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { resolve } from "node:path";
import process from "node:process";

const ROOT = resolve(import.meta.dirname ?? ".", "../../..");

/** Milliseconds after which a command that hangs fails the test. */
const LIMIT_MS = 60_000;

/** What a command printed, on both streams in order. */
export interface ShellOutput {
  readonly code: number;
  readonly output: string;
}

/** A bash in which `coord` runs a given program, and `$COORD_REPOSITORY` is where this file is from. */
export class Shell implements AsyncDisposable {
  readonly #child: ChildProcessWithoutNullStreams;
  #text = "";
  #arrived = () => {};
  #count = 0;

  constructor(coord: readonly string[], folder: string) {
    this.#child = spawn("bash", ["--noprofile", "--norc"], {
      cwd: folder,
      detached: true,
      env: {
        PATH: process.env["PATH"],
        HOME: process.env["HOME"],
        LANG: "C.UTF-8",
        COORD_REPOSITORY: ROOT,
      },
    });
    this.#child.stdout.on("data", (part) => {
      this.#text += part;
      this.#arrived();
    });
    const quoted = coord.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
    this.#child.stdin.write(`exec 2>&1\ncoord() { ${quoted} "$@"; }\nexport -f coord\n`);
  }

  /** Runs commands, and waits for their end. */
  async run(commands: string): Promise<ShellOutput> {
    const mark = `--end-${++this.#count}-${crypto.randomUUID()}`;
    // From a file descriptor of its own: a command that reads standard input must not read on here.
    this.#child.stdin.write(`{ ${commands}\n} < /dev/null; printf '%s %d\\n' '${mark}' "$?"\n`);
    const end = new RegExp(`${mark} (\\d+)\\n`);
    const late = Date.now() + LIMIT_MS;
    for (;;) {
      const found = end.exec(this.#text);
      if (found !== null) {
        const output = this.#text.slice(0, found.index);
        this.#text = this.#text.slice(found.index + found[0].length);
        return { code: Number(found[1]), output };
      }
      if (Date.now() > late) throw new Error(`No end after ${LIMIT_MS} ms: ${commands}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 1000);
        this.#arrived = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.#child.on("exit", resolve));
    const pid = this.#child.pid;
    // Its group: a command that hangs goes with it.
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
    await ended;
  }
}
