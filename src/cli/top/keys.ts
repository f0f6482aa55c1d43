/** Keys, from the bytes that a terminal sends. */

const NAMES: Readonly<Record<string, string>> = {
  "\x03": "ctrl-c",
  "\x04": "q",
  "\x0c": "ctrl-l",
  "\x1a": "ctrl-z",
  "\r": "enter",
  "\n": "enter",
  "\x7f": "backspace",
  "\b": "backspace",
  "\x1b": "escape",
};

/** What follows `ESC [` or `ESC O`. */
const SEQUENCES: Readonly<Record<string, string>> = {
  A: "up",
  B: "down",
  H: "home",
  F: "end",
  "1~": "home",
  "4~": "end",
  "5~": "pageup",
  "6~": "pagedown",
};

// deno-lint-ignore no-control-regex
const SEQUENCE = /^\x1b[[O]([0-9;]*[A-Za-z~])/;

// deno-lint-ignore no-control-regex
const BEGUN = /^\x1b(?:[[O][0-9;]*)?$/;

/** Reads keys; the first part of a sequence waits for the rest. */
export class Keys {
  #left = "";
  readonly #decoder = new TextDecoder();

  /** The keys in these bytes. */
  read(bytes: Uint8Array): string[] {
    this.#left += this.#decoder.decode(bytes, { stream: true });
    const keys: string[] = [];
    while (this.#left !== "" && !BEGUN.test(this.#left)) keys.push(...this.#next());
    return keys;
  }

  /** Whether something waits that may be a key of its own: `Esc`. */
  get isWaiting(): boolean {
    return this.#left !== "";
  }

  /** What has waited long enough. */
  flush(): string[] {
    const isEscape = this.#left === "\x1b";
    this.#left = "";
    return isEscape ? ["escape"] : [];
  }

  #next(): string[] {
    const [all, rest] = SEQUENCE.exec(this.#left) ?? [];
    if (all !== undefined && rest !== undefined) {
      this.#left = this.#left.slice(all.length);
      return SEQUENCES[rest] === undefined ? [] : [SEQUENCES[rest]];
    }
    const [first = ""] = this.#left;
    this.#left = this.#left.slice(first.length);
    const name = NAMES[first] ?? first;
    return name < " " ? [] : [name];
  }
}
