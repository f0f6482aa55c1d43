import {
  assert_,
  assertEquals,
  assertRejects,
  assertThrows,
  it as itAnywhere,
  itIf,
} from "../deps.ts";
import { type MutexLine, validHolds } from "../support/race/mutex_log.ts";
import { isLinux, MutexRace, type MutexVerdict } from "../support/race/mutex_race.ts";
import { originOf } from "../support/race/recorder.ts";
import { sleep } from "../support/race/processes.ts";
import { sized } from "../support/length.ts";
import { newSeed } from "../support/random.ts";

const it = itIf(isLinux, "it needs /proc and stop signals");

const STALE_MS = 400;
const KILLED_STALE_MS = 60_000;
/** Holds that a race goes on for at least, however slow the machine. */
const HOLDS = 20;
const SIZE = sized(
  { workers: 4, seconds: 1, rounds: 1, pauses: 200 },
  { workers: 8, seconds: 15, rounds: 1, pauses: 800 },
  { workers: 8, seconds: 25, rounds: 8, pauses: 800 },
);
const KILLS = sized(2, 10, 60);

function shown({ holds, overtaken, longestGap, afterKill }: MutexVerdict): string {
  return `${holds} holds, ${overtaken} overtaken, ${longestGap.toFixed(0)} ms without any, ` +
    `${afterKill.toFixed(0)} ms after a holder was killed`;
}

it("a counter under the mutex loses nothing to kills, and to stops past the stale bound", async () => {
  for (let round = 0; round < SIZE.rounds; round++) {
    const race = new MutexRace({ ...SIZE, staleMs: STALE_MS }, newSeed("mutex race"));
    const disturbed: Promise<void>[] = [];
    await race.underWay();
    for (const end = Date.now() + SIZE.seconds * 1000; Date.now() < end;) {
      await sleep(race.random.below(SIZE.pauses));
      if (race.random.chance(0.5)) race.killAny();
      else disturbed.push(race.stopAny(STALE_MS * (0.5 + 2 * race.random.next())));
    }
    await Promise.all(disturbed);
    await race.heldOften(HOLDS);
    const verdict = await race.verdict();
    console.log(shown(verdict));
    assert_(verdict.holds > HOLDS && verdict.longestGap < 2_000 + 10 * STALE_MS, shown(verdict));
  }
});

it("of eight processes others hold the mutex as soon as its holder was killed", async () => {
  const race = new MutexRace({ workers: 8, staleMs: KILLED_STALE_MS }, newSeed("mutex kills"));
  await race.underWay();
  let kills = 0;
  for (let tries = 0; tries < 3 * KILLS && kills < KILLS; tries++) {
    if (await race.killHolder()) kills++;
    await sleep(race.random.below(300));
  }
  await race.heldOften(HOLDS);
  const verdict = await race.verdict();
  console.log(`${kills} kills: ${shown(verdict)}`);
  assert_(kills > 0 && verdict.holds > HOLDS, shown(verdict));
  assert_(verdict.overtaken === 0, "no live holder is overtaken");
  // Without a look at the process they would wait for the stale bound. How fast they are otherwise
  // says how busy the machine is.
  assert_(verdict.afterKill < KILLED_STALE_MS / 2, shown(verdict));
});

/** Lines as `begun a 1`, `ending a 1`, `valid a 1`, or `lost a 1`. */
function linesOf(...texts: readonly string[]): MutexLine[] {
  return texts.map((text, at) => {
    const [kind, worker = "", number] = text.split(" ");
    const hold = Number(number);
    return kind === "begun" || kind === "ending"
      ? { kind, worker, hold, at }
      : { kind: "looked", worker, hold, renewed: hold, valid: kind === "valid", counted: false };
  });
}

itAnywhere("validHolds() finds a hold that was called valid after another one had begun", () => {
  const late = ["begun a 1", "begun b 2", "ending a 1", "valid a 1"];
  assertThrows(() => validHolds(linesOf(...late)), Error, "a found hold 1 valid after hold 2");
  // What follows on the look, or begins late, is no second holder.
  const right = ["begun a 1", "ending a 1", "begun b 2", "valid a 1", "ending b 2", "valid b 2"];
  assertEquals(validHolds(linesOf(...right)), [
    { hold: 1, from: 0, to: 1 },
    { hold: 2, from: 2, to: 4 },
  ]);
  const slept = ["begun b 2", "begun a 1", "ending a 1", "lost a 1", "ending b 2", "valid b 2"];
  assertEquals(validHolds(linesOf(...slept)), [{ hold: 2, from: 0, to: 4 }]);
});

it("the race finds two holders where those that are overtaken do not look", async () => {
  const race = new MutexRace({ workers: 3, staleMs: -1, looks: false }, newSeed("mutex blind"));
  await race.underWay();
  await sleep(300);
  await assertRejects(() => race.verdict(), Error, "two holders");
});

itAnywhere("originOf() is right for a process that does not run between two readings", () => {
  for (let pause = 1; pause < 200; pause++) {
    let [now, readings] = [1_000.25, 0];
    // Each reading takes 20 microseconds, and after one of them the process waits for 4 ms.
    const read = () => now += readings++ === pause ? 4 : 0.02;
    const origin = originOf(() => Math.floor(read()), () => read() - 900);
    assert_(Math.abs(origin - 900) < 0.1, `${origin} after a pause at ${pause}`);
  }
});
