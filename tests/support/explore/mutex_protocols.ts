/** Protocols of a mutex for the explorer: coord's, and two that are known to grant twice. */
import type * as chain from "../../../src/adapters/fs/lane/mutex_chain.ts";
import type { Machine, MutexProtocol } from "./mutex_model.ts";

/** What coord's holder knows. */
export interface ChainTicket {
  readonly generation: number;
  readonly seen: chain.Begun;
}

const TRIES = 2;

/** The protocol of mutex_chain.ts, or of a faulty copy of it. */
export function chainProtocol(code: typeof chain): MutexProtocol<ChainTicket> {
  return {
    acquire(files, mayFollow) {
      for (let tries = 0; tries < TRIES; tries++) {
        const taken = code.take(files, (generation) => {
          const by = files.read(`${generation}`);
          return by !== undefined && mayFollow(by);
        });
        if (taken.kind === "held") return ticketOf(taken.seen);
        if (taken.kind === "busy") break;
      }
      files.unstage();
      return undefined;
    },
    isHeld: (files, { generation }) => code.isHeld(files, generation),
    renew(files, { generation, seen }) {
      if (code.renew(files, generation)) return { generation: generation + 1, seen };
      files.unstage();
      return undefined;
    },
    replace(files, { generation }) {
      files.put(code.nextName(generation));
      return code.replace(files, generation, "log");
    },
    release: (files, { generation, seen }) => code.release(files, generation, seen),
    numberOf: ({ generation }) => generation,
  };
}

/** Only the names that a release looks at, so that fewer states differ. */
function ticketOf({ generation, names }: chain.Begun): ChainTicket {
  const looked = names.filter((name) => /^\d+(\.free)?$|\.new$/.test(name));
  return { generation, seen: { generation, names: looked } };
}

const LOCK = "lock";

/** Steals by `steal` what may be followed; a lock file that is removed at the end. */
function lockFile(
  steal: (files: Machine, by: string, owner: string) => boolean,
): (by: string) => MutexProtocol<string> {
  return (by) => ({
    acquire(files, mayFollow) {
      for (let tries = 0; tries < TRIES; tries++) {
        if (files.make(LOCK)) return by;
        const owner = files.read(LOCK);
        if (owner === undefined) continue;
        if (!mayFollow(owner)) return undefined;
        if (steal(files, by, owner)) return by;
      }
      return undefined;
    },
    isHeld: (files, ticket) => files.read(LOCK) === ticket,
    renew: (_files, ticket) => ticket,
    replace: (files) => (files.put("log"), true),
    release(files, ticket) {
      if (files.read(LOCK) === ticket) files.remove(LOCK);
    },
  });
}

/**
 * The seed's: renames the lock away, looks whether it was the stale one, and renames it back if
 * not.
 */
export const renameAway = lockFile((files, by, owner) => {
  const away = `away.${by}`;
  if (!files.moveOut(LOCK, away)) return false;
  if (files.read(away) === owner) {
    files.remove(away);
    return files.make(LOCK);
  }
  files.moveOut(away, LOCK);
  return false;
});

/**
 * The seed's: a process that finds its own name in the lock holds it; `a1` and `a2` have one name.
 */
export function enterByName(by: string): MutexProtocol<string> {
  return {
    ...renameAway(by),
    acquire: (files) => files.make(LOCK) || files.read(LOCK)?.at(0) === by.at(0) ? by : undefined,
  };
}

/** Removes the stale lock and makes it again. */
export const removeAndCreate = lockFile((files) => {
  files.remove(LOCK);
  return files.make(LOCK);
});
