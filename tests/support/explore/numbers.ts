/** Numbers for values: for sets of files, for steps, for what a step answers. */
export class Numbers {
  readonly #texts: string[] = [];
  readonly #numbers = new Map<string, number>();

  number(value: unknown): number {
    const text = JSON.stringify(value);
    let number = this.#numbers.get(text);
    if (number === undefined) this.#numbers.set(text, number = this.#texts.push(text) - 1);
    return number;
  }

  /** A value by its number, as JSON; `undefined` when there is none. */
  text(number: number): string | undefined {
    return this.#texts[number];
  }
}
