/** The store in memory, with a hand in what comes between the steps of an operation. */
import { MemoryReservationStore } from "../../../src/adapters/memory/reservations.ts";
import { inOneGo } from "../../../src/domain/glob/steps.ts";
import type {
  HeartbeatRecord,
  ReleaseRecord,
} from "../../../src/domain/reservation/reservation.ts";
import { parseTime } from "../../../src/domain/time.ts";
import type { NoticePlacement, Placement } from "../../../src/ports/reservations.ts";

export class InterruptedReservations extends MemoryReservationStore {
  /** What others do just before the next change is written; it happens once. */
  meanwhile: (() => void) | undefined;

  override async add(placement: Placement): Promise<boolean> {
    if (this.meanwhile !== undefined) {
      const { reservation, overlaps, admit } = placement;
      const live = await this.list(parseTime(reservation.created_at) ?? 0, false);
      if (!admit(live.filter((entry) => inOneGo(overlaps(entry.reservation))))) return false;
      this.#interrupt();
    }
    return super.add(placement);
  }

  override addNotice(notice: NoticePlacement) {
    this.#interrupt();
    return super.addNotice(notice);
  }

  override beat(id: string, heartbeat: (now: number) => HeartbeatRecord) {
    this.#interrupt();
    return super.beat(id, heartbeat);
  }

  override release(release: ReleaseRecord): Promise<boolean> {
    this.#interrupt();
    return super.release(release);
  }

  #interrupt(): void {
    const { meanwhile } = this;
    this.meanwhile = undefined;
    meanwhile?.();
  }
}
