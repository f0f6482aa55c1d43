/** All operations over a store in memory, with timers and a clock that move by hand. */
import { openMemoryStore } from "../../../src/adapters/memory/open.ts";
import { MemoryWorkspace } from "../../../src/adapters/memory/workspace.ts";
import { Coord } from "../../../src/engine/coord.ts";
import { cursorFile, NOWHERE } from "../scene/over_store.ts";
import { FakeTime } from "./time.ts";

/** No process is known for sure, so that only silence ends a lane. */
const processes = {
  ownPid: 1,
  origin: () => ({ host_id: "here", pid: 1 }),
  isAlive: () => undefined,
};

/** A workspace, and how to open it once more. */
export function timed() {
  const time = new FakeTime();
  const shared = new MemoryWorkspace({ clock: time.clock });
  const machine = { checkout: NOWHERE, processes, cursorFile, timers: time.timers };
  const open = () => new Coord({ store: openMemoryStore(shared), ...machine, warn: () => {} });
  return { time, open };
}

/** What a call comes to, and in which second. */
interface Answered<T> {
  answer?: T;
  after?: number;
}

/** Follows a call while the time moves. */
export function answered<T>(time: FakeTime, call: Promise<T>): Answered<T> {
  const began = time.timers.now();
  const state: Answered<T> = {};
  void call.then((answer) => {
    state.answer = answer;
    state.after = (time.timers.now() - began) / 1000;
  });
  return state;
}

/** The status of the answer, and in which second it came. */
export function ended({ answer, after }: Answered<{ readonly status: string }>) {
  return { status: answer?.status, after };
}

/** Moves on second by second; what needs no time but the machine's, such as a hash, happens between. */
export async function pass(time: FakeTime, seconds: number): Promise<void> {
  for (let left = seconds;; left--) {
    // What is asked for at the end must be there, also on a busy machine.
    for (let n = 0; n < (left <= 0 ? 20 : 2); n++) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      await time.settle();
    }
    if (left <= 0) return;
    await time.advance(Math.min(1, left));
  }
}
