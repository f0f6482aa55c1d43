/** Operations on reservations that are cut off at every step, and what must be true afterwards. */
import { readdirSync, readFileSync } from "node:fs";
import { initWorkspace, Layout } from "../../../src/adapters/fs/layout.ts";
import { FsRecordSource } from "../../../src/adapters/fs/watch/record_source.ts";
import { KEPT_BEATS } from "../../../src/domain/limits.ts";
import type { ReservationItem } from "../../../src/engine/reservation/types.ts";
import { detectHost } from "../../../src/host/detect.ts";
import type { HostFs } from "../../../src/ports/host.ts";
import { quickFs, T0 } from "./queue_cases.ts";
import { type OpenedReservations, openReservations } from "../scene/reservation_files.ts";
import { makeTempDir, removeTree, setMtime } from "../scene/scratch.ts";

const host = await detectHost();

export function openAt(
  workspace: string,
  second: number,
  fs: HostFs = quickFs,
): OpenedReservations {
  return openReservations(workspace, () => T0 + second * 1000, fs);
}

/** An operation: it is prepared on a whole workspace, then done at `second` and perhaps cut off. */
export interface ReservationCase {
  readonly name: string;
  readonly second: number;
  /** Prepares, and returns the reservation that it is about. */
  prepare(workspace: string): Promise<string>;
  act(opened: OpenedReservations, id: string): Promise<unknown>;
  /** Statuses of all reservations: before it, after some of its steps, and last after it. */
  readonly states: readonly string[];
}

const HEX = /[0-9a-f]{64}/;

async function reserved(
  workspace: string,
  second: number,
  { address = "src/a.ts", ttl = 10, exclusive = true, runId = "A" } = {},
): Promise<string> {
  const { reservations } = openAt(workspace, second);
  const answer = await reservations.reserve({ addresses: [address], runId, ttl, exclusive });
  if (answer.status !== "reserved") throw new Error(answer.error);
  return answer.reservation_id;
}

const beatBy = ({ reservations }: OpenedReservations, id: string) =>
  reservations.heartbeat({ id, runId: "A", extension: 30 });

/** How many heartbeats precede the first that removes some: the confirmation has the first number. */
export const BEFORE_FIRST = 2 * KEPT_BEATS - 1;

/** A reservation that was extended a number of times. */
const beaten = (times: number) => async (workspace: string) => {
  const id = await reserved(workspace, 0);
  for (let n = 0; n < times; n++) await beatBy(openAt(workspace, 1), id);
  return id;
};

export const RESERVATION_CASES: readonly ReservationCase[] = [
  {
    name: "reserve()",
    second: 0,
    prepare: () => Promise.resolve(""),
    act: ({ reservations }) =>
      reservations.reserve({ addresses: ["src/**", "b"], runId: "A", ttl: 10 }),
    states: ["", "live"],
  },
  {
    name: "reserve() where the index over addresses is missing",
    second: 5,
    prepare: async (workspace) => {
      const id = await reserved(workspace, 0, { address: "b" });
      removeTree(`${workspace}/reservations/addresses`);
      removeTree(`${workspace}/index`);
      return id;
    },
    act: ({ reservations }) =>
      reservations.reserve({ addresses: ["src/a.ts"], runId: "B", exclusive: true, ttl: 10 }),
    states: ["live", "live,live"],
  },
  {
    name: "exclusive reserve() beside others",
    second: 5,
    prepare: async (workspace) => {
      await reserved(workspace, 0, { address: "src/a.ts::f", exclusive: false });
      return await reserved(workspace, 0, { address: "docs/*.md", runId: "C" });
    },
    act: ({ reservations }) =>
      reservations.reserve({
        addresses: ["src/a.ts::g", "docs/x"],
        runId: "B",
        exclusive: true,
        ttl: 10,
      }),
    states: ["live,live", "live,live,live"],
  },
  {
    name: "exclusive reserve() in place of expired ones",
    second: 20,
    prepare: async (workspace) => {
      await reserved(workspace, 0, { address: "src/*" });
      const id = await reserved(workspace, 0);
      await beatBy(openAt(workspace, -20), id);
      return id;
    },
    act: ({ reservations }) =>
      reservations.reserve({ addresses: ["src"], runId: "B", exclusive: true, ttl: 10 }),
    states: [
      "expired,expired",
      "expired,released",
      "released,released",
      "live,released,released",
    ],
  },
  {
    name: "exclusive reserve() that is refused",
    second: 5,
    prepare: (workspace) => reserved(workspace, 0),
    act: ({ reservations }) =>
      reservations.reserve({ addresses: ["src"], runId: "B", exclusive: true, ttl: 10 }),
    states: ["live"],
  },
  {
    name: "heartbeat()",
    second: 5,
    prepare: (workspace) => reserved(workspace, 0),
    act: beatBy,
    states: ["live"],
  },
  {
    name: "heartbeat() that is the first to remove earlier ones",
    second: 5,
    prepare: beaten(BEFORE_FIRST),
    act: beatBy,
    states: ["live"],
  },
  {
    name: "heartbeat() that removes more of them",
    second: 5,
    prepare: beaten(BEFORE_FIRST + KEPT_BEATS),
    act: beatBy,
    states: ["live"],
  },
  {
    name: "heartbeat() of a notice that has expired",
    second: 20,
    prepare: async (workspace) => {
      const id = await reserved(workspace, 0, { exclusive: false });
      await beatBy(openAt(workspace, -20), id);
      return id;
    },
    act: beatBy,
    states: ["expired", "live"],
  },
  {
    name: "heartbeat() of an exclusive one that has lapsed",
    second: 20,
    prepare: (workspace) => reserved(workspace, 0),
    act: beatBy,
    states: ["expired"],
  },
  {
    name: "release() after heartbeats",
    second: 8,
    prepare: async (workspace) => {
      const id = await reserved(workspace, 0);
      for (const second of [3, 6]) await beatBy(openAt(workspace, second), id);
      return id;
    },
    act: ({ reservations }, id) => reservations.release({ id, runId: "A" }),
    states: ["live", "released"],
  },
  {
    name: "gc",
    second: 50,
    prepare: async (workspace) => {
      await reserved(workspace, 0, { exclusive: false });
      const expired = await reserved(workspace, 1, { runId: "B", exclusive: false });
      await openAt(workspace, 2).reservations.heartbeat({ id: expired, runId: "B", extension: 5 });
      const id = await reserved(workspace, 3, { address: "docs" });
      await beatBy(openAt(workspace, 4), id);
      await openAt(workspace, 5).reservations.release({ id, runId: "A" });
      return await reserved(workspace, 45, { address: "src" });
    },
    act: ({ gc }) => gc.sweep({ graceMs: 0, execute: true }),
    states: [
      "expired,expired,live,released",
      "expired,live,released,released",
      "live,released,released,released",
      "expired,expired,live",
      "expired,live,released",
      "live,released,released",
      "expired,live",
      "live,released",
      "live",
    ],
  },
];

/** A workspace on which a case is prepared. */
export interface PreparedReservations extends Disposable {
  readonly workspace: string;
  readonly id: string;
}

export async function prepareReservations(one: ReservationCase): Promise<PreparedReservations> {
  const folder = makeTempDir();
  const { path: workspace } = initWorkspace(host, folder);
  const id = await one.prepare(workspace);
  return { workspace, id, [Symbol.dispose]: () => removeTree(folder) };
}

/**
 * Looks at reservations after an operation that was cut off or was answered, and goes on.
 *
 * @returns What is wrong.
 */
export async function reservationFindings(
  one: ReservationCase,
  { workspace }: PreparedReservations,
  answered: boolean,
): Promise<string[]> {
  const problems = halfReservations(workspace);
  const { reservations, warnings } = openAt(workspace, one.second);
  const listed = async () => {
    const { reservations: items } = await reservations.list({ all: true });
    return items.filter(({ run_id }) => run_id !== "Z");
  };
  const states = answered ? one.states.slice(-1) : one.states;
  const judge = (items: readonly ReservationItem[], allowed: readonly string[]) => {
    const state = items.map(({ status }) => status).sort().join();
    if (!allowed.includes(state)) problems.push(`they are ${state}`);
  };
  const before = await listed();
  judge(before, states);
  // Each way to look at them shows what another agent meets, whether its record is there or not.
  const seen = liveOf(before);
  const shown = new FsRecordSource(host, new Layout(workspace), () => {}).list("reservation").ids;
  const { store } = openAt(workspace, one.second);
  const found = await store.find("", 99);
  for (const id of seen) {
    if (!shown.includes(id)) problems.push(`the stream does not show ${id}`);
    if (!found.includes(id)) problems.push(`${id} is not found`);
    if (await store.get(id) === undefined) problems.push(`${id} is not there`);
  }
  const all = { addresses: ["**"], runId: "Z", exclusive: true, strict: true, ttl: 10 };
  const { conflicts } = await reservations.reserve(all);
  const items = await listed();
  judge(items, [...states, ...states.map(afterSeal)]);
  const named = [
    ...new Set(conflicts.map((each) => "reservation_id" in each ? each.reservation_id : each.lane)),
  ].sort();
  for (const live of [seen, liveOf(items)]) {
    if (named.join() !== live.join()) {
      problems.push(`${named.length} are in the way, and ${live.length} are listed as live`);
    }
  }
  problems.push(...await endOf(workspace));
  return [...problems, ...warnings];
}

function liveOf(items: readonly ReservationItem[]): string[] {
  return items.filter(({ status }) => status === "live").map((item) => item.reservation_id).sort();
}

/** An exclusive one that has expired is released by the process that wants its place. */
function afterSeal(state: string): string {
  return state.split(",").map((one) => one === "expired" ? "released" : one).sort().join();
}

/** Files under their final names that are not whole. */
function halfReservations(workspace: string): string[] {
  return ["reservations", "reservations/order", "heartbeats", "releases"].flatMap((folder) => {
    const names = host.fs.list(`${workspace}/${folder}`) ?? [];
    const isFinal = folder.endsWith("order") ? /^\d{16}$/ : HEX;
    return names.filter(({ name, isFile }) => isFile && isFinal.test(name))
      .flatMap(({ name }) => {
        try {
          JSON.parse(readFileSync(`${workspace}/${folder}/${name}`, "utf-8"));
          return [];
        } catch {
          return [`${folder}/${name} is half written`];
        }
      });
  });
}

/** When all has ended any agent can reserve anything, and `gc` leaves nothing. */
async function endOf(workspace: string): Promise<string[]> {
  const problems: string[] = [];
  const { reservations, warnings } = openAt(workspace, 1_000);
  const answer = await reservations.reserve({
    addresses: ["**"],
    runId: "Z",
    exclusive: true,
    ttl: 10,
  });
  if (answer.status !== "reserved") problems.push(`no agent can reserve: ${answer.error}`);
  // What was cut off may leave files for a day.
  const places = ["tmp", "reservations/addresses", "reservations/order", "heartbeats"];
  for (const place of places) {
    for (const path of filesIn(`${workspace}/${place}`)) {
      setMtime(path, Date.now() - 2 * 86_400_000);
    }
  }
  const { gc, warnings: late } = openAt(workspace, 2_000);
  await gc.sweep({ graceMs: 0, execute: true });
  for (const folder of [...places, "reservations", "releases"]) {
    const left = filesIn(`${workspace}/${folder}`).map((path) => path.slice(workspace.length))
      .filter((path) =>
        !/^\/reservations\/(addresses\/complete$|order\/(\d{16}|floor\/\d+)$)/.test(path)
      );
    if (left.length > 0) problems.push(`left over: ${left.join()}`);
  }
  return [...problems, ...warnings, ...late];
}

/** The files in a folder and in folders of it. */
export function filesIn(folder: string): string[] {
  if (host.fs.lstat(folder) === undefined) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile()).map(({ parentPath, name }) => `${parentPath}/${name}`);
}
