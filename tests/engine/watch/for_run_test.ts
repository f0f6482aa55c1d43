/** A stream of what concerns one run. */
import type { JsonObject } from "../../../src/domain/json.ts";
import { LAPSE_NOTICE } from "../../../src/domain/limits.ts";
import { assertEquals, it } from "../../deps.ts";
import { FilesBench } from "../../support/fake/files_bench.ts";

const ME = "claude:session";
const HELPER = "claude:session/helper";

class Scene extends FilesBench {
  reserve(id: string, run_id: string, addresses: readonly string[], ends = 3_600): void {
    const created_at = this.time.iso(this.#now());
    const expires_at = this.time.iso(this.#now() + ends);
    this.records.put("reservation", id, {
      run_id,
      addresses: [...addresses],
      created_at,
      expires_at,
    });
  }

  beat(id: string, run_id: string, ends: number): void {
    const last_beat_at = this.time.iso(this.#now());
    const extended_expires_at = this.time.iso(this.#now() + ends);
    this.records.put("heartbeat", id, { run_id, last_beat_at, extended_expires_at });
  }

  release(id: string, run_id: string, reason = "completed"): void {
    this.records.put("release", id, { run_id, reason, released_at: this.time.iso(this.#now()) });
  }

  intend(id: string, run_id: string, addresses: readonly string[]): void {
    const created_at = this.time.iso(this.#now());
    this.records.put("intent", id, {
      run_id,
      addresses: [...addresses],
      created_at,
      reservation_id: null,
      operation: "modify",
    });
  }

  enqueue(id: string, created_by: string, ttl_seconds = 86_400): void {
    const created_at = this.time.iso(this.#now());
    this.records.put("task", id, { title: id, created_by, created_at, ttl_seconds });
  }

  claim(id: string, claimer_run_id: string, transition: number, more: JsonObject = {}): void {
    const now = this.time.iso(this.#now());
    this.records.put("claim", id, {
      claimer_run_id,
      claimed_at: now,
      heartbeat_at: now,
      expires_at: this.time.iso(this.#now() + 3_600),
      transition,
      status: "claimed",
      ...more,
    });
  }

  lease(id: string, holder: string, tree: readonly string[], more: JsonObject = {}): void {
    const acquired_at = this.time.iso(this.#now());
    this.records.put("lane", id, {
      op: "acquired",
      lane: id.slice(0, id.indexOf("@")),
      holder,
      tree: [...tree],
      acquired_at,
      heartbeat_at: acquired_at,
      ttl_seconds: 3_600,
      fence: 1,
      ...more,
    });
  }

  #now(): number {
    return this.time.timers.now() / 1_000;
  }
}

/** What a stream for the run emits after the scene has played. */
async function emitted(
  play: (scene: Scene) => Promise<void> | void,
  before: (scene: Scene) => void = () => {},
): Promise<string[]> {
  const scene = new Scene();
  before(scene);
  const running = scene.start({ forRun: ME });
  await scene.time.settle();
  await play(scene);
  await scene.time.settle();
  await running.stop();
  return running.lines();
}

it("watchRecords() for a run begins with what it holds, its tasks, and who wants what it holds", async () => {
  const lines = await emitted(() => {}, (scene) => {
    scene.reserve("mine", ME, ["src/billing.py"]);
    scene.reserve("ended", ME, ["docs"]);
    scene.release("ended", ME);
    scene.reserve("wants", "b", ["src"]);
    scene.reserve("apart", "b", ["tests"]);
    scene.reserve("past", "b", ["docs"]);
    scene.intend("plan", "c", ["src/billing.py::total"]);
    scene.enqueue("task", ME);
    scene.enqueue("theirs", "b");
    scene.enqueue("claimed", "b");
    scene.claim("claimed", HELPER, 1);
  });
  assertEquals(lines, [
    "snapshot reservation mine",
    "snapshot reservation wants",
    "snapshot intent plan",
    "snapshot task task",
    "snapshot claim claimed",
  ]);
});

it("watchRecords() for a run emits what others want of what it holds, and not what it does itself", async () => {
  const lines = await emitted(async (scene) => {
    scene.reserve("mine", ME, ["src/**/*.ts"]);
    scene.lease("api@1", ME, ["api/**"]);
    await scene.time.settle();
    scene.reserve("b1", "b", ["src/a.ts"]);
    scene.reserve("b2", "b", ["docs/a.md"]);
    scene.reserve("b3", "b", ["api/x"]);
    scene.intend("b4", "b", ["src"]);
    scene.lease("web@1", "b", ["src/web/**"]);
    scene.reserve("h", HELPER, ["src/a.ts"]);
    await scene.time.settle();
    scene.beat("mine", ME, 3_600);
    scene.beat("b1", "b", 3_600);
    scene.release("b1", "b");
    scene.release("mine", ME);
    await scene.time.settle();
    scene.reserve("late", "b", ["src/b.ts"]);
  });
  assertEquals(lines.toSorted(), [
    "added intent b4",
    "added lane web@1",
    "added reservation b1",
    "added reservation b3",
  ]);
});

it("watchRecords() for a run says before a hold lapses, and when it has", async () => {
  const notice = LAPSE_NOTICE.ms / 1_000; // a quarter of an hour is longer
  const scene = new Scene();
  scene.reserve("mine", ME, ["a"]);
  scene.reserve("short", ME, ["b"], 40);
  scene.reserve("theirs", "b", ["c"]);
  const running = scene.start({ forRun: ME, snapshot: false });
  await scene.time.advance(29.999);
  assertEquals(running.take(), []);
  await scene.time.advance(0.001);
  assertEquals(running.take(), ["expiring reservation short"]);
  await scene.time.advance(10);
  assertEquals(running.take(), ["expired reservation short"]);
  await scene.time.advance(3_600 - notice - 40.001);
  assertEquals(running.take(), []);
  await scene.time.advance(0.001);
  assertEquals(running.take(), ["expiring reservation mine"]);
  scene.beat("mine", ME, 3_600);
  await scene.time.advance(3_600 - notice);
  assertEquals(running.take(), ["expiring reservation mine"]);
  await scene.time.advance(notice);
  assertEquals(running.take(), ["expired reservation mine"]);
  await running.stop();
});

it("watchRecords() for a run says that a claim, a lease and a reservation were lost", async () => {
  const lines = await emitted(async (scene) => {
    scene.enqueue("t", "b");
    scene.enqueue("u", "b");
    scene.claim("t", ME, 1);
    scene.claim("u", ME, 1);
    scene.lease("api@1", ME, ["api"]);
    scene.lease("web@1", ME, ["web"]);
    scene.reserve("mine", ME, ["src"]);
    await scene.time.settle();
    scene.claim("t", "c", 2);
    scene.claim("u", ME, 2, { status: "cancelled", cancelled_by: "b" });
    scene.lease("api@1", "c", ["api"], { op: "adopted", fence: 2 });
    scene.records.remove("lane", "web@1");
    scene.release("mine", "c", "expired");
    await scene.time.settle();
    scene.claim("t", "c", 3, { status: "completed" });
  });
  assertEquals(lines.toSorted(), [
    "added release mine",
    "modified claim t",
    "modified claim u",
    "modified lane api@1",
  ]);
});

it("watchRecords() for a run says what becomes of its tasks, by whichever run", async () => {
  const lines = await emitted(async (scene) => {
    scene.enqueue("t", ME);
    scene.enqueue("old", ME, 60);
    scene.enqueue("theirs", "b");
    await scene.time.settle();
    scene.claim("t", "b", 1);
    scene.claim("theirs", "c", 1);
    await scene.time.settle();
    scene.claim("t", "b", 2, { status: "completed" });
    await scene.time.advance(100);
  });
  assertEquals(lines, ["added claim t", "modified claim t", "expired task old"]);
});

it("watchRecords() for a run loses no news of what was taken from it while no stream ran", async () => {
  const scene = new Scene();
  const options = { once: true, cursor: "/home/position", forRun: ME } as const;
  scene.enqueue("t", "b");
  scene.claim("t", ME, 1);
  assertEquals(await scene.emitted(options), ["snapshot claim t"]);
  scene.claim("t", "b", 2);
  assertEquals(await scene.emitted(options), ["modified claim t"]);
  assertEquals(await scene.emitted(options), []);
});
