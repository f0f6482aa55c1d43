/** Tickets for the explorer: what the processes that take them do, and what must hold for them. */
import type { TicketFiles } from "../../../src/adapters/fs/reservation/ticket/ticket_chain.ts";
import type { CallState, Explored, Process, Properties } from "./explorer.ts";
import { Explorer, inTurn } from "./explorer.ts";
import { type Machine, MutexModel, type MutexStep } from "./mutex_model.ts";

/** The code under test. */
export interface TicketProtocol {
  takeTicket(files: TicketFiles): number;
}

/** A file that stands for the second that has passed. */
const LATER = "later";

/** The content of a ticket that has lapsed. */
const LAPSED = "lapsed";

/** What a call answers: its number, and whether a second had passed by then. */
interface Taken {
  readonly number: number;
  readonly isLater: boolean;
}

type Files = (by: string) => Machine;

/** Who takes tickets: how often, and what the clock says. */
export interface Taker {
  readonly clock: number;
  readonly calls?: number;
}

/**
 * Follows all orders in which these take tickets, while a second passes at any moment. There are a ticket that
 * has lapsed, number 1, and a live one, number 2.
 */
export function explore(
  protocol: TicketProtocol,
  takers: Readonly<Record<string, Taker>>,
): Explored {
  const model = new MutexModel(undefined);
  const processes = Object.entries(takers).map(([name, { clock, calls = 1 }]) =>
    inTurn<Files>(
      name,
      Array.from({ length: calls }, (_, n) => ({
        name: `take ${n} by ${name}`,
        run: (files: Files) => take(protocol, files(`${name}${n}`), clock),
      })),
    )
  );
  const time: Process<Files> = inTurn("time", [{
    name: "a second passes",
    run: (files) => files("time").put(LATER),
  }]);
  const disk = model.disk([["2", "waiting"], ["1", LAPSED]]);
  const explorer = new Explorer<Files, MutexStep>(model);
  return explorer.explore(disk, [...processes, time], new TicketProperties(model));
}

function take({ takeTicket }: TicketProtocol, files: Machine, clock: number): Taken {
  let isLater = false;
  const number = takeTicket({
    list: () => files.list().filter((name) => /^\d+$/.test(name)).map(Number).sort((a, b) => a - b),
    look: (number) => {
      const by = files.read(String(number));
      return by === undefined ? "gone" : by === LAPSED ? "lapsed" : "live";
    },
    create: (number) => files.make(String(number)),
    remove: (number) => files.remove(String(number)),
    now: () => clock,
    steady: () => {
      isLater = files.has(LATER);
      return isLater ? 2_000 : 0;
    },
  });
  return { number, isLater };
}

class TicketProperties implements Properties<Files, MutexStep> {
  constructor(readonly model: MutexModel) {}

  settled(): boolean {
    return false;
  }

  step(before: number, step: MutexStep): void {
    if (step.op !== "remove" || step.name !== "2") return;
    if (this.model.files(before).has("2")) throw new Error("a live ticket was removed");
  }

  crashed(_disk: number, calls: readonly CallState<Files>[]): void {
    const taken = takenBy(calls);
    for (const { call, outcome: { number, isLater }, after, process } of taken) {
      for (const other of taken) {
        if (other.call === call) continue;
        const { outcome } = other;
        if (outcome.number === number) throw new Error(`${number} was taken twice`);
        const isBefore = (after & other.bit) !== 0;
        const isLongBefore = isLater && !outcome.isLater;
        if ((isBefore || isLongBefore) && outcome.number > number) {
          throw new Error(`${process} came later and overtook ${other.process}`);
        }
      }
      if (number <= 2) throw new Error(`${process} overtook the one that waits`);
    }
  }

  ended(disk: number, calls: readonly CallState<Files>[]): void {
    const names = [...this.model.files(disk).keys()].filter((name) => /^\d+$/.test(name));
    const own = takenBy(calls).map(({ outcome }) => String(outcome.number));
    const others = names.filter((name) => name !== "2" && name !== "1" && !own.includes(name));
    if (others.length > 0) throw new Error(`ticket ${others} is left by no one that waits`);
    if (own.some((name) => !names.includes(name))) throw new Error("a ticket is not there");
  }
}

function takenBy(calls: readonly CallState<Files>[]) {
  return calls.flatMap((state) =>
    state.returned && state.process !== "time"
      ? [{ ...state, outcome: state.outcome as Taken }]
      : []
  );
}
