import { notifyOrPoll } from "../../src/async/notify_or_poll.ts";
import { HostError } from "../../src/ports/host.ts";
import { assertEquals, assertThrows, it } from "../deps.ts";
import { FakeTime } from "../support/fake/time.ts";

/** A notification that starts or not, and the seconds in which everything was looked at. */
function notice(given: { fails?: unknown; safetyMs?: number } = {}) {
  const time = new FakeTime();
  const looks: number[] = [];
  const warnings: string[] = [];
  let breakOff = (_error: unknown) => {};
  let closed = 0;
  const watch = notifyOrPoll((onError) => {
    if (given.fails !== undefined) throw given.fails;
    breakOff = onError;
    return { close: () => void closed++ };
  }, {
    look: () => void looks.push(time.timers.now() / 1000),
    ...(given.safetyMs !== undefined && { safetyMs: given.safetyMs }),
    warn: (message) => void warnings.push(message),
    timers: time.timers,
  });
  return { time, looks, warnings, watch, breakOff, closed: () => closed };
}

const LIMIT = new HostError("limit", "watch", "/w");
const WARNING = "The kernel cannot notify, looking every 500 ms instead: " + LIMIT.message;

it("notifyOrPoll() leaves it to the kernel where that notifies", async () => {
  const { time, looks, warnings, watch, closed } = notice();
  await time.advance(100);
  watch.close();
  assertEquals({ looks, warnings, closed: closed(), armed: time.armed }, {
    looks: [],
    warnings: [],
    closed: 1,
    armed: 0,
  });
});

it("notifyOrPoll() looks now and then where the kernel may be silent", async () => {
  const { time, looks, watch } = notice({ safetyMs: 4_000 });
  await time.advance(13);
  watch.close();
  await time.advance(13);
  assertEquals({ looks, armed: time.armed }, { looks: [4, 8, 12], armed: 0 });
});

it("notifyOrPoll() looks twice a second where notification cannot start, and says so", async () => {
  const { time, looks, warnings, watch } = notice({ fails: LIMIT, safetyMs: 4_000 });
  await time.advance(1.6);
  watch.close();
  await time.advance(9);
  assertEquals({ looks, warnings, armed: time.armed }, {
    looks: [0.5, 1, 1.5],
    warnings: [WARNING],
    armed: 0,
  });
});

it("notifyOrPoll() looks twice a second from the moment that notification breaks off", async () => {
  const { time, looks, warnings, breakOff, watch } = notice({ safetyMs: 4_000 });
  await time.advance(5);
  breakOff(LIMIT);
  await time.advance(1);
  watch.close();
  assertEquals({ looks, warnings }, { looks: [4, 5.5, 6], warnings: [WARNING] });
});

it("notifyOrPoll() says nothing of a break after it was closed", async () => {
  const { time, looks, warnings, breakOff, watch } = notice();
  watch.close();
  breakOff(LIMIT);
  await time.advance(9);
  assertEquals({ looks, warnings, armed: time.armed }, { looks: [], warnings: [], armed: 0 });
});

it("notifyOrPoll() passes on what is no failure of the machine", () => {
  assertThrows(() => notice({ fails: new TypeError("a bug") }), TypeError, "a bug");
});
