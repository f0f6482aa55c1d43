/** Tickets in all orders of steps. */
import * as chain from "../../../../../src/adapters/fs/reservation/ticket/ticket_chain.ts";
import { assert_, assertEquals, it, itIf } from "../../../../deps.ts";
import { mutated, type Mutation } from "../../../../support/explore/mutants.ts";
import {
  explore,
  type Taker,
  type TicketProtocol,
} from "../../../../support/explore/ticket_model.ts";
import { isHeavy } from "../../../../support/length.ts";

type Takers = Readonly<Record<string, Taker>>;

/** Clocks differ, and one process takes a second ticket after its first. */
const SCENES: Readonly<Record<string, Takers>> = {
  "two with one clock": { a: { clock: 5 }, b: { clock: 5 } },
  "two whose clocks differ, of which one comes twice": {
    a: { clock: 9 },
    b: { clock: 3, calls: 2 },
  },
};

const LARGE: Readonly<Record<string, Takers>> = {
  "two that come twice": { a: { clock: 5, calls: 2 }, b: { clock: 4, calls: 2 } },
};

function holds(name: string, takers: Takers): void {
  const { states, interleavings, crashes, violation } = explore(chain, takers);
  assertEquals(violation, undefined, name);
  assert_(states > 100 && crashes > 100, `${states} states`);
  console.log(`${name}: ${states} states, ${interleavings.toPrecision(3)} orders`);
}

for (const [name, takers] of Object.entries(SCENES)) {
  it(`tickets of ${name} are in the order in which they came, in all interleavings and crashes`, () => {
    holds(name, takers);
  });
}

for (const [name, takers] of Object.entries(LARGE)) {
  itIf(isHeavy(), "it has many states, only with COORD_HEAVY=1")(
    `tickets of ${name} are in the order in which they came, in all interleavings and crashes`,
    () => holds(name, takers),
  );
}

const MUTANTS: readonly Mutation[] = [
  {
    name: "a process that slept and keeps its ticket",
    from: "if (files.steady() - began <= TICKET_MS.late) return number;",
    to: "return number;",
  },
  {
    name: "a number by the clock alone",
    from: "Math.max(last + 1, files.now())",
    to: "Math.max(1, files.now())",
  },
  {
    name: "a number that another one was faster to take",
    from: "if (!files.create(number)) continue;",
    to: "files.create(number);",
  },
  {
    name: "live tickets that are removed with those that lapsed",
    from: `else if (found === "lapsed") files.remove(number);`,
    to: "files.remove(number);",
  },
  {
    name: "a ticket that is removed since it was gone a moment ago",
    from: `else if (found === "lapsed") files.remove(number);`,
    to: "else files.remove(number);",
  },
  {
    name: "a ticket that is left when its process begins again",
    from: "    files.remove(number);\n  }\n}",
    to: "  }\n}",
  },
];

for (const mutation of MUTANTS) {
  it(`the explorer finds ${mutation.name}`, async () => {
    const path = "src/adapters/fs/reservation/ticket/ticket_chain.ts";
    const mutant = await mutated(path, mutation) as TicketProtocol;
    const found = Object.values(SCENES).map((takers) => explore(mutant, takers).violation?.message)
      .find((message) => message !== undefined);
    assert_(found !== undefined, "nothing was found");
    console.log(found);
  });
}
