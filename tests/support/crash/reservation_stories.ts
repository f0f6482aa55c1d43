/** What two processes do with reservations before the power goes. */
import { initWorkspace } from "../../../src/adapters/fs/layout.ts";
import { detectHost } from "../../../src/host/detect.ts";
import type { HostFs } from "../../../src/ports/host.ts";
import { quickFs, T0 } from "./queue_cases.ts";
import { BEFORE_FIRST } from "./reservation_cases.ts";
import { type OpenedReservations, openReservations } from "../scene/reservation_files.ts";
import { makeTempDir, removeTree } from "../scene/scratch.ts";
import type { Story } from "./two_processes.ts";

const host = await detectHost();

/** What stands in for the real stores. */
export type Faulty = Parameters<typeof openReservations>[3];

/** What was answered of a reservation. */
interface Kept {
  readonly runId: string;
  readonly address: string;
  /** `unknown` while its release is not answered, and where it ends by itself. */
  readonly state: "held" | "released" | "unknown";
}

type Promised = Map<string, Kept>;

const ENDS: readonly string[] = ["released", "already_released"];

interface Actor extends OpenedReservations {
  readonly promised: Promised;
  /** What each run was granted last. */
  readonly ids: Map<string, string>;
}

type Act = (actor: Actor) => Promise<unknown>;

const MINUTE = 60_000;

/** When the story begins and goes on, milliseconds. */
const BEGIN = T0;
const NOW = T0 + 10 * MINUTE;

/** Where a story takes place. */
interface Place {
  /** What is removed of the workspace before the first process starts. */
  readonly missing?: readonly string[];
}

function story(
  name: string,
  prepare: Act,
  first: Act,
  second: Act,
  { missing = [] }: Place = {},
  faulty?: Faulty,
): Story {
  return {
    name,
    async begin() {
      const parent = makeTempDir();
      const { path: workspace } = initWorkspace(host, parent);
      const promised: Promised = new Map();
      const ids = new Map<string, string>();
      const act = (act: Act, now: number, faulty?: Faulty) => (fs: HostFs) =>
        act({ ...openReservations(workspace, () => now, fs, faulty), promised, ids });
      await act(prepare, BEGIN)(quickFs);
      for (const folder of missing) removeTree(`${workspace}/${folder}`);
      return {
        folder: workspace,
        fs: quickFs,
        first: act(first, NOW, faulty),
        second: act(second, NOW + 1000, faulty),
        lost: () => act(findings, NOW + MINUTE)(quickFs) as Promise<readonly string[]>,
        [Symbol.dispose]: () => removeTree(parent),
      };
    },
  };
}

async function findings({ reservations, promised }: Actor): Promise<string[]> {
  const problems: string[] = [];
  const { reservations: items } = await reservations.list({ all: true });
  for (const [id, { runId, address, state }] of promised) {
    const status = items.find((item) => item.reservation_id === id)?.status ?? "gone";
    const isRight = { held: status === "live", released: status !== "live", unknown: true };
    if (!isRight[state]) problems.push(`${runId}'s ${address} is ${status}, not ${state}`);
  }
  problems.push(...await overlaps(reservations));
  // Each holder is still there and goes on.
  for (const { reservation_id: id, run_id: runId } of items) {
    await reservations.heartbeat({ id, runId, extension: 3600 });
  }
  problems.push(...await overlaps(reservations));
  for (const { address, state } of promised.values()) {
    if (state !== "held") continue;
    const answer = await reservations.reserve({
      addresses: [address],
      runId: "Z",
      exclusive: true,
    });
    if (answer.status === "reserved") problems.push(`${address} was given away`);
  }
  const { status } = await reservations.reserve({ addresses: ["new"], runId: "Z" });
  if (status !== "reserved") problems.push(`nothing can be reserved: ${status}`);
  return problems;
}

/** Live exclusive reservations of one address by two runs. */
async function overlaps(reservations: OpenedReservations["reservations"]): Promise<string[]> {
  const { reservations: live } = await reservations.list();
  const holders = new Map<string, Set<string>>();
  for (const { addresses, run_id, exclusive } of live) {
    if (!exclusive) continue;
    for (const address of addresses) {
      holders.set(address, (holders.get(address) ?? new Set()).add(run_id));
    }
  }
  return [...holders].filter(([, runs]) => runs.size > 1)
    .map(([address, runs]) => `${address} is held by ${[...runs].join(" and ")}`);
}

function reserve(runId: string, address = "src/a.ts", ttl = 36_000, exclusive = true): Act {
  return async ({ reservations, promised, ids }) => {
    const input = { addresses: [address], runId, exclusive, ttl };
    const answer = await reservations.reserve(input);
    if (answer.status !== "reserved") return;
    ids.set(runId, answer.reservation_id);
    const state = ttl > MINUTE / 1000 ? "held" : "unknown";
    promised.set(answer.reservation_id, { runId, address, state });
  };
}

/** A notice, which is not promised to keep anything from others. */
const notice: Act = async ({ reservations }) => {
  await reservations.reserve({ addresses: ["src/a.ts"], runId: "N" });
};

/** Heartbeats, which make nothing last that is not. */
function beat(runId: string, times = 1): Act {
  return async ({ reservations, ids }) => {
    const id = ids.get(runId) ?? "";
    for (let n = 0; n < times; n++) {
      const { status } = await reservations.heartbeat({ id, runId, extension: 36_000 });
      if (status !== "ok") throw new Error(`${runId}'s is ${status}`);
    }
  };
}

function release(runId: string, force = false): Act {
  return async ({ reservations, promised, ids }) => {
    const id = ids.get(runId) ?? "";
    const kept = promised.get(id);
    if (kept === undefined) throw new Error(`${runId} has nothing`);
    // From here on it may be released, and after the answer it is.
    promised.set(id, { ...kept, state: "unknown" });
    const { status } = await reservations.release({ id, runId: force ? "X" : runId, force });
    if (!ENDS.includes(status)) throw new Error(`${runId}'s is ${status}`);
    promised.set(id, { ...kept, state: "released" });
  };
}

/** Removes all that has ended. */
const collect: Act = async ({ gc }) => {
  await gc.sweep({ graceMs: 0, execute: true });
};

/** One after the other. */
function both(...acts: readonly Act[]): Act {
  return async (actor) => {
    for (const act of acts) await act(actor);
  };
}

const held = both(reserve("O", "other"), reserve("A"));

/** Held, with others before it and after it, so that none has the newest place. */
const amongOthers = both(held, reserve("P", "more"));

/** A reservation that has expired when the first process starts. */
const expired = both(reserve("O", "other"), reserve("A", "src/a.ts", 60));

const ADDRESSES = { missing: ["reservations/addresses"] };

/** Stories that find faults, played with stores that may have one. */
export const FINDING = {
  release: (faulty?: Faulty) =>
    story("release(), then reserve() by another", held, release("A"), reserve("B"), {}, faulty),
  repeated: (faulty?: Faulty) =>
    story("release(), repeated", held, release("A"), release("A"), {}, faulty),
  rebuild: (faulty?: Faulty) =>
    story(
      "release() where the index is missing, then reserve()",
      held,
      release("A"),
      reserve("B"),
      ADDRESSES,
      faulty,
    ),
  entries: (faulty?: Faulty) =>
    story(
      "reserve(), then reserve() by another",
      reserve("O", "other"),
      reserve("A"),
      reserve("B"),
      {},
      faulty,
    ),
  removal: (faulty?: Faulty) =>
    story(
      // An exclusive one that comes back is without its confirmation.
      "gc of a notice that was released",
      both(
        reserve("O", "other"),
        reserve("A", "src/a.ts", 36_000, false),
        reserve("P", "more"),
        release("A"),
      ),
      collect,
      () => Promise.resolve(),
      {},
      faulty,
    ),
};

export const RESERVATION_STORIES: readonly Story[] = [
  FINDING.repeated(),
  story("release() by force, repeated", held, release("A", true), release("A", true)),
  FINDING.release(),
  story(
    "release(), then a notice and reserve() by another",
    held,
    release("A"),
    both(notice, reserve("B")),
  ),
  story(
    "release(), then others come and go",
    held,
    release("A"),
    both(reserve("B"), reserve("C"), notice),
  ),
  FINDING.entries(),
  story(
    "heartbeat() that removes earlier ones, then reserve() by another",
    both(held, beat("A", BEFORE_FIRST)),
    beat("A"),
    reserve("B"),
  ),
  story(
    "heartbeat() that removes earlier ones, then release() and reserve() by another",
    both(held, beat("A", BEFORE_FIRST)),
    beat("A"),
    both(release("A"), reserve("B")),
  ),
  story("reserve() over an expired one, then by another", expired, reserve("B"), reserve("C")),
  story("reserve(), then gc and reserve()", held, reserve("B", "b"), both(collect, reserve("C"))),
  story("gc of an expired one, then reserve()", expired, collect, reserve("B")),
  story(
    "gc of an expired one, then gc and reserve()",
    expired,
    collect,
    both(collect, reserve("B")),
  ),
  FINDING.removal(),
  story(
    "release() and gc, then reserve()",
    amongOthers,
    both(release("A"), collect),
    reserve("B"),
  ),
  story(
    "release() and gc, then gc and reserve()",
    held,
    both(release("A"), collect),
    both(collect, reserve("B")),
  ),
  story(
    "gc of what was released, then gc alone",
    both(amongOthers, release("A")),
    collect,
    collect,
  ),
  story("gc of what is the newest, then gc alone", both(held, release("A")), collect, collect),
  story(
    "gc of what was released, then gc",
    both(amongOthers, release("A")),
    collect,
    both(collect, reserve("B"), release("B"), collect),
  ),
  story(
    "reserve() where the index is missing, then reserve()",
    held,
    reserve("B", "b"),
    both(reserve("C"), reserve("D", "d")),
    ADDRESSES,
  ),
  FINDING.rebuild(),
  story("reserve() in folders that are missing", async () => {}, notice, reserve("B"), {
    missing: ["reservations", "releases", "heartbeats", "intents"],
  }),
];
