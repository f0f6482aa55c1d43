import type { Timers } from "../../src/async/timers.ts";
import { Wakeup, type Woken } from "../../src/async/wakeup.ts";
import { assertEquals, it } from "../deps.ts";
import { FakeTime } from "../support/fake/time.ts";

/** A sleeper, and what its sleeps ended by, with the second in which they did. */
function sleeper(given: { signal?: AbortSignal; timers?: (real: Timers) => Timers } = {}) {
  const time = new FakeTime();
  const { signal, timers = (real) => real } = given;
  const wakeup = new Wakeup(timers(time.timers), signal);
  const woken: string[] = [];
  const sleep = (seconds: number): Promise<Woken> => {
    const ended = wakeup.sleep(seconds * 1000);
    void ended.then((by) => woken.push(`${by} at ${time.timers.now() / 1000}`));
    return ended;
  };
  return { time, wakeup, woken, sleep };
}

it("sleep() ends at its instant", async () => {
  const { time, woken, sleep } = sleeper();
  void sleep(5);
  await time.advance(4.999);
  assertEquals({ woken, armed: time.armed }, { woken: [], armed: 1 });
  await time.advance(1);
  assertEquals({ woken, armed: time.armed }, { woken: ["time at 5"], armed: 0 });
});

it("sleep() ends by a hint, and leaves no timer", async () => {
  const { time, wakeup, woken, sleep } = sleeper();
  void sleep(5);
  await time.advance(2);
  wakeup.wake();
  await time.settle();
  assertEquals({ woken, armed: time.armed }, { woken: ["hint at 2"], armed: 0 });
});

it("sleep() ends at once by a hint that came before it, and only once", async () => {
  const { time, wakeup, woken, sleep } = sleeper();
  wakeup.wake();
  wakeup.wake();
  await sleep(5);
  void sleep(5);
  await time.advance(9);
  assertEquals(woken, ["hint at 0", "time at 5"]);
});

it("sleep() takes hints that come together for one", async () => {
  const { time, wakeup, woken, sleep } = sleeper();
  const first = sleep(5);
  await time.advance(1);
  wakeup.wake();
  wakeup.wake();
  await first;
  void sleep(5);
  await time.advance(9);
  assertEquals(woken, ["hint at 1", "time at 5"]);
});

it("sleep() keeps a hint that comes when its time has run out", async () => {
  const { time, wakeup, woken, sleep } = sleeper();
  const first = sleep(1);
  await time.advance(1);
  await first;
  wakeup.wake();
  await sleep(5);
  assertEquals(woken, ["time at 1", "hint at 1"]);
});

it("sleep() ends by an abort, and from then on at once", async () => {
  const stop = new AbortController();
  const { time, wakeup, woken, sleep } = sleeper({ signal: stop.signal });
  void sleep(5);
  await time.advance(1);
  stop.abort();
  await time.settle();
  wakeup.wake();
  await sleep(5);
  assertEquals({ woken, armed: time.armed }, { woken: ["abort at 1", "abort at 1"], armed: 0 });
});

it("sleep() ends at once with a signal that was aborted before", async () => {
  const { woken, sleep } = sleeper({ signal: AbortSignal.abort() });
  await sleep(5);
  assertEquals(woken, ["abort at 0"]);
});

it("sleep() until an instant that has passed lets others have their turn", async () => {
  const { time, woken, sleep } = sleeper();
  void sleep(-1);
  await time.settle();
  assertEquals(woken, []);
  await time.advance(1);
  assertEquals(woken, ["time at 0.001"]);
});

it("sleep() sleeps on when the platform rings early", async () => {
  const { time, woken, sleep } = sleeper({
    timers: (real) => ({ ...real, after: (ms, body) => real.after(Math.min(ms, 2_000), body) }),
  });
  void sleep(5);
  await time.advance(9);
  assertEquals(woken, ["time at 5"]);
});

it("sleep() without end is left by a hint alone", async () => {
  const { time, wakeup, woken, sleep } = sleeper();
  void sleep(Infinity);
  await time.advance(1_000_000);
  assertEquals(woken, []);
  wakeup.wake();
  await time.settle();
  assertEquals(woken, ["hint at 1000000"]);
});

it("Wakeup that was disposed of listens to its signal no more", () => {
  const { signal } = new AbortController();
  const heard: string[] = [];
  const { addEventListener, removeEventListener } = AbortSignal.prototype;
  signal.addEventListener = function (...given: Parameters<typeof addEventListener>) {
    heard.push("add");
    addEventListener.apply(this, given);
  };
  signal.removeEventListener = function (...given: Parameters<typeof removeEventListener>) {
    heard.push("remove");
    removeEventListener.apply(this, given);
  };
  sleeper({ signal }).wakeup[Symbol.dispose]();
  assertEquals(heard, ["add", "remove"]);
});
