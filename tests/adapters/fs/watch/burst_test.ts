import type { RecordKind } from "../../../../src/domain/watch/event.ts";
import { assert_, assertEquals, it } from "../../../deps.ts";
import { FilesBench } from "../../../support/fake/files_bench.ts";
import type { Running } from "../../../support/fake/watch_bench.ts";

function benchOf(records: number): FilesBench {
  const bench = new FilesBench();
  for (let n = 0; n < records; n++) bench.records.put("task", `old${n}`, {});
  return bench;
}

/** Waits until the stream has settled down, and forgets what it did so far. */
async function calm(bench: FilesBench, running: Running): Promise<void> {
  while (bench.time.armed === 0) await bench.time.settle();
  await bench.time.advance(20);
  running.take();
  bench.records.lists = [];
  bench.records.looks = 0;
}

it("watchRecords() looks at one record for one change, however many there are", async () => {
  const bench = benchOf(1_000);
  const running = bench.start();
  await calm(bench, running);
  for (let n = 0; n < 50; n++) {
    bench.records.put("task", `new${n}`, {});
    await bench.time.advance(0.02);
  }
  await bench.time.advance(60);
  assertEquals(running.events.length, 50);
  assertEquals([bench.records.lists, bench.records.looks], [[], 50]);
  await running.stop();
});

it("watchRecords() does not list a folder for names that are no records", async () => {
  const bench = benchOf(3);
  const running = bench.start();
  await calm(bench, running);
  bench.records.hinting = false;
  bench.records.put("task", "staged", {});
  bench.records.hint({ about: "other", kind: "task" });
  await bench.time.advance(60);
  assertEquals([bench.records.lists, running.take()], [[], []]);
  await running.stop();
});

it("watchRecords() finds what a burst dropped, once it is quiet, in every folder", async () => {
  const bench = benchOf(3);
  const running = bench.start();
  await calm(bench, running);
  for (let n = 0; n < 30; n++) {
    bench.records.hinting = n < 10;
    bench.records.put("task", `t${n}`, {});
  }
  bench.records.put("intent", "unheard", {});
  await bench.time.settle();
  assertEquals(running.events.length, 10, "what is hinted is emitted at once");
  await bench.time.advance(0.07);
  assertEquals(new Set(running.lines()).size, 31);
  assertEquals(running.events.length, 31);
  await bench.time.advance(60);
  assertEquals(running.events.length, 31);
  assertEquals(bench.records.lists.sort(), ["intent", "task"]);
  await running.stop();
});

it("watchRecords() mistrusts a mark that was explained just before a burst", async () => {
  const bench = benchOf(3);
  const running = bench.start();
  await calm(bench, running);
  // The hint of the second change is still on its way when the first is looked at, and the mark
  // shows both; then a burst elsewhere swallows it.
  bench.records.hinting = false;
  bench.records.put("intent", "first", {});
  bench.records.put("intent", "second", {});
  bench.records.hint({ about: "record", kind: "intent", id: "first" });
  await bench.time.advance(0.5);
  assertEquals(running.take(), ["added intent first"]);
  bench.records.hinting = true;
  for (let n = 0; n < 10; n++) bench.records.put("task", `t${n}`, {});
  await bench.time.advance(0.1);
  assertEquals(running.lines().filter((line) => line.includes("intent")), ["added intent second"]);
  await running.stop();
});

it("watchRecords() notices a single change whose hint never came", async () => {
  const bench = benchOf(3);
  const running = bench.start();
  await calm(bench, running);
  bench.records.hinting = false;
  bench.records.put("task", "silent", {});
  await bench.time.advance(5.1);
  assertEquals(running.take(), ["added task silent"]);
  assertEquals(bench.records.lists, ["task"]);
  await running.stop();
});

it("watchRecords() compares while a burst lasts, and not all the time", async () => {
  const bench = benchOf(3);
  const running = bench.start();
  await calm(bench, running);
  for (let n = 0; n < 800; n++) {
    bench.records.hinting = n % 2 === 0;
    bench.records.put("task", `t${n}`, {});
    await bench.time.advance(0.001);
    if (n === 400) assert_(running.events.length > 300, `emitted ${running.events.length} of 400`);
  }
  const during = bench.records.lists.length;
  assert_(during >= 2 && during <= 4, `compared ${during} times in 0.8 s`);
  await bench.time.advance(0.1);
  assertEquals(new Set(running.lines()).size, 800);
  assertEquals(running.events.length, 800);
  await running.stop();
});

it("watchRecords() emits a record that is removed and made again in a burst as it ends up", async () => {
  const bench = benchOf(30);
  const running = bench.start();
  await calm(bench, running);
  for (let n = 0; n < 30; n++) {
    bench.records.hinting = n % 3 === 0;
    bench.records.remove("task", `old${n}`);
    if (n % 2 === 0) bench.records.put("task", `old${n}`, {});
  }
  await bench.time.advance(1);
  assertEquals(
    running.lines().sort(),
    Array.from({ length: 15 }, (_, n) => `removed task old${2 * n + 1}`).sort(),
  );
  await running.stop();
});

/** A generator of numbers below `n` that the seed decides. */
function randomOf(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9 | 0;
    return (state >>> 1) % n;
  };
}

it("watchRecords() leaves a consumer with the state of the records, whatever hints are lost", async () => {
  const kinds: RecordKind[] = ["task", "claim", "heartbeat"];
  for (let run = 0; run < 25; run++) {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = randomOf(seed);
    const bench = new FilesBench();
    const running = bench.start({ backend: random(4) === 0 ? "poll" : "native" });
    let version = 0;
    for (let step = 0; step < 150; step++) {
      const kind = kinds[random(3)] ?? "task";
      const id = `${random(12)}`;
      // Hints only get lost together with many that arrive.
      const burst = random(4) === 0 ? 24 : 1;
      let changes = 0;
      for (let n = 0; n < burst; n++) {
        bench.records.hinting = changes < 12;
        const name = n === 0 ? id : `${id}-${random(20)}`;
        const gone = random(3) === 0;
        const present = bench.records.ids(kind).includes(name);
        if (gone ? !present : kind === "task" && present) continue;
        changes++;
        if (gone) bench.records.remove(kind, name);
        else if (kind === "task") bench.records.put(kind, name, { name });
        else bench.records.put(kind, name, { transition: ++version });
      }
      if (random(2) === 0) await bench.time.advance(random(100) / 1000);
    }
    await bench.time.advance(12);
    for (const kind of kinds) {
      const state: Record<string, unknown> = {};
      for (const { event_type, kind: emitted, id, data } of running.events) {
        if (emitted !== kind) continue;
        assertEquals(
          id in state,
          event_type === "modified" || event_type === "removed",
          `seed ${seed}: ${event_type} ${kind} ${id}`,
        );
        if (event_type === "removed") delete state[id];
        else {
          if (event_type === "modified") assert_(state[id] !== data, `seed ${seed}: emitted twice`);
          state[id] = data;
        }
      }
      assertEquals(state, bench.records.all(kind), `seed ${seed}, ${kind}`);
    }
    await running.stop();
  }
});
