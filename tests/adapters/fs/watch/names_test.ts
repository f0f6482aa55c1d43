/** Names and the kernel's notes as hints: what coord changes, by the folders of a workspace. */
import { FsRecordSource } from "../../../../src/adapters/fs/watch/record_source.ts";
import { differences } from "../../../../src/adapters/fs/watch/hints/name_looks.ts";
import type { IntervalWatch, RecordHint } from "../../../../src/adapters/fs/watch/records.ts";
import { Layout } from "../../../../src/adapters/fs/layout.ts";
import { FILED_KINDS } from "../../../../src/domain/watch/event.ts";
import type { Host } from "../../../../src/ports/host.ts";
import { assert_, assertEquals, it, itIf } from "../../../deps.ts";
import { detectHost } from "../../../../src/host/detect.ts";
import { sized } from "../../../support/length.ts";
import { workspace } from "../../../support/scene/workspace.ts";

const { os, runtime } = await detectHost();
const itNotes = itIf(os === "linux" && runtime !== "node", "inotify is Linux', by Deno or Bun");

const STEPS = sized(80, 600, 5_000);

/** What one who looks at intervals has heard of a workspace so far. */
class Looker {
  readonly source: FsRecordSource;
  /** Versions by kind and id, without what says that a file is the same. */
  readonly known = new Map<string, string>();
  #watch: IntervalWatch | undefined;
  #hints: RecordHint[] = [];

  constructor(host: Host, path: string) {
    this.source = new FsRecordSource(host, new Layout(path), () => {});
  }

  async start(by: "byNames" | "byNotices"): Promise<this> {
    const onHint = (hint: RecordHint) => void this.#hints.push(hint);
    this.#watch = await this.source[by](FILED_KINDS, onHint, 150);
    assert_(this.#watch !== undefined, `nothing is heard ${by}`);
    return this;
  }

  close(): void {
    this.#watch?.close();
  }

  /** Looks at what is hinted at; how many hints there were. */
  take(): number {
    this.#watch?.look();
    const hints = this.#hints.splice(0);
    for (const hint of hints) {
      if (hint.about !== "record") continue;
      const { kind, id, look = (known) => this.source.look(kind, id, known) } = hint;
      const key = `${kind}/${id}`;
      const found = look(this.known.get(key));
      if (found.kind === "record") this.known.set(key, found.version);
      else if (found.kind === "gone") this.known.delete(key);
    }
    return hints.length;
  }

  /** What a comparison of all records finds. */
  truth(): [string, string][] {
    return FILED_KINDS.flatMap((kind) =>
      this.source.list(kind).ids.flatMap((id): [string, string][] => {
        const found = this.source.look(kind, id, undefined);
        return found.kind === "record" ? [[`${kind}/${id}`, content(found.version)]] : [];
      })
    ).sort();
  }

  said(): [string, string][] {
    return [...this.known].map(([key, version]): [string, string] => [key, content(version)])
      .sort();
  }
}

function content(version: string): string {
  return version.slice(0, version.indexOf("@"));
}

/** A generator of numbers below `n` that the seed decides. */
function randomOf(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9 | 0;
    return (state >>> 1) % n;
  };
}

it("differences() has each name that is in one listing alone, whatever the order", () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const random = randomOf(seed);
  for (let run = 0; run < 300; run++) {
    const names = Array.from({ length: random(60) }, (_, n) => `${n}`);
    const some = (share: number) => names.filter(() => random(100) < share);
    const [before, now] = [some(90), some(run % 2 === 0 ? 90 : 40)];
    const isOrdered = run % 3 > 0;
    if (!isOrdered) now.sort(() => random(3) - 1);
    const alone = new Set(before).symmetricDifference(new Set(now));
    const found = differences(before, now);
    assertEquals(alone.difference(new Set(found)), new Set(), `seed ${seed}, run ${run}`);
    if (isOrdered) assertEquals(found.length, alone.size, `seed ${seed}, run ${run}`);
  }
  const long = Array.from({ length: 1_000 }, (_, n) => `${n}`);
  assertEquals(differences(long, long.toReversed()), []);
});

async function hintsAtAll(by: "byNames" | "byNotices"): Promise<void> {
  const { host, path, coord, clock } = await workspace();
  const seed = Math.floor(Math.random() * 2 ** 31);
  const random = randomOf(seed);
  const names = await new Looker(host, path).start(by);
  const tasks: string[] = [];
  const held: { id: string; runId: string }[] = [];
  const pick = <T>(items: readonly T[]): T => items[random(items.length)] as T;
  for (let step = 0; step < STEPS; step++) {
    const runId = `agent-${random(3)}`;
    const id = tasks.length === 0 ? "" : pick(tasks);
    const force = { id, runId, force: true };
    clock.advance(random(20));
    const acts: (() => Promise<unknown>)[] = [
      async () => tasks.push((await coord.tasks.enqueue({ title: `t${step}` })).task_id),
      () => coord.tasks.claim({ runId, claimTtl: 60 }),
      // Enough that slots of earlier heartbeats go.
      async () => {
        const claimed = await coord.tasks.claim({ runId, claimTtl: 3_600 });
        if (claimed.status !== "claimed") return;
        const beats = random(2) * 40;
        for (let n = 0; n < beats; n++) {
          await coord.tasks.heartbeat({ id: claimed.task_id, runId, note: `${n}` });
        }
      },
      () => coord.tasks.complete(force),
      () => coord.tasks.fail({ ...force, error: "exit code 1" }),
      () => coord.tasks.requeue({ ids: [id], runId, force: true }),
      () => coord.tasks.cancel(force),
      async () => {
        const exclusive = random(2) === 0;
        const addresses = [`src/${random(6)}.ts`];
        const made = await coord.reservations.reserve({ addresses, runId, exclusive, ttl: 600 });
        if ("reservation_id" in made) held.push({ id: made.reservation_id as string, runId });
      },
      () => coord.reservations.heartbeat(pick(held)),
      () => coord.reservations.release(pick(held)),
    ];
    try {
      await pick(acts)();
    } catch {
      // What may not be done is no change.
    }
    if (random(3) === 0) names.take();
  }
  names.take();
  const [said, truth] = [names.said(), names.truth()].map((all) => new Set(all.map(String)));
  assertEquals(said?.difference(truth ?? said), new Set(), `seed ${seed}: not so`);
  assertEquals(truth?.difference(said ?? truth), new Set(), `seed ${seed}: missed`);
  assert_(names.known.size > STEPS / 8, `${names.known.size} records`);
  assertEquals(names.take() <= FILED_KINDS.length, true, "hints though nothing changed");
  names.close();
}

it("byNames() hints at each change that coord makes, and its looks find the newest state", async () => {
  await hintsAtAll("byNames");
});

itNotes(
  "byNotices() hints at each change that coord makes, and its looks find the newest state",
  async () => {
    await hintsAtAll("byNotices");
  },
);

itNotes(
  "byNotices() reads a state once where a name says where it is, and moved tasks as such",
  async () => {
    const { host, path, coord } = await workspace();
    const looker = await new Looker(host, path).start("byNotices");
    const { task_id: id } = await coord.tasks.enqueue({ title: "a", runId: "agent-1" });
    await coord.tasks.claim({ runId: "agent-1" });
    looker.take();
    for (let n = 0; n < 3; n++) await coord.tasks.heartbeat({ id, runId: "agent-1", note: `${n}` });
    assertEquals(looker.take(), 1, "hints at one claim");
    await coord.tasks.complete({ id, runId: "agent-1" });
    assertEquals(looker.take(), 1);
    assertEquals(looker.said(), looker.truth());
    assertEquals([...looker.known.keys()].filter((key) => key.startsWith("claim/")).length, 1);
    looker.close();
  },
);

itNotes("byNotices() has everything compared once a folder was replaced", async () => {
  const { host, path } = await workspace();
  const source = new FsRecordSource(host, new Layout(path), () => {});
  const hints: RecordHint[] = [];
  const watch = await source.byNotices(FILED_KINDS, (hint) => void hints.push(hint));
  host.fs.rename(`${path}/tasks`, `${path}/tasks.old`);
  host.fs.makeDir(`${path}/tasks`);
  for (let n = 0; n < 2; n++) {
    hints.length = 0;
    assertEquals(watch?.look(), { listed: Infinity, changed: 0 });
    assertEquals(hints, FILED_KINDS.map((kind) => ({ about: "kind", kind })));
  }
  watch?.close();
});

it("byNames() compares names of larger folders for who looks less often", async () => {
  const { host, path } = await workspace();
  const source = new FsRecordSource(host, new Layout(path), () => {});
  const count = host.runtime === "deno" ? 1_200 : 300;
  for (let n = 0; n < count; n++) {
    host.fs.createNew(`${path}/tasks/${n.toString(16).padStart(64, "0")}.json`, new Uint8Array());
  }
  const compared = (gatherMs: number) => source.byNames(["task"], () => {}, gatherMs).kinds;
  assertEquals([compared(150), compared(500)], [[], ["task"]]);
});
