/** Removing what is long over. */
import { collectionDue } from "../../domain/task/retention.ts";
import { RECORD_KINDS, type RecordKind } from "../../domain/watch/event.ts";
import { FAILED_GRACE_S, GRACE_S } from "../../domain/limits.ts";
import { formatTime } from "../../domain/time.ts";
import * as fields from "../../domain/input/fields.ts";
import type { Swept } from "../../ports/upkeep.ts";
import { agreedSeconds, type Context } from "../context.ts";
import { checkInput } from "../input.ts";

/** What to remove. */
export interface GcInput {
  /** Remove them; without, the answer only names what would go. */
  readonly execute?: boolean;
  /** Remove them if that was done last a day or longer ago; without this and `execute` nothing goes. */
  readonly auto?: boolean;
  /**
   * Seconds that ended records are kept, 0 to a hundred years, default the team's `retention`, else a
   * week, and 90 days for failed and cancelled tasks.
   */
  readonly grace?: number;
}

/** A record that has ended, with all that belongs to it. */
export type GcItem = Swept;

/** What went, or would go. */
export interface GcReport {
  /** Whether anything was removed. */
  readonly executed: boolean;
  /** Whether it was asked for when it is due, and is not. */
  readonly put_off: boolean;
  /** Seconds. */
  readonly grace_seconds: number;
  /** The same of failed and cancelled tasks, seconds. */
  readonly failed_grace_seconds: number;
  /** From when on `auto` removes again; `null` where it would at once. */
  readonly due_at: string | null;
  /** How many records, without those that belong to them. */
  readonly total: number;
  /** How many of each kind; kinds without any are left out. */
  readonly counts: Readonly<Partial<Record<RecordKind, number>>>;
  /** The records, by kind and id. */
  readonly items: readonly GcItem[];
}

/** The fields of the input, for the library and the command line alike. */
export const GC_FIELDS = {
  execute: fields.anything,
  auto: fields.anything,
  grace: fields.grace,
} as const;

/** Removes what ended longer ago than the grace, or reports what would go. */
export async function collectGarbage(context: Context, input: GcInput): Promise<GcReport> {
  checkInput(input, GC_FIELDS);
  const { gc } = context.store;
  const { auto = false } = input;
  const execute = input.execute === true || auto && await dueAt(context) <= context.clock();
  const given = await agreedSeconds(context, "retention", input.grace);
  const grace = given ?? GRACE_S.default;
  const failedGrace = given ?? FAILED_GRACE_S;
  const sweep = { graceMs: grace * 1000, failedGraceMs: failedGrace * 1000, execute };
  const isPutOff = auto && !execute;
  const swept = isPutOff ? [] : await gc.sweep(sweep);
  const due = await dueAt(context);
  const order = (kind: RecordKind) => RECORD_KINDS.indexOf(kind);
  const items = swept.toSorted((a, b) =>
    order(a.kind) - order(b.kind) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
  );
  const counts: Partial<Record<RecordKind, number>> = {};
  for (const { kind } of items) counts[kind] = (counts[kind] ?? 0) + 1;
  return {
    executed: execute,
    put_off: isPutOff,
    grace_seconds: grace,
    failed_grace_seconds: failedGrace,
    due_at: due > context.clock() ? formatTime(due) : null,
    total: items.length,
    counts,
    items,
  };
}

/** When `auto` removes next. */
async function dueAt({ store, clock }: Context): Promise<number> {
  return collectionDue(await store.gc.collectedAt(), clock());
}
