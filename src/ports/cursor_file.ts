/** A file that keeps the position of one consumer of the stream. It has one writer at a time. */
export interface CursorFile {
  /** The path, for people. */
  readonly path: string;
  /** All that is in it; `undefined` when there is no such file. */
  read(): string | undefined;
  /** Adds text at the end. */
  append(text: string): void;
  /** Replaces the whole content at once: a reader meets the old or the new one. */
  replace(parts: Iterable<string>): void;
}
