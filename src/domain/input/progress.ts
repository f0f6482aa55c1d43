/** How far a piece of work is. */
import { isObject } from "../json.ts";
import { PROGRESS } from "../limits.ts";
import { ANYTHING, ruled } from "./rule.ts";

/** How far a holder says its work is. */
export interface Progress {
  /** Steps that are done. */
  readonly done: number;
  /** Steps in all. */
  readonly total: number;
}

/** What a holder says of its hold. */
export interface HoldRemarks {
  /** One line for others to read; absent when there is none. */
  readonly note?: string;
  /** How far the work is; absent when it was never said. */
  readonly progress?: Progress;
}

/** Steps of a piece of work. */
export const progress = ruled(ANYTHING, (value) => {
  if (!isObject(value)) return "must have done and total";
  const { done, total } = value;
  const isCount = (each: unknown) =>
    typeof each === "number" && Number.isInteger(each) && each >= PROGRESS.min &&
    each <= PROGRESS.max;
  if (!isCount(done) || !isCount(total) || Object.keys(value).length > 2) {
    return `must be two whole numbers between ${PROGRESS.min} and ${PROGRESS.max}`;
  }
  return Number(done) > Number(total) ? "must not be more than there is" : undefined;
});

/** `3/10` as progress; anything else as it is, for the rule. */
export function readProgress(text: string): Progress | string {
  const [, done, total] = /^(\d{1,10})\/(\d{1,10})$/.exec(text) ?? [];
  return done === undefined || total === undefined
    ? text
    : { done: Number(done), total: Number(total) };
}

/** The remarks that a heartbeat makes; what it leaves out stays as it was. */
export function newRemarks({ note, progress }: HoldRemarks): HoldRemarks {
  return {
    ...(note === undefined ? {} : { note }),
    ...(progress === undefined ? {} : { progress }),
  };
}

/** Remarks with the instant at which they are made; nothing, where there are none. */
export function notedRemarks(
  remarks: HoldRemarks | undefined,
  noted_at: string,
): HoldRemarks & { readonly noted_at?: string } {
  return remarks === undefined || Object.keys(remarks).length === 0 ? {} : { ...remarks, noted_at };
}

/** What a record says of its hold, as far as it can be read; other tools may mean other things. */
export function remarksOf(
  ...records: readonly ({ readonly note?: unknown; readonly progress?: unknown } | undefined)[]
): HoldRemarks {
  let [note, steps]: [string | undefined, Progress | undefined] = [undefined, undefined];
  for (const record of records) {
    if (typeof record?.note === "string") note ??= record.note;
    if (progress.problems(record?.progress).length === 0) steps ??= record?.progress as Progress;
  }
  return { ...(note ? { note } : {}), ...(steps === undefined ? {} : { progress: steps }) };
}
