/** Live reservations and intents for tests, in few words. */
import type { ForecastBudget } from "../../../src/domain/forecast/address_map.ts";
import type { LiveRecords } from "../../../src/domain/forecast/touches.ts";
import type {
  IntentRecord,
  ReservationRecord,
} from "../../../src/domain/reservation/reservation.ts";

/** What an agent says, `operation address…`; `-` for no operation. */
export interface Said {
  readonly run: string;
  readonly branch?: string;
  readonly says: string;
  /** An intent, of this reservation if one is named. */
  readonly intent?: boolean | string;
}

/** The records, with ids `r1`, `r2`, … and `i1`, `i2`, … */
export function liveRecords(...said: readonly Said[]): LiveRecords {
  const reservations: ReservationRecord[] = [];
  const intents: IntentRecord[] = [];
  for (const { run, branch = "main", says, intent = false } of said) {
    const [verb = "-", ...addresses] = says.split(" ");
    const shared = { run_id: run, branch, addresses, created_at: "2026-11-21T09:00:00.000Z" };
    if (intent === false) {
      reservations.push({
        ...shared,
        reservation_id: `r${reservations.length + 1}`,
        expires_at: "2026-11-21T10:00:00.000Z",
        operation: verb === "-" ? null : verb,
      });
    } else {
      const reservation_id = typeof intent === "string" ? intent : null;
      const intent_id = `i${intents.length + 1}`;
      intents.push({ ...shared, intent_id, reservation_id, operation: verb, detail: "" });
    }
  }
  return { reservations, intents };
}

/** More than any of these records takes to compare. */
export function plenty(): ForecastBudget {
  return { left: 1e7, steps: { left: 1e7 } };
}
