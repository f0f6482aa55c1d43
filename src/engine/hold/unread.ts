/** What listings skip, for those who act on what is left out. */

/** What listings could not read: that does not count as absent. */
export class Unread {
  #first: Error | undefined;

  /** Takes what a listing could not read. */
  readonly note = (error: Error): void => void (this.#first ??= error);

  /** Throws the first error. */
  check(): void {
    if (this.#first !== undefined) throw this.#first;
  }
}
