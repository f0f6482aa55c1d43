/**
 * The kernel's notification for single records, such as those that a process holds: one watch of their
 * folders for all of them, as long as there is any. What the names of other records do wakes no
 * caller.
 */
import type { DirWatch, Host } from "../../../ports/host.ts";

interface Listener {
  readonly onChange: () => void;
  readonly onError: (error: unknown) => void;
}

export class RecordWatch {
  readonly #listeners = new Map<string, Set<Listener>>();
  #watch: DirWatch | undefined;

  /** @param folders Where the files of a record lie; their names begin with its stem and a dot. */
  constructor(readonly host: Host, readonly folders: readonly string[]) {}

  /** Calls `onChange` when a file of the record changes; throws where no notification can be had. */
  listen(
    stem: string,
    onChange: () => void,
    onError: (error: unknown) => void,
  ): { close(): void } {
    this.#watch ??= this.host.watch(
      this.folders,
      ({ name }) => this.#changed(name),
      (error) => this.#failed(error),
    );
    const listener = { onChange, onError };
    const listeners = this.#listeners.get(stem) ?? new Set();
    this.#listeners.set(stem, listeners.add(listener));
    return { close: () => this.#leave(stem, listener) };
  }

  #leave(stem: string, listener: Listener): void {
    const listeners = this.#listeners.get(stem);
    listeners?.delete(listener);
    if (listeners?.size === 0) this.#listeners.delete(stem);
    if (this.#listeners.size > 0) return;
    this.#watch?.close();
    this.#watch = undefined;
  }

  #changed(name: string | undefined): void {
    if (name !== undefined) return this.#hint(name.slice(0, name.indexOf(".")));
    for (const stem of [...this.#listeners.keys()]) this.#hint(stem);
  }

  #hint(stem: string): void {
    for (const { onChange } of [...this.#listeners.get(stem) ?? []]) onChange();
  }

  #failed(error: unknown): void {
    const listeners = [...this.#listeners.values()].flatMap((each) => [...each]);
    this.#listeners.clear();
    this.#watch = undefined;
    for (const { onError } of listeners) onError(error);
  }
}
