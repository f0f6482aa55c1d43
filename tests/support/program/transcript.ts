/**
 * Transcripts: command lines with what they print, as `tests/transcripts/*.txt` keeps them.
 *
 *     # a comment
 *     % env COORD_RUN_ID=a           sets a variable for the commands that follow; empty removes it
 *     % clock 3601                   the clock advances by this number of seconds
 *     % file path "content"          appends to a file in the scratch folder, [DIR]; its folders are made
 *     % old path                     makes it ten minutes old, by the clock of files
 *     % folder path                  makes a folder in it
 *     % link path target             makes a symbolic link in it
 *     % cd path                      goes to another folder in it
 *     $ coord claim --run-id a       runs main(); quotes as in a shell, "…" with JSON's escapes
 *     < a line of standard input
 *     a line of standard output, after "1| " where it begins like one of these
 *     2| a line of standard error
 *     [exit 1]                       the code, when it is not 0
 *
 * The clock goes on by one second before each command. Ids are `[ID1]`, `[ID2]` … in the order in
 * which they appear, `[ID1:12]` being their first 12 digits; in commands these stand for the real
 * ones. Other values that differ are `[NONCE]`, `[RANDOM]`, `[HASH]`, `[PID]`, `[S]`, `[BYTES]`,
 * `[MS]`, `[DIR]`, `[VERSION]`, `[RUNTIME]`, `[COUNT]`, and `[FOUND]` for what depends on the machine.
 */
import { utimesSync } from "node:fs";
import { makeSymlink } from "../scene/scratch.ts";
import { main } from "../../../src/cli/main.ts";
import { VERSION } from "../../../src/domain/version.ts";
import type { CommandOutput } from "../../../src/ports/host.ts";
import { type FakeHost, fakeHost, scratch } from "../fake/host.ts";

const START = Date.parse("2026-11-21T09:00:00.000Z");

/** Seconds that a command may take: far above real use on a machine that others use as well. */
const LIMIT_S = 60;

/** One command line. */
export interface Call {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The line in the transcript, for messages. */
  readonly command: string;
}

/** What a command printed, and the process that ran it. */
export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly pid: number;
}

/** Runs a transcript, by default in this process, and returns it as it ought to be. */
export async function replay(
  script: string,
  run: (call: Call) => Promise<Outcome> = inProcess,
): Promise<string> {
  using folder = scratch();
  const session = new Session(folder.path, run);
  const blocks: string[] = [];
  let block: string[] = [];
  const runBlock = async () => {
    if (block.length > 0) blocks.push(await session.run(block));
    block = [];
  };
  for (const line of script.replace(/\n+$/, "").split("\n")) {
    const begins = line.startsWith("$ ");
    const apart = line.startsWith("# ") || line.startsWith("% ");
    if (begins || apart) await runBlock();
    if (begins || (block.length > 0 && !apart)) block.push(line);
    else {
      if (line.startsWith("% ")) session.direct(line.slice(2));
      blocks.push(line);
    }
  }
  await runBlock();
  return blocks.join("\n") + "\n";
}

class Session {
  readonly #root: string;
  #cwd: string;
  #now = START;
  readonly #env: Record<string, string> = {};
  readonly #ids: string[] = [];

  readonly #run: (call: Call) => Promise<Outcome>;

  constructor(root: string, run: (call: Call) => Promise<Outcome>) {
    this.#root = root;
    this.#cwd = root;
    this.#run = run;
  }

  direct(line: string): void {
    const [verb, ...rest] = shellWords(line.replaceAll("[DIR]", this.#root));
    const [first = "", second = ""] = rest;
    const path = `${this.#root}/${first}`;
    const { fs } = fakeHost();
    if (verb === "clock") this.#now += Number(first) * 1000;
    else if (verb === "cd") this.#cwd = path;
    else if (verb === "folder") fs.makeDir(path);
    else if (verb === "link") makeSymlink(second, path);
    else if (verb === "file") {
      fs.makeDir(path.slice(0, path.lastIndexOf("/")));
      fs.append(path, new TextEncoder().encode(second));
      // In the workspace real stamps and real clocks meet.
      if (!first.includes(".coord/")) utimesSync(path, this.#now / 1000, this.#now / 1000);
    } else if (verb === "old") {
      const at = Date.now() / 1000 - 600;
      utimesSync(path, at, at);
    } else if (verb === "env") {
      const [name = "", value = ""] = first.split(/=(.*)/s);
      if (value === "") delete this.#env[name];
      else this.#env[name] = value;
    } else throw new Error(`Unknown directive: ${line}`);
  }

  /** Runs a command, whose lines these are, and returns the lines that it ought to have. */
  async run(block: readonly string[]): Promise<string> {
    const [command = "", ...rest] = block;
    const input = rest.filter((line) => line.startsWith("< ") || line === "<");
    const real = command.replace(
      /\[ID(\d+)(?::(\d+))?\]/g,
      (_, at: string, digits: string | undefined) => {
        const id = this.#ids[Number(at) - 1] ?? "";
        return digits === undefined ? id : id.slice(7, 7 + Number(digits));
      },
    ).replaceAll("[DIR]", this.#root);
    this.#now += 1000;
    const { code, out, err, pid } = await this.#run({
      args: shellWords(real.slice(2)),
      cwd: this.#cwd,
      env: this.#env,
      stdin: input.map((line) => `${line.slice(2)}\n`).join(""),
      now: this.#now,
      command,
    });
    let blank = 0;
    while (rest.at(-1 - blank) === "") blank++;
    return [
      command,
      ...input,
      ...this.#lines(out, "", pid),
      ...this.#lines(err, "2| ", pid),
      ...(code === 0 ? [] : [`[exit ${code}]`]),
      ...Array<string>(blank).fill(""),
    ].join("\n");
  }

  #lines(text: string, prefix: string, pid: number): string[] {
    if (text === "") return [];
    const whole = text.endsWith("\n") ? text.slice(0, -1) : `${text}[no newline]`;
    // What would be read as a comment or a command.
    const before = (line: string) => prefix === "" && /^[#$%<]/.test(line) ? "1| " : prefix;
    return whole.split("\n").map((line) => before(line) + this.#masked(line, pid));
  }

  #masked(line: string, pid: number): string {
    let text = line.replace(/sha256:[0-9a-f]{64}/g, (id) => {
      if (!this.#ids.includes(id)) this.#ids.push(id);
      return `[ID${this.#ids.indexOf(id) + 1}]`;
    });
    this.#ids.forEach((id, at) => {
      text = text.replaceAll(
        new RegExp(`\\b${id.slice(7, 13)}[0-9a-f]*`, "g"),
        (digits) => id.slice(7).startsWith(digits) ? `[ID${at + 1}:${digits.length}]` : digits,
      );
    });
    return text.replace(/nonce":"[0-9a-f]{32}"/g, `nonce":"[NONCE]"`)
      .replace(/(\bfsck-)\d{8}T\d{6}Z-[0-9a-f]{8}\b/g, "$1[RANDOM]")
      .replace(/(\dZ)-[0-9a-f]{8}\b/g, "$1-[RANDOM]")
      .replace(/(coord-hook-)[0-9a-f]{8}\b/g, "$1[RANDOM]")
      .replace(/(to the journal for) \d+ s\b/g, "$1 [S] s")
      .replace(/"seconds":[0-9.]+/g, `"seconds":[S]`)
      .replace(/^(\w+ +\S+) +\d+\.\ds /, "$1 [S]s ")
      .replace(/\b(bytes_reclaimed(?:":| +)|offset":)[1-9]\d*/g, "$1[BYTES]")
      .replace(/(coord_journal_size_bytes(?: |"[^\]]*"value":))[1-9]\d*/g, "$1[BYTES]")
      .replace(/\b(spawned|halted):[0-9a-f]+/g, "$1:[HASH]")
      .replaceAll(`"pid":${pid}`, `"pid":[PID]`)
      .replace(/"duration_ms":[0-9.]+/g, `"duration_ms":[MS]`)
      .replace(/"waited_seconds":[0-9.]+/g, `"waited_seconds":[S]`)
      .replace(/^((?:file_system|space|size) +)\S.*/, "$1[FOUND]")
      .replace(/"file_system":\{[^}]*\},"size":\{[^}]*\}/, `"file_system":[FOUND],"size":[FOUND]`)
      .replace(/^(sync|clock|notification|durable_names)( +\w+) +\S.*/, "$1$2  [FOUND]")
      .replace(
        /("promise":"(?:sync|clock|notification|durable_names)".*?"found":)"[^"]*"/g,
        "$1[FOUND]",
      )
      .replace(
        /\b\d+ (reads|names|lines|lists), (\d processes|this process alone)/g,
        "[COUNT] $1, $2",
      )
      .replaceAll(this.#root, "[DIR]")
      .replaceAll(`"${VERSION}"`, `"[VERSION]"`)
      .replaceAll(`coord ${VERSION}`, "coord [VERSION]")
      .replace(/\b(deno|bun|node) \d+\.\d+\.\d+\S*?(?=[")])/g, "[RUNTIME]");
  }
}

/** Runs the command line in this process. */
async function inProcess({ now, command, ...options }: Call): Promise<Outcome> {
  const host = fakeHost({ ...options, again: (args) => again({ ...options, args, now, command }) });
  // On a busy machine the kernel's word may come too late for what waits a second for it.
  if (options.args[0] === "doctor") {
    host.watch = ([dir = ""], onHint) => {
      const timer = setTimeout(() => onHint({ dir, name: undefined }), 1);
      return { close: () => clearTimeout(timer) };
    };
  }
  const code = await bounded(host, main(host, () => now), command);
  return { code, out: host.out, err: host.err, pid: host.pid };
}

/** The program once more, in this process as well. */
async function again(call: Call): Promise<CommandOutput> {
  const { code, out, err } = await inProcess(call);
  const encoder = new TextEncoder();
  return { code, stdout: encoder.encode(out), stderr: encoder.encode(err) };
}

/** The exit code of a command, or a failure that names it when it does not end. */
async function bounded(host: FakeHost, running: Promise<number>, command: string) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      host.interrupt();
      reject(new Error(`No end after ${LIMIT_S} s: ${command}`));
    }, LIMIT_S * 1000);
  });
  try {
    return await Promise.race([running, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Words of a command line, the first one `coord` left out. */
function shellWords(line: string): string[] {
  const words: string[] = [];
  for (const [word] of line.matchAll(/(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\s"'])+/g)) {
    words.push(
      word.replace(
        /"(?:[^"\\]|\\.)*"|'[^']*'/g,
        (part) => part.startsWith("'") ? part.slice(1, -1) : String(JSON.parse(part)),
      ),
    );
  }
  return words[0] === "coord" ? words.slice(1) : words;
}
