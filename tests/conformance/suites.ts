/** All that every store promises. */
import { afterSuite } from "./after.ts";
import { checkSuite } from "./check.ts";
import { confirmationSuite } from "./confirmation.ts";
import { delaySuite } from "./delay.ts";
import { exclusionSuite } from "./exclusion.ts";
import { feedSuite } from "./feed.ts";
import { gcSuite } from "./gc.ts";
import { type OpenStore, storeSuite } from "./harness.ts";
import { keySuite } from "./key.ts";
import { laneSuite, mutexSuite } from "./lane.ts";
import { mineSuite } from "./mine.ts";
import { reprioritizeSuite } from "./reprioritize.ts";
import { requeueSuite } from "./requeue.ts";
import { reservationSuite } from "./reservation.ts";
import { needsSuite } from "./needs.ts";
import { pauseSuite } from "./pause.ts";
import { planSuite } from "./plan.ts";
import { restoreSuite } from "./restore.ts";
import { retrySuite } from "./retry.ts";
import { tagSuite } from "./tags.ts";
import { taskSuite } from "./task.ts";
import { ticketSuite } from "./tickets.ts";
import { wantedSuite } from "./wanted.ts";
import { watchSuite } from "./watch.ts";

/** @param open Opens an empty workspace of the store. */
export function conformance(name: string, open: OpenStore): void {
  queueConformance(name, open);
  holdConformance(name, open);
  mutexSuite(name, open);
  streamConformance(name, open);
}

/** What every store promises of its stream, and of what it removes. */
export function streamConformance(name: string, open: OpenStore): void {
  gcSuite(name, open);
  feedSuite(name, open);
  watchSuite(name, open);
}

/**
 * What every store promises of its queue and of its openings.
 *
 * @param rounds Of the search that takes longest.
 */
export function queueConformance(name: string, open: OpenStore, rounds?: number): void {
  storeSuite(name, open);
  taskSuite(name, open);
  delaySuite(name, open);
  afterSuite(name, open);
  planSuite(name, open);
  needsSuite(name, open);
  restoreSuite(name, open);
  retrySuite(name, open);
  requeueSuite(name, open);
  pauseSuite(name, open);
  reprioritizeSuite(name, open);
  keySuite(name, open);
  tagSuite(name, open);
  wantedSuite(name, open, rounds);
}

/** What every store promises of its reservations and lanes, and of what waits for them. */
export function holdConformance(name: string, open: OpenStore): void {
  reservationSuite(name, open);
  confirmationSuite(name, open);
  checkSuite(name, open);
  mineSuite(name, open);
  laneSuite(name, open);
  exclusionSuite(name, open);
  ticketSuite(name, open);
}
