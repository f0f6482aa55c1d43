import { Pace, paced } from "../../src/async/paced.ts";
import type { Stepwise } from "../../src/domain/glob/steps.ts";
import { assertEquals, it } from "../deps.ts";

function* hundred(step: () => void): Stepwise<string> {
  for (let n = 0; n < 100; n++) {
    step();
    yield;
  }
  return "done";
}

it("paced() does short work in one go, and lets others have their turn every 10 ms of long work", async () => {
  for (const { ms, turns } of [{ ms: 0, turns: 0 }, { ms: 3, turns: 25 }, { ms: 40, turns: 100 }]) {
    const clock = { now: 0, turns: 0, longest: 0, began: 0 };
    const turn = () => {
      clock.longest = Math.max(clock.longest, clock.now - clock.began);
      clock.turns++;
      clock.now += 5;
      clock.began = clock.now;
      return Promise.resolve();
    };
    const timers = { now: () => clock.now, after: () => () => {}, turn };
    const work = hundred(() => void (clock.now += ms));
    assertEquals(await paced(work, new Pace(timers)), "done");
    assertEquals({ ms, turns: clock.turns }, { ms, turns });
    assertEquals(clock.longest < 10 + Math.max(ms, 3), true, `${clock.longest} ms without a turn`);
  }
});

it("paced() rejects with what the work throws", async () => {
  // deno-lint-ignore require-yield
  function* work(): Stepwise<void> {
    throw new RangeError("on purpose");
  }
  const error = await paced(work()).catch((reason) => reason);
  assertEquals(error instanceof RangeError, true);
});
