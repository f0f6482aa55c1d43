import type { JsonObject } from "../../../mod.ts";
import { assertEquals, assertRejects, it } from "../../deps.ts";
import { workspace } from "../../support/scene/workspace.ts";

const AT = "2026-11-20T08:00:00.123456-08:00";
const LATER = "2026-11-21T09:00:00Z";

/** Issues as bd writes them, in the order of their ids. */
const ISSUES: readonly JsonObject[] = [
  {
    id: "bd-1a",
    title: "Parser drops the last line",
    description: "Repro:\n1. a file without a newline\n2. `bd list`",
    design: "Read to the end.",
    status: "closed",
    priority: 0,
    issue_type: "bug",
    assignee: "alice",
    created_at: AT,
    updated_at: LATER,
    closed_at: LATER,
    close_reason: "Fixed in 1f2e",
    external_ref: "gh-9",
  },
  {
    id: "bd-1b",
    title: "Release 1.0",
    description: "",
    status: "open",
    priority: 1,
    issue_type: "epic",
    estimated_minutes: 90,
    created_at: AT,
    updated_at: AT,
    labels: ["release", "x".repeat(80)],
    dependencies: [
      {
        issue_id: "bd-1b",
        depends_on_id: "bd-1a",
        type: "blocks",
        created_at: AT,
        created_by: "a",
      },
      {
        issue_id: "bd-1b",
        depends_on_id: "bd-1c",
        type: "blocks",
        created_at: AT,
        created_by: "a",
      },
      {
        issue_id: "bd-1b",
        depends_on_id: "bd-1d",
        type: "blocks",
        created_at: AT,
        created_by: "a",
      },
      {
        issue_id: "bd-1b",
        depends_on_id: "bd-1e",
        type: "related",
        created_at: AT,
        created_by: "a",
      },
    ],
    comments: [{ id: 1, issue_id: "bd-1b", author: "bob", text: "soon", created_at: AT }],
  },
  {
    id: "bd-1b.1",
    title: "Write the changelog",
    description: "",
    status: "in_progress",
    priority: 4,
    issue_type: "task",
    assignee: "bob",
    created_at: AT,
    updated_at: AT,
    dependencies: [
      {
        issue_id: "bd-1b.1",
        depends_on_id: "bd-1b",
        type: "parent-child",
        created_at: AT,
        created_by: "a",
      },
    ],
  },
  {
    id: "bd-1c",
    title: "Wait for legal",
    description: "",
    status: "blocked",
    priority: 2,
    issue_type: "task",
    created_at: AT,
    updated_at: AT,
  },
  {
    id: "bd-1d",
    title: "Was deleted",
    description: "",
    status: "tombstone",
    priority: 3,
    issue_type: "chore",
    created_at: AT,
    updated_at: LATER,
    deleted_at: LATER,
    deleted_by: "bob",
    delete_reason: "twice",
    original_type: "chore",
  },
];

/** A workspace with these issues. */
async function imported(issues: readonly object[] = ISSUES) {
  const scene = await workspace();
  const { exchange, tasks } = scene.coord;
  const answer = await exchange.import(issues, { format: "beads", runId: "p", queue: "beads" });
  const items = Object.fromEntries((await tasks.list()).items.map((item) => [item.title, item]));
  return { ...scene, exchange, tasks, answer, items };
}

it("issues of beads come back from tasks as they were, field by field and in their order", async () => {
  const { exchange, answer } = await imported();
  assertEquals(answer.status === "imported" && answer.added, 5);
  const issues = await Array.fromAsync(exchange.exportBeads());
  assertEquals<readonly object[]>(issues, ISSUES);
  assertEquals(
    issues.map((issue) => JSON.stringify(issue)),
    ISSUES.map((issue) => JSON.stringify(issue)),
  );
  const again = await exchange.import(issues, { format: "beads", runId: "p", queue: "beads" });
  assertEquals(again.status === "imported" && [again.added, again.unchanged], [0, 5]);
});

it("an issue becomes a task with its priority, labels, blockers and end", async () => {
  const { items, tasks } = await imported();
  const of = (title: string) => {
    const { status, priority, queue, tags, needs, created_at } = items[title] ?? {};
    return { status, priority, queue, tags, needs, created_at };
  };
  const common = {
    queue: "beads",
    tags: [],
    needs: undefined,
    created_at: "2026-11-20T16:00:00.123Z",
  };
  assertEquals(of("Parser drops the last line"), { ...common, status: "completed", priority: 2 });
  assertEquals(of("Release 1.0"), {
    ...common,
    status: "blocked",
    priority: 1,
    tags: ["release"],
  });
  assertEquals(of("Write the changelog"), { ...common, status: "pending", priority: -2 });
  assertEquals(of("Wait for legal"), {
    ...common,
    status: "pending",
    priority: 0,
    needs: ["beads:blocked"],
  });
  assertEquals(of("Was deleted"), { ...common, status: "cancelled", priority: -1 });
  const done = items["Parser drops the last line"];
  assertEquals([done?.claimer_run_id, done?.ended_at, done?.result], [
    "alice",
    "2026-11-21T09:00:00.000Z",
    { close_reason: "Fixed in 1f2e" },
  ]);
  // What is blocked waits for the bug and for legal, not for what was deleted.
  assertEquals(items["Release 1.0"]?.after?.length, 2);
  const first = await tasks.claim({ runId: "a" });
  assertEquals(first.status === "claimed" && first.task.title, "Write the changelog");
  assertEquals((await tasks.claim({ runId: "a" })).status, "empty");
});

it("an export for beads says what became of the issues here", async () => {
  const { exchange, tasks, items, clock } = await imported();
  const legal = items["Wait for legal"]?.task_id ?? "";
  await tasks.claim({ runId: "carol" });
  await tasks.reprioritize({ ids: [legal], runId: "p", priority: 9 });
  const held = await tasks.claim({ runId: "dave", has: ["beads:blocked"] });
  if (held.status !== "claimed") throw new Error("it is not claimed");
  await tasks.complete({ id: legal, runId: "dave", result: { close_reason: "signed" } });
  const release = await tasks.claim({ runId: "erin" });
  assertEquals(release.status === "claimed" && release.task.title, "Release 1.0");
  if (release.status !== "claimed") throw new Error("it is not claimed");
  await tasks.fail({ id: release.task_id, runId: "erin", error: "no key" });
  const at = new Date(clock.ms).toISOString();
  const issues = await Array.fromAsync(exchange.exportBeads());
  const [bug, epic, log, wait, gone] = ISSUES as JsonObject[];
  assertEquals(issues, [
    bug!,
    { ...epic, status: "blocked", updated_at: at },
    { ...log, assignee: "carol", updated_at: at },
    {
      ...wait,
      status: "closed",
      priority: 0,
      updated_at: at,
      closed_at: at,
      close_reason: "signed",
    },
    gone!,
  ]);
  // An issue that was closed since, in beads, ends the task here.
  const there = await imported();
  const input = { format: "beads", runId: "p", queue: "beads" } as const;
  const refused = await there.exchange.import(issues, input);
  assertEquals(
    refused.status === "conflict" && refused.conflicts.map(({ at, reason }) => [at, reason]),
    [["line 4", "unfinished"]],
  );
  const updated = await there.exchange.import(issues, { ...input, onConflict: "update" });
  assertEquals(updated.status === "imported" && [updated.updated, updated.unchanged], [1, 4]);
});

it("a task of coord goes to beads and comes back as the same task", async () => {
  const { coord, clock } = await workspace();
  const first = await coord.tasks.enqueue({
    title: "first",
    runId: "p",
    priority: 5,
    payload: { description: "do it", n: [1] },
    tags: ["t"],
    key: "k",
    maxAttempts: 3,
  });
  await coord.tasks.enqueue({ title: "then", runId: "p", after: ["k"] });
  const issues = await Array.fromAsync(coord.exchange.exportBeads());
  if ("error" in first) throw new Error("it is not enqueued");
  const id = `coord-${first.task_id.slice(7, 15)}`;
  const issue = issues.find((each) => each.id === id);
  assertEquals([issue?.title, issue?.description, issue?.status, issue?.priority, issue?.labels], [
    "first",
    "do it",
    "open",
    0,
    ["t"],
  ]);
  const then = issues.find(({ title }) => title === "then")?.dependencies;
  assertEquals(Array.isArray(then) && then.map((each) => Object(each).depends_on_id), [id]);
  const there = await workspace();
  there.clock.ms = clock.ms;
  const answer = await there.coord.exchange.import(issues, { format: "beads", runId: "q" });
  assertEquals(answer.status, "imported");
  const tasks = async (of: typeof coord) => (await of.tasks.list()).items;
  assertEquals(await tasks(there.coord), await tasks(coord));
});

it("import() names every issue that is wrong, and leaves out blockers that are nowhere", async () => {
  const { exchange, warnings } = await workspace().then(({ coord, warnings }) => ({
    exchange: coord.exchange,
    warnings,
  }));
  const [first] = ISSUES;
  const wrong = [
    { ...first, id: "", priority: 5 },
    { ...first, title: " ", status: 1, created_at: "x" },
    { ...first, labels: [1], dependencies: [{}] },
  ];
  const error = await assertRejects(() =>
    exchange.import([...wrong, first!, first!], { format: "beads" })
  );
  assertEquals(
    (error as Error).message,
    "line 1 has no valid id, priority; line 2 has no valid title, status, created_at; " +
      "line 3 has no valid labels, dependencies; line 5 has the id of line 4",
  );
  const dependencies = [{ issue_id: "bd-1a", depends_on_id: "bd-0", type: "blocks" }];
  const open = { ...first, status: "open", closed_at: null, dependencies };
  await exchange.import([JSON.stringify(open)], { format: "beads" });
  assertEquals(warnings, ["bd-1a waits for bd-0, which is not there: left out"]);
});
