/** Looks up one name in a reftable, git's file of many references in blocks. */

/** What a table says of a name. */
export type RefRecord =
  | { readonly kind: "commit"; readonly id: string }
  | { readonly kind: "symbolic"; readonly target: string }
  /** The name was removed, whatever older tables say. */
  | { readonly kind: "removed" }
  | { readonly kind: "damaged" };

const REF_BLOCK = 0x72; // "r"
const SHA256 = 0x73323536; // "s256"

/**
 * Finds a name in the beginning of a table; `undefined` where it has none of that name. The blocks of
 * references come first, and the names in them are sorted, so `HEAD` needs no index.
 */
export function refIn(bytes: Uint8Array, wanted: string): RefRecord | undefined {
  try {
    return new Table(bytes).find(wanted);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { kind: "damaged" };
  }
}

class Table {
  readonly #view: DataView;
  #at = 0;

  constructor(readonly bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  find(wanted: string): RefRecord | undefined {
    const version = this.#view.getUint8(4);
    if (this.#text(0, 4) !== "REFT" || version < 1 || version > 2) return { kind: "damaged" };
    const blockSize = this.#uint24(5);
    const idLength = version === 2 && this.#view.getUint32(24) === SHA256 ? 32 : 20;
    // The first block counts the header in.
    let start = 0;
    for (let at = version === 1 ? 24 : 28; this.bytes[at] === REF_BLOCK; at = start) {
      const end = start + this.#uint24(at + 1);
      if (end <= at + 4) return { kind: "damaged" };
      const found = this.#findInBlock(wanted, at + 4, end, idLength);
      if (found !== undefined) return found === "past" ? undefined : found;
      start = blockSize === 0 ? end : Math.ceil(end / blockSize) * blockSize;
    }
    return undefined;
  }

  #findInBlock(
    wanted: string,
    start: number,
    end: number,
    idLength: number,
  ): RefRecord | "past" | undefined {
    // Where names begin in full is listed at the end, for searches that this one does without.
    const isWhole = end <= this.bytes.length;
    const recordsEnd = isWhole ? end - 2 - 3 * this.#view.getUint16(end - 2) : end;
    let name = "";
    for (this.#at = start; this.#at < recordsEnd;) {
      const kept = this.#varint();
      const lengthAndType = this.#varint();
      name = name.slice(0, kept) + this.#take(Math.floor(lengthAndType / 8));
      this.#varint(); // the update that it came with
      const record = this.#value(lengthAndType % 8, idLength);
      if (name === wanted) return record;
      if (name > wanted) return "past";
    }
    return undefined;
  }

  #value(type: number, idLength: number): RefRecord {
    if (type === 0) return { kind: "removed" };
    if (type === 3) return { kind: "symbolic", target: decoded(this.#take(this.#varint())) };
    if (type > 3) return { kind: "damaged" };
    const id = this.#take(idLength);
    if (type === 2) this.#take(idLength); // what a tag leads to
    const hex = Array.from(id, (byte) => byte.charCodeAt(0).toString(16).padStart(2, "0"));
    return { kind: "commit", id: hex.join("") };
  }

  /** Git's numbers of any length: seven bits a byte, and each further byte adds one. */
  #varint(): number {
    let value = 0;
    for (let isFirst = true;; isFirst = false) {
      const byte = this.#view.getUint8(this.#at++);
      value = (isFirst ? 0 : value + 1) * 128 + byte % 128;
      if (byte < 128) return value;
      if (value > 2 ** 40) throw new RangeError("a number of too many bytes");
    }
  }

  #uint24(at: number): number {
    return this.#view.getUint8(at) * 65_536 + this.#view.getUint16(at + 1);
  }

  #take(length: number): string {
    const start = this.#at;
    this.#at += length;
    if (this.#at > this.bytes.length) throw new RangeError("the table ends here");
    return this.#text(start, length);
  }

  /** Bytes as characters of the same numbers. */
  #text(start: number, length: number): string {
    return Array.from(
      this.bytes.subarray(start, start + length),
      (byte) => String.fromCharCode(byte),
    ).join("");
  }
}

function decoded(text: string): string {
  return new TextDecoder().decode(Uint8Array.from(text, (character) => character.charCodeAt(0)));
}
