/** What two processes do with a queue before the power goes. */
import { FsTaskStore } from "../../../src/adapters/fs/task/store.ts";
import type { HostFs } from "../../../src/ports/host.ts";
import { openQueue } from "./queue_cases.ts";
import {
  type Act,
  aim,
  blocked,
  both,
  cancel,
  claimed,
  collect,
  complete,
  enqueue,
  enqueueKeyed,
  enqueueKeyedAtOnce,
  enqueueMany,
  fail,
  failed,
  failedOnce,
  force,
  keyedClaimed,
  move,
  nothing,
  one,
  plan,
  presently,
  requeue,
  story,
  work,
} from "./queue_acts.ts";
import { beat, beaten, BEFORE_FIRST } from "./beat_cases.ts";
import { keyFailed, keyPledged, keyTwice } from "./requeue_cases.ts";
import type { Story } from "./two_processes.ts";

/** `complete()` again by a process of a store that may be faulty. */
export function repeatedComplete(Store = FsTaskStore): Story {
  return story("complete(), repeated", claimed, complete, complete, Store);
}

export const planWorkedOff = story("a plan, worked off", nothing, plan, work);

/** Of the batch the third sync is that of its rename to `links`. */
export const batchGivenUp = story(
  "enqueueAll() with keys, repeated one by one",
  nothing,
  enqueueKeyedAtOnce,
  both(enqueueKeyed, enqueueKeyedAtOnce),
);

/** The same as a process does it that does not sync its pledges. */
const requeueUnsynced: Act = ({ fs, ...actor }, id) => {
  const careless: HostFs = {
    ...fs,
    syncNames: (path, folders) => path.includes("/keys/") ? undefined : fs.syncNames(path, folders),
  };
  const { queue } = openQueue(actor.workspace, presently() + 5, careless);
  return requeue({ ...actor, fs, queue }, id);
};

export const pledgeUnsynced = story(
  "requeue() with a key by a process that does not sync its pledge",
  keyTwice,
  nothing,
  requeueUnsynced,
);

export const QUEUE_STORIES: readonly Story[] = [
  repeatedComplete(),
  story("complete(), others look for work, repeated", claimed, complete, both(work, complete)),
  story("fail(), repeated", claimed, fail, fail),
  story("cancel() of a pending task, repeated", one, cancel, cancel),
  story("cancel() by force, repeated", claimed, force, force),
  story(
    "complete() after a heartbeat, repeated",
    async (queue) => {
      await claimed(queue);
      const { items: [task] } = await queue.list();
      await queue.heartbeat({ id: task?.task_id ?? "", runId: "A", extension: 20 });
    },
    complete,
    complete,
  ),
  story(
    "heartbeat() that removes slots, then complete()",
    beaten(BEFORE_FIRST),
    ({ queue }, id) => beat(queue, id),
    complete,
  ),
  story(
    "complete() when the timeout has been noticed, repeated",
    async (queue, workspace) => {
      await claimed(queue);
      await openQueue(workspace, presently() + 15).queue.claim({ runId: "B", queue: "other" });
    },
    complete,
    complete,
  ),
  story(
    "giveBack(), worked off",
    claimed,
    ({ queue }, id) => queue.giveBack({ id, runId: "A" }),
    work,
  ),
  story("enqueue(), worked off", one, enqueue, work),
  story(
    "enqueue() in folders that are missing",
    nothing,
    nothing,
    both(enqueue, work),
    FsTaskStore,
    [
      "tasks",
      "claims",
    ],
  ),
  story("enqueueAll(), worked off", one, enqueueMany, work),
  story("complete(), then gc", claimed, complete, both(complete, collect)),
  story("complete() and gc, then gc alone", claimed, both(complete, collect), collect),
  story("complete() and move, repeated", claimed, both(complete, move), both(complete, move)),
  story("move, then gc, then move", claimed, both(complete, move, collect), both(move, collect)),
  story(
    "enqueue() with keys, repeated, worked off",
    nothing,
    enqueueKeyed,
    both(enqueueKeyed, work),
  ),
  batchGivenUp,
  story("a plan, repeated, worked off", nothing, plan, both(plan, work)),
  planWorkedOff,
  story(
    "complete(), and enqueue() with its key",
    keyedClaimed,
    both(complete, enqueueKeyed),
    both(enqueueKeyed, work),
  ),
  story(
    "complete(), move, and enqueue() with its key",
    keyedClaimed,
    both(complete, move, enqueueKeyedAtOnce),
    both(enqueueKeyed, move, collect),
  ),
  story("reprioritize(), repeated, worked off", one, aim(5), both(aim(5), work)),
  story("reprioritize(), set back, worked off", failedOnce, aim(5), both(aim(0), work)),
  story("reprioritize() of a blocked task, worked off", blocked, aim(5), work),
  story("requeue(), repeated, worked off", failed, requeue, both(requeue, work)),
  story("fail() and requeue(), worked off", claimed, both(fail, requeue), work),
  story("cancel() of a pending task and requeue(), worked off", one, both(cancel, requeue), work),
  story("requeue(), then complete() and gc", failed, requeue, both(work, collect)),
  story("requeue(), then move and gc", failed, requeue, both(move, work)),
  story(
    "requeue() with a key, and enqueue() with it, worked off",
    (queue) => keyFailed(queue),
    requeue,
    both(enqueueKeyed, requeue, work),
  ),
  story(
    "enqueue() with the key of a failed task, and requeue() of that",
    (queue) => keyFailed(queue),
    enqueueKeyed,
    both(requeue, enqueueKeyed, work),
  ),
  story(
    "enqueue() with a key that is pledged to a revival, repeated",
    (queue, workspace) => keyPledged(queue, workspace, presently()),
    enqueueKeyed,
    both(enqueueKeyedAtOnce, requeue),
  ),
  story(
    "requeue() with a key that another task had since, repeated",
    keyTwice,
    requeue,
    requeue,
  ),
  story(
    "requeue() with a key, gc and move, and enqueue() with it",
    (queue) => keyFailed(queue),
    both(requeue, force, move, collect),
    both(move, collect, requeue, enqueueKeyed),
  ),
  story("gc, then gc", claimed, both(complete, collect), both(collect, enqueue)),
];
