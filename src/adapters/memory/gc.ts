/** Removal of records that have ended, in memory. */
import { heldEnd, isIntentOver } from "../../domain/reservation/placing.ts";
import { endToSweep } from "../../domain/task/keeping/course.ts";
import { giveUp } from "../../domain/task/requeue.ts";
import { graceOf } from "../../domain/task/retention.ts";
import { afterOf } from "../../domain/task/after.ts";
import type { Collector, Sweep, Swept, TimedSweep } from "../../ports/upkeep.ts";
import type { MemoryWorkspace } from "./workspace.ts";

export class MemoryCollector implements Collector {
  constructor(readonly workspace: MemoryWorkspace) {}

  async collectedAt(): Promise<number> {
    return this.workspace.collectedAt;
  }

  async sweep(asked: Sweep): Promise<Swept[]> {
    const sweep = { ...asked, now: this.workspace.clock() };
    if (sweep.execute) this.workspace.collectedAt = sweep.now;
    const reservations = this.#reservations(sweep);
    const gone = new Set(reservations.map(({ id }) => id));
    const swept = [...reservations, ...this.#intents(sweep, gone), ...this.#tasks(sweep)];
    if (sweep.execute) {
      for (const { kind, id } of swept) this.#remove(kind, id);
      this.#giveUp(sweep.now);
    }
    return swept;
  }

  #reservations({ now, graceMs }: TimedSweep): Swept[] {
    const { reservations, heartbeats, releases } = this.workspace;
    return [...reservations.rows()].flatMap(([id, reservation]) => {
      const entry = { reservation, heartbeat: heartbeats.get(id), release: releases.get(id) };
      const reason = heldEnd(entry, now, graceMs);
      return reason === undefined ? [] : [{ kind: "reservation", id, reason } as const];
    });
  }

  /** Intents whose reservation is gone, or which never had one. */
  #intents({ now, graceMs }: TimedSweep, gone: ReadonlySet<string>): Swept[] {
    const { intents, reservations } = this.workspace;
    const isHeld = (id: string) => reservations.has(id) && !gone.has(id);
    return [...intents.rows()].flatMap(([id, intent]) => {
      const isOver = isIntentOver(intent, isHeld, now, graceMs);
      return isOver ? [{ kind: "intent", id, reason: "ended" } as const] : [];
    });
  }

  #tasks(sweep: TimedSweep): Swept[] {
    const { now } = sweep;
    const { tasks, claims, blocked } = this.workspace;
    const awaited = new Set([...blocked].flatMap((id) => {
      const task = this.workspace.isWaiting(id) ? tasks.row(id)?.record : undefined;
      return task === undefined ? [] : afterOf(task);
    }));
    return [...tasks.rows()].flatMap(([id, task]) => {
      if (awaited.has(id)) return [];
      const { record: claim, writtenMs = 0 } = claims.row(id) ?? {};
      const reason = endToSweep(
        { task, claim },
        writtenMs,
        now,
        (status) => graceOf(status, sweep),
      );
      return reason === undefined ? [] : [{ kind: "task", id, reason } as const];
    });
  }

  /** Fails tasks whose last attempts have timed out. */
  #giveUp(now: number): void {
    const { tasks, claims } = this.workspace;
    for (const [id, task] of tasks.rows()) {
      const decision = giveUp({ task, now })(claims.get(id));
      if (decision.kind === "write") claims.put(id, decision.next);
    }
  }

  #remove(kind: Swept["kind"], id: string): void {
    const { tasks, claims, reservations, heartbeats, releases, intents } = this.workspace;
    if (kind === "intent") return intents.remove(id);
    const tables = kind === "task" ? [tasks, claims] : [reservations, heartbeats, releases];
    for (const table of tables) table.remove(id);
  }
}
