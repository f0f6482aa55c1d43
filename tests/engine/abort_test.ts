/** An aborted signal is never answered with a grant, and nothing of one is left. */
import { FsJournal } from "../../src/adapters/fs/lane/journal.ts";
import { FsLanes } from "../../src/adapters/fs/lane/environment.ts";
import { FsMutex } from "../../src/adapters/fs/lane/mutex.ts";
import { CoordError } from "../../src/domain/errors.ts";
import { NO_HOLDERS } from "../../src/engine/hold/exclusion.ts";
import { Lanes } from "../../src/engine/lane/lanes.ts";
import { EMPTY_CHECKOUT } from "../support/fake/names.ts";
import type { JournalFile } from "../../src/adapters/fs/lane/journal_file.ts";
import { processesOf } from "../../src/workspace/processes.ts";
import { assert_, assertEquals, it } from "../deps.ts";
import { changed } from "../support/fake/changed.ts";
import { TaskBench } from "../support/fake/task_bench.ts";
import { workspace } from "../support/scene/workspace.ts";

type Scene = Awaited<ReturnType<typeof workspace>>;

/** A call that may grant something. */
interface Call {
  readonly name: string;
  /** What it needs. */
  before?(scene: Scene): Promise<unknown>;
  /** The answer; that there is nothing to hold may also be `undefined`, or the signal's reason. */
  call(scene: Scene, signal: AbortSignal): Promise<Answer>;
  /** How many things are held. */
  held(scene: Scene): Promise<number>;
  /** Ends what was granted to a call that was answered before the abort. */
  end?(scene: Scene): Promise<unknown>;
}

const enqueue = ({ coord }: Scene) => coord.tasks.enqueue({ title: "x", runId: "p" });

const claimed = async ({ coord }: Scene): Promise<number> => (await coord.tasks.list()).claimed;

const reserved = async ({ coord }: Scene): Promise<number> =>
  (await coord.reservations.list()).live;

const leased = async ({ coord }: Scene): Promise<number> => (await coord.lanes.live()).live;

type Answer = ({ readonly status?: string } & Partial<AsyncDisposable>) | undefined;

/** Whether a call ended with a grant; the timers of a hold are stopped. */
async function isGrant(call: Promise<Answer>): Promise<boolean> {
  try {
    const answer = await call;
    await answer?.[Symbol.asyncDispose]?.();
    return answer !== undefined &&
      ["claimed", "reserved", "acquired", "held", undefined].includes(answer.status);
  } catch (error) {
    assertEquals((error as Error).name, "AbortError");
    return false;
  }
}

const ADDRESSES = { addresses: ["src"], runId: "a" };
const LANE = { lane: "api", tree: ["a"], owner: "a" };

const CALLS: readonly Call[] = [
  {
    name: "claim()",
    before: enqueue,
    call: ({ coord }, signal) => coord.tasks.claim({ runId: "a", signal }),
    held: claimed,
  },
  {
    name: "hold() of a task",
    before: enqueue,
    call: ({ coord }, signal) => coord.tasks.hold({ runId: "a", signal }),
    held: claimed,
  },
  {
    name: "reserve()",
    call: ({ coord }, signal) => coord.reservations.reserve({ ...ADDRESSES, signal }),
    held: reserved,
  },
  {
    name: "reserve() exclusively",
    call: ({ coord }, signal) =>
      coord.reservations.reserve({ ...ADDRESSES, exclusive: true, signal }),
    held: reserved,
  },
  {
    name: "hold() of a reservation",
    call: ({ coord }, signal) => coord.reservations.hold({ ...ADDRESSES, signal }),
    held: reserved,
  },
  {
    name: "request()",
    call: ({ coord }, signal) => coord.lanes.acquire({ ...LANE, signal }),
    held: leased,
  },
  {
    name: "acquire()",
    call: ({ coord }, signal) => coord.lanes.hold({ ...LANE, signal }),
    held: leased,
  },
];

for (const { name, before, call, held } of CALLS) {
  it(`${name} grants nothing with a signal that was aborted before`, async () => {
    const scene = await workspace();
    await before?.(scene);
    const granted = await isGrant(call(scene, AbortSignal.abort()));
    assertEquals({ granted, held: await held(scene) }, { granted: false, held: 0 });
  });

  it(`${name} grants nothing when its signal is aborted at any step of it`, async () => {
    let late = 0;
    for (let steps = 0; late < 3 && steps < 400; steps++) {
      const scene = await workspace();
      await before?.(scene);
      const stop = new AbortController();
      let answered = false;
      const answer = call(scene, stop.signal);
      const note = () => answered = true;
      answer.then(note, note);
      for (let step = 0; step < steps; step++) {
        // What other threads do takes turns, and not steps.
        await (step % 20 === 19 ? new Promise((resolve) => setTimeout(resolve, 0)) : undefined);
      }
      stop.abort();
      // Until an answer that was on its way has come through the functions that return it.
      for (let hop = 0; hop < 3; hop++) await undefined;
      if (answered) {
        late++;
        await isGrant(answer);
      } else {
        const granted = await isGrant(answer);
        assertEquals({ granted, held: await held(scene) }, { granted: false, held: 0 }, `${steps}`);
      }
    }
    assertEquals(late, 3, "the call is answered at some time");
  });

  it(`${name} grants with a signal that is never aborted`, async () => {
    const scene = await workspace();
    await before?.(scene);
    assertEquals(await isGrant(call(scene, new AbortController().signal)), true);
  });
}

it("claim() with wait that is aborted takes nothing any more", async () => {
  const bench = new TaskBench();
  const stop = new AbortController();
  const waiting = bench.tasks.claim({ runId: "a", wait: 60, signal: stop.signal });
  await bench.time.advance(1);
  bench.put();
  stop.abort();
  const answer = await waiting;
  assertEquals(
    { answer, claim: bench.claim, listening: bench.listening, armed: bench.time.armed },
    {
      answer: { status: "empty", queue: null },
      claim: undefined,
      listening: 0,
      armed: 0,
    },
  );
});

it("claim() whose task cannot be given back after an abort warns, and grants nothing", async () => {
  const stop = new AbortController();
  const bench = new TaskBench((store) => ({
    async claimNext(search) {
      stop.abort();
      return await store.claimNext(search);
    },
    async apply() {
      throw new CoordError("io_error", "no space left");
    },
  }));
  bench.put();
  const answer = await bench.tasks.claim({ runId: "a", signal: stop.signal });
  assertEquals({ answer, warnings: bench.warnings }, {
    answer: { status: "empty", queue: null },
    warnings: [
      `Task sha256:${"a".repeat(64)} stays claimed until its timeout: no space left`,
    ],
  });
});

const JOURNAL = "lanes/lane-journal.jsonl";

/** Lanes of a workspace on a journal of the test's making. */
function lanesOn(scene: Scene, change: (journal: JournalFile) => JournalFile): Lanes {
  const clock = scene.clock.now;
  const journal = new FsJournal(scene.host, `${scene.path}/${JOURNAL}`, clock, () => {});
  const lanes = new FsLanes(scene.host, change(journal), undefined);
  const warn = (message: string) => void scene.warnings.push(message);
  const context = { lanes, processes: processesOf(scene.host), clock, warn };
  return new Lanes(context, EMPTY_CHECKOUT, NO_HOLDERS);
}

const ops = (scene: Scene): string[] =>
  scene.read(JOURNAL).trim().split("\n").map((line) => JSON.parse(line).op);

it("request() that is aborted while others write to the journal ends at once", async () => {
  const scene = await workspace();
  await scene.coord.lanes.acquire({ lane: "other", tree: ["b"], owner: "x" });
  const writing = await new FsMutex(scene.host, `${scene.path}/${JOURNAL}.lock`).acquire(0);
  assert_(writing.status === "held");
  for (const after of [0, 100]) {
    const stop = new AbortController();
    const lanes = lanesOn(scene, (journal) => journal);
    const waiting = lanes.acquire({ ...LANE, signal: stop.signal });
    await new Promise((resolve) => setTimeout(resolve, after));
    const start = performance.now();
    stop.abort();
    const answer = await waiting;
    const took = performance.now() - start;
    assertEquals(answer.status === "refused" && answer.reason_class, "aborted");
    assert_(took < 2_000, `it took ${took} ms`);
  }
  writing.hold.release();
  assertEquals(ops(scene), ["ACQUIRE"]);
});

it("request() that is aborted while it waits says who is in the way, and journals nothing", async () => {
  const scene = await workspace();
  await scene.coord.lanes.acquire({ lane: "other", tree: ["a"], owner: "x" });
  const stop = new AbortController();
  const waiting = scene.coord.lanes.acquire({ ...LANE, wait: 3_600, signal: stop.signal });
  await new Promise((resolve) => setTimeout(resolve, 30));
  stop.abort();
  const answer = await waiting;
  assert_(answer.status === "refused");
  assertEquals(answer.conflicts.map((each) => each.kind === "lane" && each.holder), ["x"]);
  assertEquals(ops(scene), ["ACQUIRE"]);
});

it("request() that is aborted when it was granted leaves a lease that its caller had", async () => {
  const scene = await workspace();
  const input = { ...LANE, loopTs: "1" };
  const first = await scene.coord.lanes.acquire(input);
  const stop = new AbortController();
  const lanes = lanesOn(scene, (journal) =>
    changed(journal, {
      async open(...args: Parameters<JournalFile["open"]>) {
        const opened = await journal.open(...args);
        stop.abort();
        return opened;
      },
    }));
  const answer = await lanes.acquire({ ...input, signal: stop.signal });
  assertEquals(answer.status, "refused");
  assert_(first.status === "acquired");
  const { fence } = first;
  assertEquals((await scene.coord.lanes.check({ lane: "api", fence })).status, "current");
  assertEquals(ops(scene), ["ACQUIRE"]);
});

it("acquire() takes its entry back when it is aborted before the entry's effect is known", async () => {
  const scene = await workspace();
  const stop = new AbortController();
  const lanes = lanesOn(scene, (journal) =>
    changed(journal, {
      async open(...args: Parameters<JournalFile["open"]>) {
        const opened = await journal.open(...args);
        if (opened.status !== "open") return opened;
        const { session } = opened;
        const append: typeof session.append = (entries) => {
          const done = session.append(entries);
          if (stop.signal.aborted) return done;
          stop.abort();
          return "unsure"; // it is in the log all the same
        };
        return { status: "open", session: changed(session, { append }) } as const;
      },
    }));
  const answer = await lanes.acquire({ ...LANE, signal: stop.signal });
  assertEquals({ status: answer.status, ops: ops(scene) }, {
    status: "refused",
    ops: ["ACQUIRE", "RELEASE"],
  });
  assertEquals((await scene.coord.lanes.live()).live, 0);
});
