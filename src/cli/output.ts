/** Where answers, warnings and errors go: as text for people, or as JSON lines. */
import { jsonLine } from "../domain/json.ts";
import type { Text } from "../commands/command.ts";
import { type Host, HostError } from "../ports/host.ts";
import { enveloped } from "./envelope.ts";
import { BAD_USAGE, type Failure } from "./exit_codes.ts";
import type { Printer } from "./print.ts";
import type { Folders } from "./table.ts";
import { escapeInvisible, sanitize, sanitizeDeep } from "./sanitize.ts";

/** Characters that are written at once when there are many answers. */
const CHUNK = 65_536;

/** Characters that a pipe takes as a whole, whatever they are: 4,096 bytes by POSIX on Linux. */
const PIPE_WHOLE = 1_024;

/** Warnings on standard error before the rest is only counted. */
const MAX_WARNINGS = 20;

/** Lines about one bad input before the rest is only counted. */
const MAX_PROBLEMS = 20;

/** Milliseconds between two reports of progress. */
const PROGRESS_MS = 100;

/** Values after which a stream counts as a long run. */
const LONG_STREAM = 8;

/** Whether the reader of standard output has gone, which ends a command quietly. */
export function readerGone(thrown: unknown): boolean {
  return thrown instanceof HostError && thrown.reason === "broken_pipe" && thrown.path === "stdout";
}

/** The output of one call. */
export class Output {
  /** How answers look. Settled before the first of them. */
  json: boolean;
  /** The `status` of an answer that has none of its own. */
  status = "ok";
  /** What of an answer is printed, if not all of it. */
  print: Printer | undefined;
  /** Whether the answer, or its first line, went out. */
  delivered = false;
  readonly #host: Host;
  readonly #clock: () => number;
  readonly #started = performance.now();
  #warnings: string[] = [];
  readonly #known = new Set<string>();
  #live = false;
  #progressAt = 0;
  #progressShown = false;
  /** Whether standard output is a terminal, once that was asked: each answer needs it. */
  #isOnTerminal: boolean | undefined;
  /** Shortens a line to a width; loaded by a stream. */
  #cut: ((text: string, width: number | undefined) => string) | undefined;

  constructor(host: Host, clock: () => number, json: boolean) {
    this.#host = host;
    this.#clock = clock;
    this.json = json;
  }

  /** Keeps a warning for the answer, once; a stream passes it on at once. */
  readonly warn = (message: string): void => {
    if (this.#known.has(message)) return;
    this.#known.add(message);
    if (this.#live) this.error(`warning: ${message}`);
    else this.#warnings.push(message);
  };

  /** Shows how far a call is, on the last line of a terminal. */
  readonly progress = (message: string): void => {
    const width = this.width("stderr");
    if (width === undefined) return;
    if (message === "") return this.#clearProgress();
    const now = performance.now();
    if (this.#progressShown && now - this.#progressAt < PROGRESS_MS) return;
    this.#progressAt = now;
    this.#progressShown = true;
    const text = sanitize(message);
    this.#stderr(`\r\x1b[K${this.#cut?.(text, width - 1) ?? text}`);
  };

  /** One line on standard error. */
  error(message: string): void {
    this.#clearProgress();
    this.#stderr(`coord: ${sanitize(message)}\n`);
  }

  /** Writes the one answer of a call. */
  async answer<V extends object>(
    value: V,
    exitCode: number,
    render: (cleaned: V) => Text,
  ): Promise<void> {
    (await this.prepare(value, exitCode, render))();
  }

  /**
   * Makes the one answer of a call: as JSON, or as the text that `render` makes of a cleaned copy.
   *
   * @param isAsked Whether the text is what was asked for, whatever the exit code.
   * @returns What writes it, at once.
   */
  async prepare<V extends object>(
    value: V,
    exitCode: number,
    render: (cleaned: V) => Text,
    isAsked = false,
  ): Promise<() => void> {
    if (this.json) {
      const line = `${this.#envelope(value, exitCode)}\n`;
      return () => this.#deliver(line);
    }
    this.flushWarnings();
    const isReport = exitCode === 0 || isAsked;
    const fields = this.print?.(this.#enveloped(value, exitCode)).map((line) => `${line}\n`).join(
      "",
    );
    const isRefused = exitCode !== 0 && "error" in value;
    if (fields !== undefined && isReport && !isRefused) return () => this.#deliver(fields);
    const write = await this.#prepareText(
      value,
      exitCode,
      render,
      isReport && fields === undefined,
    );
    return () => {
      if (fields) this.#stdout(fields);
      write();
    };
  }

  async #prepareText<V extends object>(
    value: V,
    exitCode: number,
    render: (cleaned: V) => Text,
    isReport: boolean,
  ): Promise<() => void> {
    const cleaned = sanitizeDeep(value);
    const { error } = cleaned as { error?: unknown };
    const refusal = exitCode !== 0 && typeof error === "string" ? error : undefined;
    if (refusal !== undefined && !isReport) return () => this.error(refusal);
    const { layOut } = await import("./table.ts");
    const stream = isReport ? "stdout" : "stderr";
    const width = this.width(stream);
    const text = layOut(render(cleaned), {
      width,
      colour: width !== undefined && !this.#host.env("NO_COLOR") &&
        this.#host.env("TERM") !== "dumb",
      now: this.#clock(),
      folders: width === undefined ? undefined : this.#folders(),
    });
    if (text.trim() === "") return () => {};
    if (!isReport) return () => this.error(text.trimEnd());
    return () => {
      this.#deliver(text);
      if (refusal !== undefined) this.error(refusal);
    };
  }

  /**
   * Writes an answer whose reader may go after its first line, as \`head -1\` does: that counts as
   * delivered. What a pipe takes as a whole or not at all goes out at once.
   */
  #deliver(text: string): void {
    const end = text.length > PIPE_WHOLE ? text.indexOf("\n") + 1 : text.length;
    this.#stdout(text.slice(0, end));
    this.delivered = true;
    if (end < text.length) this.#stdout(text.slice(end));
  }

  /** Many answers of one call, each on a line of its own; warnings go to standard error. */
  answers<V extends object>(values: readonly V[], render: (cleaned: V) => string): void {
    this.flushWarnings();
    let chunk = "";
    for (const value of values) {
      const lines = this.print?.(this.#enveloped(value, 0)) ??
        [this.json ? this.#envelope(value, 0) : render(sanitizeDeep(value))];
      chunk += lines.map((line) => `${line}\n`).join("");
      if (chunk.length < CHUNK) continue;
      this.#stdout(chunk);
      chunk = "";
    }
    if (chunk !== "") this.#stdout(chunk);
  }

  /** One value of a stream after the other, as they come. */
  async stream<V extends object>(
    values: AsyncIterable<V>,
    render: (cleaned: V, width: number | undefined) => string,
    isData = false,
  ): Promise<void> {
    this.flushWarnings();
    const { cut } = await import("./table.ts");
    this.#cut = cut;
    const width = this.width("stdout");
    let given = 0;
    for await (const value of values) {
      if (++given === LONG_STREAM) this.#host.runsLong?.();
      const [line] = this.print?.(value) ?? [
        this.json || isData
          ? this.#forReader(isData ? render(value, undefined) : jsonLine(value))
          : cut(render(sanitizeDeep(value), width), width),
      ];
      this.#stdout(`${line}\n`);
    }
  }

  /** Columns of the terminal on a stream, `$COLUMNS` before its own word; else `undefined`. */
  width(stream: "stdout" | "stderr"): number | undefined {
    if (!this.#host.isTerminal(stream)) return undefined;
    const asked = this.#host.env("COLUMNS") ?? "";
    return /^[1-9]\d{0,4}$/.test(asked) ? Number(asked) : this.#host.columns();
  }

  /** From where a reader sees paths. */
  #folders(): Folders {
    const home = this.#host.env("HOME") || this.#host.env("USERPROFILE") || undefined;
    try {
      return { cwd: this.#host.cwd(), home };
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      return { cwd: undefined, home };
    }
  }

  /** From now on warnings go to standard error at once. */
  live(): void {
    this.#live = true;
    this.flushWarnings();
  }

  /** Text as it is; for help and completions, in which no agent has a say. */
  raw(text: string): void {
    this.#stdout(text);
  }

  /** What went wrong; as JSON too. Bad usage, and what standard output fails to take, is on standard error. */
  failure(failure: Failure): void {
    const { error, status, exitCode, details } = failure;
    const explain = () => linesOf(failure).forEach((line) => this.error(line));
    const isBoth = this.json && exitCode === BAD_USAGE;
    if (isBoth) explain();
    if (this.json) {
      const line = this.#envelope({ error, status, ...details }, exitCode);
      try {
        return this.#stdout(`${line}\n`);
      } catch (thrown) {
        if (isBoth && thrown instanceof HostError) return;
        if (readerGone(thrown) || !(thrown instanceof HostError)) throw thrown;
      }
    }
    this.flushWarnings();
    if (!isBoth) explain();
  }

  /** Prints the warnings so far on standard error; JSON answers carry those that are left. */
  flushWarnings(): void {
    const warnings = this.#warnings;
    this.#warnings = [];
    for (const warning of warnings.slice(0, MAX_WARNINGS)) this.error(`warning: ${warning}`);
    const more = warnings.length - MAX_WARNINGS;
    if (more > 0) this.error(`warning: and ${more} more ${more === 1 ? "warning" : "warnings"}`);
  }

  #envelope(value: object, exitCode: number): string {
    return this.#forReader(jsonLine(this.#enveloped(value, exitCode)));
  }

  #enveloped(value: object, exitCode: number): object {
    return enveloped(value, {
      exitCode,
      durationMs: performance.now() - this.#started,
      now: this.#clock(),
      warnings: this.#warnings,
      status: this.status,
    });
  }

  /** A JSON line, in a form that a terminal shows as it is. */
  #forReader(line: string): string {
    this.#isOnTerminal ??= this.#host.isTerminal("stdout");
    return this.#isOnTerminal ? escapeInvisible(line) : line;
  }

  #stdout(text: string): void {
    this.#clearProgress();
    this.#host.write("stdout", text);
  }

  #stderr(text: string): void {
    try {
      this.#host.write("stderr", text);
    } catch (error) {
      // No process reads it; the answer and the exit code remain.
      if (!(error instanceof HostError)) throw error;
    }
  }

  #clearProgress(): void {
    if (!this.#progressShown) return;
    this.#progressShown = false;
    this.#stderr("\r\x1b[K");
  }
}

/** A line for each problem of a bad input, or the one message. */
function linesOf({ error, details }: Failure): string[] {
  const { problems, more } = details as { problems?: unknown; more?: unknown };
  if (!Array.isArray(problems)) return [error];
  const lines = problems.slice(0, MAX_PROBLEMS).map(({ field, message }) => `${field} ${message}`);
  const left = problems.length - lines.length + (typeof more === "number" ? more : 0);
  return left > 0 ? [...lines, `and ${left} more ${left === 1 ? "problem" : "problems"}`] : lines;
}
