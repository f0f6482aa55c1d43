/** coord, the floor, and SQLite: peers without a server. */
import { initWorkspace } from "../../../../mod.ts";
import { bunPath } from "../../../support/toolchain.ts";
import { NAMES } from "../report/goals.ts";
import { ALL, alone, bunWorker, denoWorker, type Peer } from "./peer.ts";

const here = () => Promise.resolve(undefined);

/** coord itself, which all others are held against. */
export const COORD: Peer = {
  name: NAMES.coord,
  keeps: ALL,
  durable: true,
  absent: here,
  async start({ dir }) {
    await initWorkspace(dir);
    return alone(denoWorker("coord", { dir }));
  },
};

export const FLOOR: Peer = {
  name: NAMES.floor,
  keeps: ALL,
  durable: true,
  note: "no rules, nothing is shared",
  endless: true,
  absent: here,
  start: ({ dir }) => Promise.resolve(alone(denoWorker("files", { dir }))),
};

/** How SQLite syncs a claim and a completion. */
interface Syncs {
  readonly name: string;
  readonly claim: "FULL" | "NORMAL";
  readonly complete: "FULL" | "NORMAL";
}

const FULL: Syncs = { name: "FULL", claim: "FULL", complete: "FULL" };
const MIXED: Syncs = { name: "FULL, NORMAL for claims", claim: "NORMAL", complete: "FULL" };
const NORMAL: Syncs = { name: "NORMAL", claim: "NORMAL", complete: "NORMAL" };

function sqlite(runtime: "Deno" | "Bun", { name, claim, complete }: Syncs): Peer {
  const durable = complete === "FULL";
  return {
    name: `SQLite, ${runtime}, ${name}`,
    keeps: durable ? ALL : "all since the last checkpoint may be lost",
    durable,
    absent: async () =>
      runtime === "Deno" ? undefined : await bun() === undefined ? NO_BUN : undefined,
    async start({ dir }) {
      const config = { path: `${dir}/tasks.db`, claim, complete };
      if (runtime === "Deno") {
        return alone(denoWorker("sqlite", { ...config, driver: "node:sqlite" }));
      }
      return alone(bunWorker(await bun() ?? "", "sqlite", { ...config, driver: "bun:sqlite" }));
    },
  };
}

const NO_BUN = "npx cannot deliver Bun";

let found: Promise<string | undefined> | undefined;

function bun(): Promise<string | undefined> {
  return found ??= bunPath().catch(() => undefined);
}

/** The one that the goals name. */
export const SQLITE_FULL = sqlite("Deno", FULL);

export const SQLITES: readonly Peer[] = [
  SQLITE_FULL,
  sqlite("Deno", MIXED),
  sqlite("Deno", NORMAL),
  sqlite("Bun", FULL),
  sqlite("Bun", NORMAL),
];
