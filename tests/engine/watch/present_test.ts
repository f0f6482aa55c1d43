/** Where records stand when an event speaks of them, and the order of what was there. */
import type { JsonObject } from "../../../src/domain/json.ts";
import { assertEquals, it } from "../../deps.ts";
import { FilesBench } from "../../support/fake/files_bench.ts";
import { jsonOf } from "../../support/scene/event_data.ts";

const id = (letter: string) => `sha256:${letter.repeat(64)}`;

class Scene extends FilesBench {
  reserve(letter: string, created: number, ends: number): void {
    this.records.put("reservation", id(letter), {
      addresses: ["src"],
      created_at: this.time.iso(created),
      expires_at: this.time.iso(ends),
    });
  }

  beat(letter: string, at: number, ends: number): void {
    const instants = { last_beat_at: this.time.iso(at), extended_expires_at: this.time.iso(ends) };
    this.records.put("heartbeat", id(letter), instants);
  }

  release(letter: string, at: number): void {
    this.records.put("release", id(letter), { released_at: this.time.iso(at) });
  }

  enqueue(letter: string, created: number, ttl_seconds = 3_600): void {
    const created_at = this.time.iso(created);
    this.records.put("task", id(letter), { title: letter, created_at, ttl_seconds });
  }

  claim(letter: string, at: number, ends: number, more: JsonObject = {}): void {
    this.records.put("claim", id(letter), {
      claimer_run_id: "me",
      claimed_at: this.time.iso(at),
      expires_at: this.time.iso(ends),
      ...more,
    });
  }
}

const shown = { once: true, kinds: ["reservation", "task", "claim"] } as const;

it("watchRecords() emits snapshots of all kinds in the order of creation", async () => {
  const bench = new Scene();
  bench.reserve("c", -10, 600);
  bench.release("c", -3);
  bench.enqueue("a", -20);
  bench.enqueue("b", -5);
  bench.claim("b", -4, 600);
  bench.enqueue("0", -5);
  const running = bench.start({ once: true });
  await running.done;
  assertEquals(running.events.map((event) => `${event.kind} ${event.id?.at(-1)}`), [
    "task a",
    "reservation c",
    "task 0",
    "task b",
    "claim b",
    "release c",
  ]);
});

it("watchRecords() says of each snapshot where the record stands", async () => {
  const bench = new Scene();
  bench.reserve("1", -90, 600);
  bench.reserve("2", -89, 600);
  bench.release("2", -5);
  bench.reserve("3", -88, -1);
  bench.reserve("4", -87, -1);
  bench.beat("4", -2, 300);
  bench.enqueue("5", -86);
  bench.enqueue("6", -85, 10);
  bench.enqueue("7", -84);
  bench.claim("7", -70, -1);
  bench.enqueue("8", -83, 10);
  bench.claim("8", -69, -1, { status: "completed" });
  const running = bench.start(shown);
  await running.done;
  const states = running.events.map((event) => {
    const { status = "claimed", expires_at } = jsonOf(event);
    return `${event.kind} ${event.id?.at(-1)} ${status}${
      event.kind === "reservation" ? ` until ${expires_at}` : ""
    }`;
  });
  assertEquals(states, [
    `reservation 1 live until ${bench.time.iso(600)}`,
    `reservation 2 released until ${bench.time.iso(600)}`,
    `reservation 3 expired until ${bench.time.iso(-1)}`,
    `reservation 4 live until ${bench.time.iso(300)}`,
    "task 5 pending",
    "task 6 expired",
    "task 7 timed_out",
    "task 8 completed",
    "claim 7 timed_out",
    "claim 8 completed",
  ]);
});

it("watchRecords() says where a record stands when it expires, and removes what was known", async () => {
  const bench = new Scene();
  bench.reserve("1", 0, 10);
  bench.claim("2", 0, 20);
  const running = bench.start({ snapshot: false });
  await bench.time.advance(30);
  bench.records.remove("claim", id("2"));
  await bench.time.settle();
  assertEquals(
    running.events.map((event) => [event.event_type, event.kind, jsonOf(event).status ?? null]),
    [["expired", "reservation", "expired"], ["expired", "claim", "timed_out"], [
      "removed",
      "claim",
      null,
    ]],
  );
  await running.stop();
});

it("watchRecords() emits once that the ttl of a pending task passed, and of no other", async () => {
  const bench = new Scene();
  bench.enqueue("1", -100, 50); // had expired
  bench.enqueue("2", 0, 50);
  bench.enqueue("3", 0, 60);
  bench.claim("3", 0, 30, { status: "completed" });
  bench.enqueue("4", 0, 60);
  const running = bench.start({ snapshot: false, kinds: ["task"] });
  await bench.time.advance(49.999);
  assertEquals(running.lines(), []);
  await bench.time.advance(0.001);
  await bench.time.settle();
  assertEquals(running.lines(), [`expired task ${id("2")}`]);
  assertEquals(running.events.map((event) => jsonOf(event).status), ["expired"]);
  bench.records.hinting = false;
  bench.claim("4", 55, 200); // no hint of it came
  await bench.time.advance(500);
  assertEquals(running.lines(), [`expired task ${id("2")}`]);
  await running.stop();
});

it("watchRecords() emits a task's expiry once across restarts with a cursor", async () => {
  const bench = new Scene();
  bench.enqueue("1", 0, 50);
  const cursor = "/home/position";
  assertEquals(await bench.emitted({ once: true, cursor }), [`snapshot task ${id("1")}`]);
  await bench.time.advance(60);
  assertEquals(await bench.emitted({ once: true, cursor }), [`expired task ${id("1")}`]);
  assertEquals(await bench.emitted({ once: true, cursor }), []);
});
