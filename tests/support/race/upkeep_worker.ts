/** A process that compacts the journal and collects garbage, until it is killed. */
import process from "node:process";
import { coordOn } from "../scene/over_store.ts";
import { sleep } from "./processes.ts";
import { openStore } from "./stores.ts";

const { store } = JSON.parse(process.argv[2] ?? "") as { readonly store: string };
const coord = coordOn(await openStore(store, Date.now, () => {}));
for (let round = 0;; round++) {
  await coord.journal.compact();
  // What ended goes at once, or a moment later.
  await coord.gc({ execute: true, grace: round % 2 });
  await sleep(20);
}
