/** Reftables as git writes them, of any shape that the format allows. */

/** What a name stands for: a commit, a tag of one, another name, or nothing any more. */
export interface Ref {
  readonly id?: string;
  readonly peeled?: string;
  readonly target?: string;
}

/** How a table is laid out. */
export interface Layout {
  readonly version?: 1 | 2;
  /** Bytes that each block is filled up to; 0 for blocks of any length. */
  readonly blockSize?: number;
  /** Names of each block; all in one by default. */
  readonly perBlock?: number;
  /** Whether names leave out what they share with the ones before them. */
  readonly isPacked?: boolean;
}

/** A table of these names, which must be sorted. */
export function reftable(
  refs: readonly (readonly [name: string, ref: Ref])[],
  { version = 1, blockSize = 4_096, perBlock = refs.length, isPacked = true }: Layout = {},
): Uint8Array {
  const header = [
    ...ascii("REFT"),
    version,
    ...uint(blockSize, 3),
    ...uint(1, 8),
    ...uint(9, 8),
    ...(version === 2 ? ascii("s256") : []),
  ];
  const table = [...header];
  for (let first = 0; first < refs.length; first += perBlock) {
    const start = first === 0 ? 0 : table.length;
    const records: number[] = [];
    let before: number[] = [];
    for (const [name, ref] of refs.slice(first, first + perBlock)) {
      const bytes = [...new TextEncoder().encode(name)];
      let shared = 0;
      while (isPacked && shared < before.length && before[shared] === bytes[shared]) shared++;
      const [type, value] = valueOf(ref);
      records.push(...varint(shared), ...varint((bytes.length - shared) * 8 + type));
      records.push(...bytes.slice(shared), ...varint(300), ...value);
      before = bytes;
    }
    const restarts = [...uint(table.length + 4 - start, 3), ...uint(1, 2)];
    const length = table.length - start + 4 + records.length + restarts.length;
    table.push(...ascii("r"), ...uint(length, 3), ...records, ...restarts);
    while (blockSize > 0 && table.length % blockSize !== 0) table.push(0);
  }
  return new Uint8Array([...table, ...header, ...uint(0, 44)]);
}

function valueOf({ id, peeled, target }: Ref): [type: number, value: number[]] {
  if (target !== undefined) {
    const bytes = [...new TextEncoder().encode(target)];
    return [3, [...varint(bytes.length), ...bytes]];
  }
  if (id === undefined) return [0, []];
  return peeled === undefined ? [1, hex(id)] : [2, [...hex(id), ...hex(peeled)]];
}

function varint(value: number): number[] {
  const bytes = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) {
    rest--;
    bytes.unshift(128 + rest % 128);
  }
  return bytes;
}

function uint(value: number, length: number): number[] {
  return Array.from({ length }, (_, at) => Math.floor(value / 256 ** (length - 1 - at)) % 256);
}

function ascii(text: string): number[] {
  return [...new TextEncoder().encode(text)];
}

function hex(text: string): number[] {
  return (text.match(/../g) ?? []).map((digits) => parseInt(digits, 16));
}
