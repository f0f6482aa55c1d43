import { CoordError } from "../../src/domain/errors.ts";
import { Beating } from "../../src/engine/beating.ts";
import { assertEquals, it } from "../deps.ts";
import { FakeTime } from "../support/fake_records.ts";

const FULL_DISK = new CoordError("io_error", "no space left");

/** Beats of a hold of 30 s, each answered by the next of `answers`, then well. */
function beat(...answers: (string | undefined | CoordError)[]) {
  const time = new FakeTime();
  const sent: number[] = [];
  const beating = new Beating(30, async () => {
    sent.push(time.timers.now() / 1000);
    const answer = answers.shift();
    if (answer instanceof CoordError) throw answer;
    return answer;
  }, time.timers);
  return { time, sent, beating };
}

it("Beating beats three times in the hold's time", async () => {
  const { time, sent, beating } = beat();
  await time.advance(65);
  assertEquals(sent, [10, 20, 30, 40, 50, 60]);
  beating.stop();
  await time.advance(100);
  assertEquals([sent.length, time.armed, beating.lost.aborted], [6, 0, false]);
});

it("Beating tells that the hold is lost, and beats no more", async () => {
  const { time, sent, beating } = beat(undefined, "holder is another");
  await time.advance(100);
  assertEquals([sent, time.armed], [[10, 20], 0]);
  assertEquals(String(beating.lost.reason), "Error: holder is another");
});

it("Beating bears failures until the hold's time is over", async () => {
  const { time, sent, beating } = beat(undefined, FULL_DISK, FULL_DISK, undefined);
  await time.advance(75);
  assertEquals([sent, beating.lost.aborted], [[10, 20, 30, 40, 50, 60, 70], false]);
  beating.stop();
  const doomed = beat(undefined, FULL_DISK, FULL_DISK, FULL_DISK);
  await doomed.time.advance(100);
  // The last good beat was sent at 10, and held for 30 s.
  assertEquals([doomed.sent, doomed.beating.lost.reason], [[10, 20, 30, 40], FULL_DISK]);
});

it("Beating that was stopped in the middle of a beat stays stopped", async () => {
  for (const answer of [undefined, "gone", FULL_DISK]) {
    const time = new FakeTime();
    let finish = () => {};
    const beating = new Beating(30, () =>
      new Promise((resolve, reject) => {
        finish = () => answer instanceof CoordError ? reject(answer) : resolve(answer);
      }), time.timers);
    await time.advance(10);
    beating.stop();
    finish();
    await time.settle();
    assertEquals([time.armed, beating.over, beating.lost.aborted], [0, true, false]);
  }
});
