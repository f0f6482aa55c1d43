import { CoordError } from "../../src/domain/errors.ts";
import { Beating, type Held } from "../../src/engine/hold/heartbeat_loop.ts";
import { HostError } from "../../src/ports/host.ts";
import { assertEquals, it } from "../deps.ts";
import { FakeTime } from "../support/fake/time.ts";

const FULL_DISK = new CoordError("io_error", "no space left");
const GONE = new CoordError("not_holder", "holder is another");

/** An answer to a beat; `"never"` is none at all. */
type Answer = "ok" | "never" | CoordError | Error;

interface Given {
  readonly answers?: readonly Answer[];
  readonly held?: Partial<Held>;
  /** Seconds that are left of the grant. */
  readonly left?: number;
}

/** A hold of 30 s: each beat is answered by the next of `answers`, then well. */
function hold({ answers = [], held = {}, left = 30 }: Given = {}) {
  const time = new FakeTime();
  const seconds = () => Math.round(time.timers.now()) / 1000;
  const left_ = [...answers];
  const sent: number[] = [];
  const looked: number[] = [];
  const lostAt: number[] = [];
  const state = { setBy: 0, listening: 0, hint: () => {} };
  const clock = () => time.clock() + state.setBy * 1000;
  const beating = new Beating({
    what: "the thing",
    ttlSeconds: 30,
    endsMs: time.clock() + left * 1000,
    async beat() {
      sent.push(seconds());
      const answer = left_.shift() ?? "ok";
      if (answer === "never") return await new Promise<number>(() => {});
      if (answer === GONE) return GONE;
      if (answer !== "ok") throw answer;
      return clock() + 30_000;
    },
    look() {
      looked.push(seconds());
      return Promise.resolve(undefined);
    },
    listen(look) {
      state.listening++;
      state.hint = look;
      return { close: () => void state.listening-- };
    },
    ...held,
  }, { clock, timers: time.timers });
  beating.lost.addEventListener("abort", () => lostAt.push(seconds()));
  const lost = () => ({ at: lostAt, code: beating.lost.reason?.code as string | undefined });
  return { time, sent, looked, beating, state, lost };
}

const KEPT = { at: [], code: undefined };

it("Beating beats three times in the hold's time", async () => {
  const { time, sent, beating, lost, state } = hold();
  await time.advance(65);
  assertEquals(sent, [10, 20, 30, 40, 50, 60]);
  beating.stop();
  await time.advance(100);
  assertEquals(
    { beats: sent.length, armed: time.armed, listening: state.listening, lost: lost() },
    { beats: 6, armed: 0, listening: 0, lost: KEPT },
  );
});

it("Beating is lost by what a beat says, and beats no more", async () => {
  const { time, sent, beating, state } = hold({ answers: ["ok", GONE] });
  await time.advance(100);
  assertEquals({ sent, armed: time.armed, listening: state.listening }, {
    sent: [10, 20],
    armed: 0,
    listening: 0,
  });
  assertEquals(beating.lost.reason, GONE);
});

it("Beating bears failures, and tries again sooner", async () => {
  const { time, sent, lost } = hold({ answers: ["ok", FULL_DISK, FULL_DISK, "ok"] });
  await time.advance(60);
  assertEquals({ sent, lost: lost() }, { sent: [10, 20, 25, 30, 40, 50, 60], lost: KEPT });
});

it("Beating is lost before the hold's end when beats fail", async () => {
  for (const failure of [FULL_DISK, new HostError("no_space", "write", "/w")]) {
    const { time, sent, lost } = hold({ answers: ["ok", ...new Array(9).fill(failure)] });
    await time.advance(100);
    // The last beat that was answered went out at 10, and held until 40.
    assertEquals({ sent, lost: lost() }, {
      sent: [10, 20, 25, 30, 35],
      lost: { at: [37], code: "io_error" },
    });
  }
});

it("Beating is lost before the hold's end when a beat is never answered", async () => {
  const { time, sent, lost } = hold({ answers: ["ok", "never"] });
  await time.advance(100);
  assertEquals({ sent, lost: lost(), armed: time.armed }, {
    sent: [10, 20],
    lost: { at: [37], code: "expired" },
    armed: 0,
  });
});

it("Beating is lost at once by an error that is none of the machine's", async () => {
  const answers: Answer[] = [
    new TypeError("a bug"),
    new CoordError("not_found", "no such task"),
    new CoordError("no_workspace", "it is gone"),
  ];
  const codes: unknown[] = [];
  for (const answer of answers) {
    const { time, lost } = hold({ answers: [answer] });
    await time.advance(100);
    codes.push(lost());
  }
  assertEquals(codes, [
    { at: [10], code: "internal" },
    { at: [10], code: "not_found" },
    { at: [10], code: "no_workspace" },
  ]);
});

it("Beating is lost at once when a beat, a look or listening throws a bug", async () => {
  const bug = () => {
    throw new TypeError("a bug");
  };
  const seen: unknown[] = [];
  for (const held of [{ beat: bug }, { look: bug }, { listen: bug }]) {
    const { time, lost } = hold({ held });
    await time.advance(100);
    seen.push(lost());
  }
  assertEquals(seen, [
    { at: [10], code: "internal" },
    { at: [0.2], code: "internal" },
    { at: [0.2], code: "internal" },
  ]);
});

it("Beating is lost at once by what a look finds", async () => {
  const found: CoordError[] = [];
  const { time, state, lost, sent } = hold({ held: { look: () => Promise.resolve(found[0]) } });
  await time.advance(3);
  found.push(GONE);
  state.hint();
  await time.settle();
  await time.advance(100);
  assertEquals({ lost: lost(), sent, listening: state.listening, armed: time.armed }, {
    lost: { at: [3], code: "not_holder" },
    sent: [],
    listening: 0,
    armed: 0,
  });
});

it("Beating looks once more when something comes while it looks", async () => {
  let finish = () => {};
  let looks = 0;
  const look = () =>
    new Promise<CoordError | undefined>((resolve) => {
      const why = ++looks === 2 ? GONE : undefined;
      finish = () => resolve(why);
    });
  const { time, state, lost } = hold({ held: { look } });
  await time.advance(1);
  state.hint();
  state.hint();
  finish();
  await time.settle();
  finish();
  await time.settle();
  assertEquals({ looks, lost: lost() }, { looks: 2, lost: { at: [1], code: "not_holder" } });
});

it("Beating leaves it to beats and to its deadline when it cannot look", async () => {
  const look = () => Promise.reject(FULL_DISK);
  const { time, state, lost } = hold({ held: { look } });
  await time.advance(1);
  state.hint();
  await time.advance(50);
  assertEquals(lost(), KEPT);
});

it("Beating keeps what is left of a grant that came late", async () => {
  const late = hold({ left: 3 });
  await late.time.advance(20);
  assertEquals({ sent: late.sent, lost: late.lost() }, { sent: [1, 11], lost: KEPT });
  const over = hold({ left: -1 });
  await over.time.advance(20);
  assertEquals({ sent: over.sent, lost: over.lost() }, {
    sent: [],
    lost: { at: [0], code: "expired" },
  });
});

it("Beating goes on and ends in time whichever way the clock is set", async () => {
  for (const setBy of [-3_600, 3_600]) {
    const good = hold();
    await good.time.advance(1);
    good.state.setBy = setBy;
    await good.time.advance(100);
    assertEquals(good.lost(), KEPT, `set by ${setBy} s`);
    const bad = hold({ answers: ["ok", "never"] });
    await bad.time.advance(11);
    bad.state.setBy = setBy;
    await bad.time.advance(100);
    assertEquals(bad.lost(), { at: [37], code: "expired" }, `set by ${setBy} s`);
  }
});

it("Beating asks at once whether the hold is still there when the clock passes its end", async () => {
  const { time, sent, state } = hold();
  await time.advance(1);
  state.setBy = 60;
  state.hint();
  await time.settle();
  assertEquals(sent, [1]);
});

it("Beating reports when the hold ends", async () => {
  const { time, beating } = hold();
  assertEquals(beating.expiresAt, time.iso(30));
  await time.advance(12);
  assertEquals(beating.expiresAt, time.iso(40));
});

it("Beating bears a time of a year, whatever timers can", async () => {
  const year = 31_536_000;
  const { time, sent, lost } = hold({ held: { ttlSeconds: year }, left: year });
  await time.advance(year);
  assertEquals({ beats: sent.length, lost: lost() }, { beats: 3, lost: KEPT });
});

it("Beating that was stopped in the middle of a beat stays stopped", async () => {
  for (const answer of [1, GONE, FULL_DISK, new TypeError("a bug")]) {
    let finish = () => {};
    const beat = () =>
      new Promise<number | CoordError>((resolve, reject) => {
        finish = () => answer === 1 || answer === GONE ? resolve(answer as number) : reject(answer);
      });
    const { time, beating, lost } = hold({ held: { beat } });
    await time.advance(10);
    beating.stop();
    finish();
    await time.settle();
    assertEquals({ armed: time.armed, over: beating.over, lost: lost() }, {
      armed: 0,
      over: true,
      lost: KEPT,
    });
  }
});
