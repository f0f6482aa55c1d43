import * as chain from "../../../../../src/adapters/fs/task/index/after_chain.ts";
import { assert_, assertEquals, it } from "../../../../deps.ts";
import {
  added,
  AfterCalls,
  AfterModel,
  AfterProperties,
  type AfterProtocol,
  does,
  type Hasty,
  type Successor,
} from "../../../../support/explore/after_model.ts";
import { type Explored, Explorer, type Process } from "../../../../support/explore/explorer.ts";
import type { AfterFiles } from "../../../../support/explore/after_model.ts";
import { mutated, type Mutation } from "../../../../support/explore/mutants.ts";

const MODULE = "src/adapters/fs/task/index/after_chain.ts";

const [A, B, X, Y, Z] = ["aaaaaa", "bbbbbb", "111111", "222222", "333333"] as const;

/** Tasks, those of them that are there at first, and who meets over them. */
interface Scene {
  readonly name: string;
  readonly tasks: readonly Successor[];
  readonly there: readonly string[];
  processes(calls: AfterCalls): Process<AfterFiles>[];
}

const both: Successor = { task_id: X, after: [A, B] };

const SCENES: readonly Scene[] = [
  {
    name: "an addition and the end of what it waits for",
    tasks: [{ task_id: X, after: [A] }],
    there: [],
    processes: (calls) => [does("adds", calls.add(X)), does("ends", calls.end(A, "completed"))],
  },
  {
    name: "the ends of two that it waits for, and its addition",
    tasks: [both],
    there: [],
    processes: (calls) => [
      does("adds", calls.add(X)),
      does("endsA", calls.end(A, "completed")),
      does("endsB", calls.end(B, "completed")),
    ],
  },
  {
    name: "two ends and a cancel",
    tasks: [both],
    there: [X],
    processes: (calls) => [
      does("endsA", calls.end(A, "completed")),
      does("endsB", calls.end(B, "completed")),
      does("cancels", calls.end(X, "cancelled")),
    ],
  },
  {
    name: "an end that is not synced yet, and the end of another",
    tasks: [both],
    there: [X],
    processes: (calls) => [
      does("slow", calls.endSlowly(A, "completed")),
      does("endsB", calls.end(B, "completed")),
    ],
  },
  {
    name: "an end that cancels, and another in between",
    tasks: [
      { task_id: Z, after: [A, B] },
      { task_id: X, after: [A], on_failure: "cancel" },
      { task_id: Y, after: [X, B], on_failure: "run" },
    ],
    there: [X, Y, Z],
    processes: (calls) => [
      does("fails", calls.end(A, "failed")),
      does("endsB", calls.end(B, "completed")),
    ],
  },
  {
    name: "an end, a comparison, and the removal of the index",
    tasks: [both],
    there: [X],
    processes: (calls) => [
      does("ends", calls.end(A, "completed"), calls.end(B, "completed")),
      does("compares", calls.compare),
      does("wipes", calls.wipe),
    ],
  },
];

function explore(scene: Scene, protocol: AfterProtocol, hasty: Hasty = "none"): Explored {
  const model = new AfterModel(scene.tasks);
  const calls = new AfterCalls(protocol, scene.tasks, hasty);
  const explorer = new Explorer(model);
  const start = model.disk(
    added(scene.tasks.filter(({ task_id }) => scene.there.includes(task_id))),
  );
  const processes = scene.processes(calls);
  return explorer.explore(start, processes, new AfterProperties(model, calls));
}

function firstViolation(protocol: AfterProtocol, hasty: Hasty = "none"): string | undefined {
  for (const scene of SCENES) {
    const { violation } = explore(scene, protocol, hasty);
    if (violation !== undefined) return `${scene.name}: ${violation.message}`;
  }
  return undefined;
}

for (const scene of SCENES) {
  it(`follow() loses no task and lets none run early: ${scene.name}`, () => {
    const { violation, states, crashes } = explore(scene, chain);
    assertEquals(violation, undefined);
    assert_(states > 20 && crashes > 10);
  });
}

const MUTANTS: readonly Mutation[] = [
  {
    name: "an end of another process is not synced",
    from: "    if (!lasting.has(predecessor)) files.sync(predecessor);\n",
    to: "",
  },
  {
    name: "what was seen is believed for the whole call",
    from: "    const seen = new Map<string, Stand>();\n",
    to: "",
    also: {
      from: "  waiting.clear();\n",
      to: "  waiting.clear();\n  const seen = new Map<string, Stand>();\n",
    },
  },
  {
    name: "a task that has to wait loses its entries",
    from: "    files.lookLater(task, standings);\n    return false;\n",
    to: "    files.lookLater(task, standings);\n",
  },
  {
    name: "what follows from a task that was cancelled is left out",
    from: "seen, lasting)) ended.add(stem);",
    to: "seen, lasting)) ended.delete(stem);",
  },
  {
    name: "entries that are missing are not made",
    from: "  for (const stem of lacking) attempt(files, stem, () => files.enter(stem));\n",
    to: "",
  },
  {
    name: "the entries of a task that was let go stay",
    from: "  if (isMoved) seen.delete(task.task_id);\n  files.drop(task);\n",
    to: "  if (isMoved) seen.delete(task.task_id);\n",
  },
];

for (const mutant of MUTANTS) {
  it(`the explorer finds it when ${mutant.name}`, async () => {
    const found = firstViolation(await mutated(MODULE, mutant) as AfterProtocol);
    assert_(found !== undefined);
  });
}

for (const hasty of ["additions", "ends"] as const) {
  it(`the explorer finds it when ${hasty} look before they write`, () => {
    assert_(firstViolation(chain, hasty) !== undefined);
  });
}
