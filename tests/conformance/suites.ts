/** All that every store promises. */
import { checkSuite } from "./check.ts";
import { confirmationSuite } from "./confirmation.ts";
import { exclusionSuite } from "./exclusion.ts";
import { feedSuite } from "./feed.ts";
import { gcSuite } from "./gc.ts";
import { type OpenStore, storeSuite } from "./harness.ts";
import { laneSuite } from "./lane.ts";
import { mineSuite } from "./mine.ts";
import { reservationSuite } from "./reservation.ts";
import { taskSuite } from "./task.ts";
import { watchSuite } from "./watch.ts";

/** @param open Opens an empty workspace of the store. */
export function conformance(name: string, open: OpenStore): void {
  storeSuite(name, open);
  taskSuite(name, open);
  reservationSuite(name, open);
  confirmationSuite(name, open);
  checkSuite(name, open);
  mineSuite(name, open);
  laneSuite(name, open);
  exclusionSuite(name, open);
  gcSuite(name, open);
  feedSuite(name, open);
  watchSuite(name, open);
}
