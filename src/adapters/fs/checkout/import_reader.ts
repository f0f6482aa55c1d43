/** The imports in texts, for one operation: a text that several checkouts have is read once. */
import type { Import, Language } from "../../../domain/forecast/imports.ts";
import { PARSE_MS } from "../../../domain/limits.ts";
import { importsIn } from "./syntax/imports.ts";

export class ImportReader {
  readonly #known = new Map<string, readonly Import[] | undefined>();
  #leftMs: number;

  constructor(readonly ms: { readonly file: number; readonly all: number } = PARSE_MS) {
    this.#leftMs = ms.all;
  }

  /** Whether the time for all texts has passed. */
  get isOutOfTime(): boolean {
    return this.#leftMs < 0;
  }

  /** What a text imports; `undefined` when that takes too long to find out. */
  async read(language: Language, text: string): Promise<readonly Import[] | undefined> {
    const key = `${language} ${text}`;
    if (this.#known.has(key)) return this.#known.get(key);
    const start = performance.now();
    const imports = await importsIn(language, text, Math.min(this.ms.file, this.#leftMs));
    this.#leftMs -= performance.now() - start;
    this.#known.set(key, imports);
    return imports;
  }

  /** Counts the time of getting a text, too. */
  timed<T>(body: () => T): T {
    const start = performance.now();
    try {
      return body();
    } finally {
      this.#leftMs -= performance.now() - start;
    }
  }
}
