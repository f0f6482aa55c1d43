/** Removing on a full disk: some of it needs room to write first, and comes last. */
import { HostError } from "../../../ports/host.ts";

/** What there was no room for in one pass. */
export class Room {
  #lack: HostError | undefined;
  #isTight = false;

  /** Whether there was no room for something, now or in an earlier pass of this sweep. */
  get isTight(): boolean {
    return this.#isTight;
  }

  /** Begins a sweep. */
  begin(): void {
    this.#lack = undefined;
    this.#isTight = false;
  }

  /** Runs `body`; `undefined` when the disk has no room for what it writes. */
  needed<T>(body: () => T): T | undefined {
    try {
      return body();
    } catch (error) {
      if (!(error instanceof HostError) || !this.isLacking(error)) throw error;
      return undefined;
    }
  }

  /** Whether a failure means that there is no room; it is remembered. */
  isLacking(error: HostError): boolean {
    if (error.reason !== "no_space") return false;
    this.#lack ??= error;
    this.#isTight = true;
    return true;
  }

  /** The first failure since the last call. */
  take(): HostError | undefined {
    const lack = this.#lack;
    this.#lack = undefined;
    return lack;
  }
}
