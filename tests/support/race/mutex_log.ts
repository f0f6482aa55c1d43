/**
 * What the holders of a mutex write down, and what it proves.
 *
 * All append to one file, and the kernel puts appended lines into one order: a line comes after
 * whatever its process had seen when it wrote it, and before all that this process does next. So the
 * order of lines says which hold had begun before which look, and needs no clock. A process may be
 * stopped anywhere without any harm to that.
 */
import { openSync, writeSync } from "node:fs";
import { lineOf } from "./lines.ts";

/** A line: of a hold that has begun, that is about to be looked at, or that was looked at. */
export type MutexLine =
  /** After the mutex was acquired. */
  | { readonly kind: "begun"; readonly worker: string; readonly hold: number; readonly at: number }
  /** After the last thing done under the mutex, and before the look. */
  | { readonly kind: "ending"; readonly worker: string; readonly hold: number; readonly at: number }
  /** What the look said. The hold's number is higher than when it began if it was renewed. */
  | {
    readonly kind: "looked";
    readonly worker: string;
    readonly hold: number;
    readonly renewed: number;
    readonly valid: boolean;
    /** Whether it counted one up. */
    readonly counted: boolean;
  };

/** A hold whose holder looked at its end, and found it valid. */
export interface ValidHold {
  readonly hold: number;
  readonly from: number;
  readonly to: number;
}

/** Appends lines, each by one write. */
export class MutexLog {
  readonly #file: number;

  constructor(path: string) {
    this.#file = openSync(path, "a");
  }

  write(line: MutexLine): void {
    writeSync(this.#file, lineOf(line));
  }
}

/**
 * The valid holds, in their order.
 *
 * @throws Error when one that was valid at its look had been followed by another before that look
 * began.
 */
export function validHolds(lines: readonly MutexLine[]): ValidHold[] {
  const found = new Map<number, { from: number; to: number; above: number | undefined }>();
  const valid: ValidHold[] = [];
  let newest = 0;
  for (const line of lines) {
    if (line.kind === "begun") {
      newest = Math.max(newest, line.hold);
      found.set(line.hold, { from: line.at, to: line.at, above: undefined });
      continue;
    }
    const hold = found.get(line.hold);
    if (hold === undefined) throw new Error(`hold ${line.hold} ended and had not begun`);
    if (line.kind === "ending") {
      hold.to = line.at;
      if (newest > line.hold) hold.above = newest;
    } else if (line.valid) {
      if (hold.above !== undefined) {
        throw new Error(
          `two holders: ${line.worker} found hold ${line.hold} valid after hold ${hold.above}`,
        );
      }
      valid.push({ hold: line.hold, from: hold.from, to: hold.to });
    }
  }
  return valid.sort((a, b) => a.hold - b.hold);
}
