/** Removal of records that have ended, in memory. */
import { effectiveExpiry, intentExpiry } from "../../domain/reservation/reservation.ts";
import { taskStatus } from "../../domain/task/claim.ts";
import { orderOf } from "../../domain/task/task.ts";
import { parseTime } from "../../domain/time.ts";
import type { Collector, Sweep, Swept, TimedSweep } from "../../ports/gc.ts";
import type { MemoryWorkspace } from "./workspace.ts";

export class MemoryCollector implements Collector {
  constructor(readonly workspace: MemoryWorkspace) {}

  async sweep(asked: Sweep): Promise<Swept[]> {
    const sweep = { ...asked, now: this.workspace.clock() };
    const reservations = this.#reservations(sweep);
    const gone = new Set(reservations.map(({ id }) => id));
    const swept = [...reservations, ...this.#intents(sweep, gone), ...this.#tasks(sweep)];
    if (sweep.execute) { for (const { kind, id } of swept) this.#remove(kind, id); }
    return swept;
  }

  #reservations({ now, graceMs }: TimedSweep): Swept[] {
    const { reservations, heartbeats, releases } = this.workspace;
    return [...reservations.rows()].flatMap(([id, reservation]) => {
      const release = releases.get(id);
      const end = release === undefined
        ? effectiveExpiry({ reservation, heartbeat: heartbeats.get(id), release })
        : parseTime(release.released_at) ?? now;
      if (end > now || end + graceMs > now) return [];
      const isExpired = release === undefined || release.reason === "expired";
      return [{ kind: "reservation", id, reason: isExpired ? "expired" : "released" } as const];
    });
  }

  /** Intents whose reservation is gone, or which never had one. */
  #intents({ now, graceMs }: TimedSweep, gone: ReadonlySet<string>): Swept[] {
    const { intents, reservations } = this.workspace;
    return [...intents.rows()].flatMap(([id, intent]) => {
      const { reservation_id: of, created_at } = intent;
      const end = of === null ? intentExpiry(intent) : parseTime(created_at) ?? now;
      if (end + graceMs > now) return [];
      if (of !== null && reservations.has(of) && !gone.has(of)) return [];
      return [{ kind: "intent", id, reason: "ended" } as const];
    });
  }

  #tasks({ now, graceMs }: TimedSweep): Swept[] {
    const { tasks, claims } = this.workspace;
    return [...tasks.rows()].flatMap(([id, task]) => {
      const claim = claims.row(id);
      const status = taskStatus(task, claim?.record, now);
      if (status === "pending" || status === "claimed" || status === "timed_out") return [];
      const end = claim === undefined
        ? orderOf(task).createdMs + task.ttl_seconds * 1000
        : Math.min(claim.writtenMs, now);
      return end + graceMs > now ? [] : [{ kind: "task", id, reason: status } as const];
    });
  }

  #remove(kind: Swept["kind"], id: string): void {
    const { tasks, claims, reservations, heartbeats, releases, intents } = this.workspace;
    if (kind === "intent") return intents.remove(id);
    const tables = kind === "task" ? [tasks, claims] : [reservations, heartbeats, releases];
    for (const table of tables) table.remove(id);
  }
}
