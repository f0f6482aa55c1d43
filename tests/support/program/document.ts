/**
 * Documents whose command lines are run. In one document all blocks share one shell and one folder:
 *
 * - A block of `console` has command lines after `$ ` (continued after `> `) and, below each, what
 *   it prints, errors among it. The output must be the real one.
 * - A block of `sh` is run as it stands and must end with 0.
 * - `<!-- run: COMMANDS -->` runs commands that the reader does not see.
 * - `<!-- not run: REASON -->` leaves out the block that follows.
 *
 * Ids, instants and other values that differ from run to run count as equal when they stand in the
 * same places. An id may be cut: `sha256:0123456789ab…`. A cut id in a command stands for the real
 * one. `$COORD_REPOSITORY` is the folder of the repository.
 */
import { Shell } from "./shell.ts";

/** A document after its command lines were run. */
export interface Replayed {
  /** The document with the real output in place of what was there. */
  readonly text: string;
  /** Where the real output is not what the document says. */
  readonly differences: readonly string[];
}

const BLOCK = /^(?:<!-- (run|not run): ([^]*?) -->|( *)```(console|sh)\n([^]*?)\n *```)$/gm;

/**
 * Runs the command lines of a document.
 *
 * @param coord The program and its first arguments.
 */
export async function replayDocument(
  text: string,
  coord: readonly string[],
  folder: string,
): Promise<Replayed> {
  await using shell = new Shell(coord, folder);
  const session = new Session(shell, folder);
  let done = "";
  let at = 0;
  let skip = false;
  for (const match of text.matchAll(BLOCK)) {
    const [all, directive, words = "", indent = "", kind, body = ""] = match;
    done += text.slice(at, match.index);
    at = match.index + all.length;
    if (directive === "not run") skip = true;
    else if (directive === "run") await session.mustRun(words);
    else if (skip) skip = false;
    else {
      const lines = body.split("\n").map((line) => line.slice(indent.length));
      if (kind === "sh") await session.mustRun(lines.join("\n"));
      else {
        const real = (await session.console(lines)).map((line) => `${indent}${line}`.trimEnd());
        done += `${indent}\`\`\`console\n${real.join("\n")}\n${indent}\`\`\``;
        continue;
      }
    }
    done += all;
  }
  return { text: done + text.slice(at), differences: session.differences };
}

class Session {
  readonly differences: string[] = [];
  readonly #shell: Shell;
  readonly #folder: string;
  /** Ids by their order, as the document has them (perhaps cut) and as they really are. */
  readonly #written: string[] = [];
  readonly #real: string[] = [];

  constructor(shell: Shell, folder: string) {
    this.#shell = shell;
    this.#folder = folder;
  }

  /** Runs commands whose output is not compared. */
  async mustRun(commands: string): Promise<void> {
    const { code, output } = await this.#shell.run(this.#withRealIds(commands));
    if (code !== 0) this.differences.push(`exit ${code} of: ${commands}\n${output}`);
  }

  /** Runs a block's command lines, and returns the block with the real output. */
  async console(lines: readonly string[]): Promise<string[]> {
    const real: string[] = [];
    for (let at = 0; at < lines.length;) {
      const command: string[] = [];
      while (at < lines.length && /^[$>] /.test(lines[at] ?? "")) {
        if (command.length > 0 && lines[at]?.startsWith("$ ")) break;
        command.push(lines[at++] ?? "");
      }
      const said: string[] = [];
      while (at < lines.length && !lines[at]?.startsWith("$ ")) said.push(lines[at++] ?? "");
      const text = command.map((line) => line.slice(2)).join("\n");
      const shown = command.map((line) => this.#withRealIds(line));
      const { output } = await this.#shell.run(this.#withRealIds(text));
      const printed = output.replaceAll(this.#folder, "/tmp/project").trimEnd();
      const got = printed === "" ? [] : printed.split("\n").map((line) => line.trimEnd());
      const want = said.join("\n").trimEnd();
      const [a, b] = [masked(want, this.#written), masked(got.join("\n"), this.#real)];
      if (a !== b) this.differences.push(`$ ${text}\n--- says\n${a}\n--- prints\n${b}`);
      real.push(
        ...shown,
        ...got.map(cutIds),
        ...(at < lines.length && gapAfter(said) ? [""] : []),
      );
    }
    return real;
  }

  /** A command line with the ids of this run in place of those of the document. */
  #withRealIds(text: string): string {
    return text.replace(/\b(sha256:)?([0-9a-f]{6,64})\b…?/g, (all, prefix = "", digits: string) => {
      const index = this.#written.findIndex((id) => id.startsWith(digits.slice(0, 12)));
      const real = this.#real[index];
      return real === undefined ? all : prefix + real.slice(0, digits.length);
    });
  }
}

/** Whether a block leaves a line free after what a command prints. */
function gapAfter(said: readonly string[]): boolean {
  return said.at(-1) === "";
}

/** Ids as documents show them. */
function cutIds(line: string): string {
  return line.replace(/(sha256:[0-9a-f]{12})[0-9a-f]{52}/g, "$1…");
}

/**
 * A text with everything that differs from run to run replaced; ids by their order of appearance.
 */
function masked(text: string, ids: string[]): string {
  const idOf = (digits: string) => {
    const known = ids.findIndex((id) => id.startsWith(digits.slice(0, 12)));
    return known < 0 ? ids.push(digits) - 1 : known;
  };
  return text
    .replace(/sha256:([0-9a-f]{12,64})…?/g, (_, digits) => `[ID${idOf(digits) + 1}]`)
    .replace(/"(\w*nonce)":"[0-9a-f]{32}"/g, '"$1":"[NONCE]"')
    .replace(/\b[0-9a-f]{12}\b/g, (digits) => `[ID${idOf(digits) + 1}]`)
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z(-[0-9a-f]{8})?/g, "[TIME]")
    .replace(/"(pid|duration_ms)":[\d.]+/g, '"$1":[N]')
    .replace(/\b\d+ (s|ms|min)\b/g, "[N] $1")
    .replace(/\b(deno|bun|node) \d+\.\d+\.\d+/g, "[RUNTIME]")
    .replace(/ {2,}/g, "  "); // columns are as wide as what is in them
}
