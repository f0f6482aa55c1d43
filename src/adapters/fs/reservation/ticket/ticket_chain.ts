/**
 * How a ticket is taken: a number above those of all that wait, by one exclusive creation.
 *
 * A name that was free when the names were listed may lie below a ticket that has come since. So a process
 * that slept in between gives its ticket back and begins again, and no one that came more than a
 * second ago is overtaken.
 */
import { TICKET_MS } from "../../../../domain/limits.ts";

/** The tickets, as far as the protocol needs them. Each call is atomic. */
export interface TicketFiles {
  /** The numbers that are taken, sorted. */
  list(): readonly number[];
  /** Whether a ticket counts, or lapsed; `gone` when it is not there any more. */
  look(number: number): "live" | "lapsed" | "gone";
  /** Makes the ticket of this call; `false` where the number is taken. */
  create(number: number): boolean;
  remove(number: number): void;
  /** Microseconds since 1970 by the clock of this process. */
  now(): number;
  /** Milliseconds on a clock that never jumps. */
  steady(): number;
}

/** Takes a ticket; those that lapsed are removed on the way. */
export function takeTicket(files: TicketFiles): number {
  while (true) {
    const began = files.steady();
    let last = 0;
    for (const number of files.list()) {
      const found = files.look(number);
      if (found === "live") last = number;
      // One that is gone may come again: its own process has given it back, and takes the next.
      else if (found === "lapsed") files.remove(number);
    }
    const number = Math.max(last + 1, files.now());
    if (!files.create(number)) continue;
    if (files.steady() - began <= TICKET_MS.late) return number;
    files.remove(number);
  }
}
