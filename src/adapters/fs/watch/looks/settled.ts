/**
 * Which reservations and releases the feed shows: an exclusive one that is not confirmed is not held
 * yet, and one that was refused never was, nor was anything released then.
 */
import { stemOfId } from "../../../../domain/ids.ts";
import type { JsonObject } from "../../../../domain/json.ts";
import { wasConfirmed } from "../../../../domain/reservation/reservation.ts";
import type { RecordKind } from "../../../../domain/watch/event.ts";
import { releaseName } from "../../reservation/chain.ts";
import { slotName } from "../../reservation/newest.ts";
import type { ReservationFiles } from "../../reservation/files.ts";
import { findEntry } from "../../reservation/order.ts";

/** Refused ones that are remembered. */
const MAX_REFUSED = 100_000;

export class Settled {
  /** The ids of those that were met before they were confirmed or refused. */
  #pending = new Set<string>();
  /** Of those that were refused: that does not change. */
  readonly #refused = new Set<string>();

  constructor(readonly files: ReservationFiles) {}

  /** Whether a record is known to be of no concern, unread. */
  isRefused(kind: RecordKind, id: string): boolean {
    return (kind === "reservation" || kind === "release") && this.#refused.has(id);
  }

  /** Whether a record that was read is to be shown. */
  shows(kind: RecordKind, id: string, data: JsonObject): boolean {
    if (kind === "release") {
      if (data["confirmed"] !== false) return true;
      this.#refused.add(id);
      return false;
    }
    if (kind !== "reservation" || data["confirmation"] === undefined) return true;
    const entry = findEntry(this.files, stemOfId(id));
    this.#pending.delete(id);
    if (entry === undefined) return false;
    if (wasConfirmed(entry)) return true;
    (entry.unsettled === true ? this.#pending : this.#refused).add(id);
    return false;
  }

  /** Forgets what is not among the reservations any more. */
  keep(ids: readonly string[]): void {
    if (this.#pending.size > 0) {
      this.#pending = new Set(ids.filter((id) => this.#pending.has(id)));
    }
    if (this.#refused.size > MAX_REFUSED) this.#refused.clear();
  }

  /** What changes when one of those that were met is confirmed or refused: their folder does not. */
  mark(): string {
    return [...this.#pending].filter((id) => {
      const stem = stemOfId(id);
      return !this.files.exists(slotName(stem, 1)) && !this.files.exists(releaseName(stem));
    }).map((id) => `:${id}`).join("");
  }
}
