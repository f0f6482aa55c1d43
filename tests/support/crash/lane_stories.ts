/** What two processes do with lanes before the power goes. */
import { FsJournal } from "../../../src/adapters/fs/lane/journal.ts";
import { FsLanes } from "../../../src/adapters/fs/lane/environment.ts";
import { initWorkspace } from "../../../src/adapters/fs/layout.ts";
import { NO_HOLDERS } from "../../../src/engine/hold/exclusion.ts";
import { LaneJournal } from "../../../src/engine/lane/journal.ts";
import { Lanes } from "../../../src/engine/lane/lanes.ts";
import { EMPTY_CHECKOUT } from "../fake/names.ts";
import type { Host, HostFs } from "../../../src/ports/host.ts";
import { processesOf } from "../../../src/workspace/processes.ts";
import { T0 } from "./queue_cases.ts";
import { lonelyHost } from "../scene/journals.ts";
import { makeTempDir, removeTree, setMtime } from "../scene/scratch.ts";
import type { Story } from "./two_processes.ts";

/** What was answered last about a lane: who holds it by which fence, or that it was released. */
type Promised = Map<string, { readonly owner: string; readonly fence: number } | "released">;

/** One process. */
interface Actor {
  readonly lanes: Lanes;
  readonly journal: LaneJournal;
  readonly promised: Promised;
}

type Act = (actor: Actor) => Promise<unknown>;

/** Where a story takes place. */
interface Place {
  /** The journal, below the folder of the project. */
  readonly journal: string;
  /** What is removed of the project before the first process starts. */
  readonly missing?: string;
}

const USUAL: Place = { journal: ".coord/lanes/lane-journal.jsonl" };

/** Lanes as a process of its own has them, on a journal that may be faulty. */
function open(host: Host, folder: string, path: string, Journal = FsJournal) {
  const clock = () => T0;
  const warn = () => {};
  const lanes = new FsLanes(host, new Journal(host, path, clock, warn), `${folder}/lanes.json`);
  const context = { lanes, processes: processesOf(host), clock, warn };
  return {
    lanes: new Lanes(context, EMPTY_CHECKOUT, NO_HOLDERS),
    journal: new LaneJournal(context),
  };
}

function story(
  name: string,
  prepare: Act,
  first: Act,
  second: Act,
  { journal, missing }: Place = USUAL,
  Journal = FsJournal,
): Story {
  return {
    name,
    async begin() {
      const folder = makeTempDir();
      initWorkspace(lonelyHost, folder);
      const path = `${folder}/${journal}`;
      const promised: Promised = new Map();
      const act = (act: Act, Journal = FsJournal) => (fs: HostFs) =>
        act({ ...open({ ...lonelyHost, fs }, folder, path, Journal), promised });
      await act(prepare)(lonelyHost.fs);
      if (missing !== undefined) removeTree(`${folder}/${missing}`);
      return {
        folder,
        fs: lonelyHost.fs,
        first: act(first, Journal),
        second: act(second, Journal),
        async lost() {
          // Starting the machine again takes longer than the stale bound.
          for (const { name } of lonelyHost.fs.list(`${path}.lock`) ?? []) {
            setMtime(`${path}.lock/${name}`, Date.now() - 60_000);
          }
          return await act(findings)(lonelyHost.fs) as string[];
        },
        [Symbol.dispose]: () => removeTree(folder),
      };
    },
  };
}

async function findings({ lanes, promised }: Actor): Promise<string[]> {
  const problems: string[] = [];
  const { leases } = await lanes.live({ all: true });
  for (const [lane, kept] of promised) {
    const found = leases.filter((lease) => lease.lane === lane);
    const facts = found.map(({ holder, fence }) => `${holder} by ${fence}`).join() || "none";
    const wanted = kept === "released" ? "none" : `${kept.owner} by ${kept.fence}`;
    if (facts !== wanted) problems.push(`${lane} is held by ${facts}, not by ${wanted}`);
  }
  const trees = leases.flatMap(({ tree }) => tree);
  if (new Set(trees).size < trees.length) problems.push(`overlapping: ${trees.join()}`);
  const { status } = await lanes.acquire({ lane: "new", tree: ["new/**"], owner: "Z" });
  if (status !== "acquired") problems.push(`nothing can be acquired: ${status}`);
  return problems;
}

/** Acquires a lane; by the same key it is a repeat. */
function acquire(owner: string, lane = "api", tree = "src/**"): Act {
  return async ({ lanes, promised }) => {
    const answer = await lanes.acquire({ lane, tree: [tree], owner, loopTs: `${owner}-1` });
    if (answer.status === "acquired") promised.set(lane, { owner, fence: answer.fence });
  };
}

/** Another process may do it while this one is killed, so only its own answer counts. */
const release: Act = async ({ lanes, promised }) => {
  promised.delete("api");
  const { status } = await lanes.release({ lane: "api", owner: "A" });
  if (status === "released") promised.set("api", "released");
};

const adopt: Act = async ({ lanes, promised }) => {
  promised.delete("api");
  const answer = await lanes.adopt({ lane: "api", owner: "B" });
  if (answer.status === "adopted") promised.set("api", { owner: "B", fence: answer.fence });
};

const compact: Act = async ({ journal }) => {
  await journal.compact();
};

function both(...acts: readonly Act[]): Act {
  return async (actor) => {
    for (const act of acts) await act(actor);
  };
}

const others = acquire("O", "other", "other/**");
const held = both(others, acquire("A"));

/** `lane acquire` again with its key, on a journal that may be faulty. */
export function repeatedAcquire(Journal = FsJournal): Story {
  return story("acquire(), repeated", others, acquire("A"), acquire("A"), USUAL, Journal);
}

const DEEP: Place = { journal: "far/away/from/here/journal.jsonl", missing: "far" };

export const LANE_STORIES: readonly Story[] = [
  repeatedAcquire(),
  story("acquire() as the first, repeated", async () => {}, acquire("A"), acquire("A")),
  story("acquire() in folders that are missing", async () => {}, acquire("A"), acquire("B"), DEEP),
  story("release(), then acquire() by another", held, release, acquire("B")),
  story("release(), repeated", held, release, release),
  story("adopt(), repeated", held, adopt, adopt),
  story("compact(), then acquire()", held, compact, acquire("B", "b", "b/**")),
  story("compact(), then acquire() repeated", held, compact, acquire("A")),
  story("acquire() and compact(), repeated", others, both(acquire("A"), compact), acquire("A")),
];
