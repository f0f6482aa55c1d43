/** A process that claims and completes tasks of a space, from when it may to when none is left; it prints when it has done the last one. */
import { existsSync, writeFileSync } from "node:fs";
import process from "node:process";
import { openPostgres } from "../../../src/adapters/postgres/open.ts";
import { placeOf } from "../../../src/adapters/postgres/place.ts";
import { coordOn } from "../scene/over_store.ts";
import { sleep } from "./processes.ts";

/** What a worker is given. */
export interface CommitOrders {
  readonly url: string;
  readonly runId: string;
  /** It makes this file when it is connected, and begins when there is the other one. */
  readonly ready: string;
  readonly go: string;
}

const { url, runId, ready, go } = JSON.parse(process.argv[2] ?? "") as CommitOrders;
const store = await openPostgres(placeOf(url));
const { tasks } = coordOn(store);
await tasks.claim({ runId, queue: "none" });
writeFileSync(ready, "");
while (!existsSync(go)) await sleep(5);
let done = 0;
while (true) {
  const claim = await tasks.claim({ runId });
  if (claim.status !== "claimed") break;
  await tasks.complete({ id: claim.task_id, runId, fence: claim.fence });
  done = Date.now();
}
console.log(done);
await store.close();
