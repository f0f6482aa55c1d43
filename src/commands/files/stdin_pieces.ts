/** Standard input as pieces: lines, titles that end in a zero byte, or all of it as one JSON array. */
import { badInput, CoordError, type InputProblem } from "../../domain/errors.ts";
import { MAX_ARRAY_BYTES, MAX_LINE_BYTES } from "../../domain/limits.ts";
import { type Host, HostError } from "../../ports/host.ts";

type Bytes = AsyncIterable<Uint8Array>;

/** A line or a title; `undefined` is one that is too long to be kept. */
export type Piece = Uint8Array | undefined;

/** What standard input turned out to be. */
type Framed =
  | { readonly kind: "pieces"; readonly pieces: AsyncIterable<Piece> }
  /** Only an array of objects or texts begins like this. */
  | { readonly kind: "array"; readonly text: string };

const [NUL, TAB, NEWLINE, RETURN, SPACE] = [0, 9, 10, 13, 32];
const [QUOTE, OPEN, CLOSE, BRACE] = [0x22, 0x5b, 0x5d, 0x7b];

/** What to do with lines where titles end in zero bytes. */
const LINES_INSTEAD = "leave -0 out for one title a line";

const strict = new TextDecoder("utf-8", { fatal: true });

/** What is wrong with standard input as a whole. */
export function wrongInput(message: string): CoordError {
  const problem: InputProblem = { field: "standard input", code: "bad_args", message };
  return badInput([problem]);
}

/** Standard input, whose failures say what it is. */
export async function* standardInput(host: Host): AsyncGenerator<Uint8Array, void> {
  try {
    yield* host.stdin();
  } catch (error) {
    if (!(error instanceof HostError && error.reason === "is_directory")) throw error;
    throw wrongInput("must be a file or a pipe, and it is a directory");
  }
}

/**
 * Takes standard input apart. An array must be the whole input; one that is none is refused unless it
 * may be text, such as the file names `[` and `[]`.
 *
 * @param isNul Whether pieces end in a zero byte, and not in a newline.
 * @throws {CoordError} `bad_args`, now or from the pieces, when it is framed in another way.
 */
export async function framed(input: Bytes, isNul: boolean): Promise<Framed> {
  const source = input[Symbol.asyncIterator]();
  let head: Uint8Array = new Uint8Array();
  let first: "array" | "text" | undefined;
  let ended = false;
  while (!ended && (first === undefined || head.length < 3)) {
    const { done, value } = await source.next();
    ended = done === true;
    if (value !== undefined) head = joined([head, value]);
    first = isNul ? "text" : beginOf(head) ?? (head.length > MAX_LINE_BYTES ? "text" : undefined);
  }
  const all = rejoined(withoutMark(head), source);
  if (first !== "array") {
    return { kind: "pieces", pieces: isNul ? zeroEnded(all, LINES_INSTEAD) : lines(all) };
  }
  const bytes = await whole(all);
  if (bytes.includes(NUL)) throw zeroByte();
  const text = textOf(bytes);
  if (isArray(text)) return { kind: "array", text };
  if (!/^\s*\[\s*\]/.test(text)) return { kind: "array", text };
  return { kind: "pieces", pieces: lines(rejoined(bytes, undefined)) };
}

/** What the first bytes are, once they say it: after `[` follows what only an array has there. */
function beginOf(head: Uint8Array): "array" | "text" | undefined {
  if (head[0] === 0xef && head.length < 3) return undefined;
  let at = hasMark(head) ? 3 : 0;
  const skip = () => {
    while ([TAB, NEWLINE, RETURN, SPACE].includes(head[at] ?? -1)) at++;
  };
  skip();
  if (at >= head.length) return undefined;
  if (head[at++] !== OPEN) return "text";
  skip();
  if (at >= head.length) return undefined;
  return [QUOTE, CLOSE, BRACE].includes(head[at] ?? -1) ? "array" : "text";
}

function isArray(text: string): boolean {
  try {
    return Array.isArray(JSON.parse(text));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return false;
  }
}

/** Leaves the byte order mark of UTF-8 out, and refuses those of other encodings. */
function withoutMark(head: Uint8Array): Uint8Array {
  const [a, b] = head;
  if (a === 0xff && b === 0xfe || a === 0xfe && b === 0xff) {
    throw wrongInput("must be UTF-8, and its byte order mark is that of UTF-16 or UTF-32");
  }
  return hasMark(head) ? head.subarray(3) : head;
}

function hasMark([a, b, c]: Uint8Array): boolean {
  return a === 0xef && b === 0xbb && c === 0xbf;
}

function zeroByte(): CoordError {
  return wrongInput(
    "holds a zero byte: use -0 for titles that end in one, as from git ls-files -z; other input " +
      "must be UTF-8 text",
  );
}

async function* rejoined(
  head: Uint8Array,
  source: AsyncIterator<Uint8Array> | undefined,
): AsyncGenerator<Uint8Array, void> {
  try {
    if (head.length > 0) yield head;
    for (;;) {
      const next = await source?.next();
      if (next === undefined || next.done === true) return;
      yield next.value;
    }
  } finally {
    await source?.return?.();
  }
}

async function whole(input: Bytes): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of input) {
    length += part.length;
    if (length > MAX_ARRAY_BYTES) {
      throw wrongInput(
        `is a JSON array of more than ${MAX_ARRAY_BYTES} bytes: give one task a line`,
      );
    }
    parts.push(part.slice());
  }
  return joined(parts);
}

function textOf(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw wrongInput("is not UTF-8 text");
  }
}

/** Lines of text. A zero byte anywhere means that the input is none. */
export async function* lines(
  input: Bytes,
  most: number = MAX_LINE_BYTES,
): AsyncGenerator<Piece, void> {
  async function* checked() {
    for await (const chunk of input) {
      if (chunk.includes(NUL)) throw zeroByte();
      yield chunk;
    }
  }
  yield* split(checked(), NEWLINE, most);
}

/**
 * Texts that end in a zero byte; the last one may lack it, unless the input is lines.
 *
 * @param instead What to do with lines, for the error.
 */
export async function* zeroEnded(input: Bytes, instead: string): AsyncGenerator<Piece, void> {
  let [hasNul, hasNewline] = [false, false];
  async function* seen() {
    for await (const chunk of input) {
      hasNul ||= chunk.includes(NUL);
      hasNewline ||= !hasNul && chunk.includes(NEWLINE);
      yield chunk;
    }
  }
  for await (const piece of split(seen(), NUL)) {
    if (!hasNul && hasNewline) {
      throw wrongInput(`holds newlines and no zero byte: ${instead}`);
    }
    yield piece;
  }
}

/** What stands before each `end`, and behind the last. */
export async function* split(
  input: Bytes,
  end: number,
  most: number = MAX_LINE_BYTES,
): AsyncGenerator<Piece, void> {
  let parts: Uint8Array[] = [];
  let length = 0;
  const take = () => {
    const piece = length > most ? undefined : joined(parts);
    parts = [];
    length = 0;
    return piece;
  };
  const add = (part: Uint8Array) => {
    length += part.length;
    if (length > most) parts = [];
    // A copy: the runtime may use the chunk's memory again.
    else parts.push(part.slice());
  };
  for await (const chunk of input) {
    let from = 0;
    for (let at; (at = chunk.indexOf(end, from)) !== -1; from = at + 1) {
      if (length === 0 && at - from <= most) {
        yield chunk.subarray(from, at);
        continue;
      }
      add(chunk.subarray(from, at));
      yield take();
    }
    if (from < chunk.length) add(chunk.subarray(from));
  }
  if (length > 0) yield take();
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
