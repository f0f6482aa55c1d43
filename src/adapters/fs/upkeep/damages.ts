/** What a check has met so far, and how it is mended. */
import type { Damage, DamageClass, DamageRepair } from "../../../ports/upkeep.ts";
import { type FileStat, HostError } from "../../../ports/host.ts";
import { BROKEN_CLAIM_GRACE_S } from "../../../domain/limits.ts";

/** What a repair did with one thing; `undefined` when that has changed since it was looked at. */
export type Mended =
  | { readonly repaired: DamageRepair; readonly kept?: string | undefined }
  | undefined;

/** Mends one thing. */
type Mend = () => Mended | Promise<Mended>;

/** Something damaged. */
interface Suspect {
  readonly class: DamageClass;
  /** Its path from W. */
  readonly file: string;
  readonly reason: string;
  /** As it was looked at. */
  readonly stat?: FileStat | undefined;
}

export class Damages {
  readonly all: Damage[] = [];
  readonly looked: Record<string, number> = {};
  #open: { readonly at: number; readonly mend: Mend }[] = [];

  /**
   * @param root W.
   * @param now Milliseconds since 1970, by the clock of files.
   */
  constructor(readonly root: string, readonly repair: boolean, readonly now: () => number) {}

  /** Counts what was looked at. */
  look(kind: string, count = 1): void {
    this.looked[kind] = (this.looked[kind] ?? 0) + count;
  }

  /** @param mend What mends it; without, only a person can, or time. */
  add({ stat, ...found }: Suspect, mend?: Mend | "later"): void {
    const isEarly = mend === "later" || stat !== undefined && this.#mayBeWritten(stat);
    const remedy = mend === undefined ? "hand" : isEarly ? "later" : "repair";
    const at = this.all.push({ ...found, remedy }) - 1;
    if (typeof mend === "function" && !isEarly) this.#open.push({ at, mend });
  }

  /** What the system does not let this process read. */
  unreadable(file: string, error: unknown): void {
    if (!(error instanceof HostError)) throw error;
    // What lies in a folder that is none is no damage of its own.
    const isBelow = ({ class: kind, file: above, repaired }: Damage) =>
      kind === "misplaced" && repaired === undefined &&
      `${error.path}/`.startsWith(`${this.root}/${above}/`);
    if (this.all.some(isBelow)) return;
    this.add({ class: "unreadable", file, reason: `cannot be read: ${error.message}` });
  }

  /** Runs `body`; what it may not read is reported under this path. */
  reading(file: string, body: () => void): void {
    try {
      body();
    } catch (error) {
      this.unreadable(file, error);
    }
  }

  /** Mends what was found since the last time. */
  async settle(): Promise<void> {
    const open = this.#open;
    this.#open = [];
    if (!this.repair) return;
    for (const { at, mend } of open) {
      const damage = this.all[at];
      if (damage === undefined) continue;
      try {
        const mended = await mend();
        this.all[at] = mended === undefined ? { ...damage, remedy: "later" } : {
          ...damage,
          repaired: mended.repaired,
          ...(mended.kept === undefined ? {} : { kept: mended.kept }),
        };
      } catch (error) {
        if (!(error instanceof HostError)) throw error;
        const reason = `${damage.reason}, and stays: ${error.message}`;
        this.all[at] = { ...damage, reason, remedy: "hand" };
      }
    }
  }

  /** Another tool may write a file in place, and be in the middle of that. */
  #mayBeWritten({ mtimeMs }: FileStat): boolean {
    return Math.abs(this.now() - mtimeMs) < BROKEN_CLAIM_GRACE_S * 1000;
  }
}
