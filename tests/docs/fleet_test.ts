/** The fleet of the examples loses nothing, though workers are killed and commands hang or fail. */
import { initWorkspace, openWorkspace, type TaskStatus } from "../../mod.ts";
import { assertEquals, itIf } from "../deps.ts";
import { isHeavy } from "../support/length.ts";
import { git } from "../support/program/git.ts";
import { project } from "../support/program/project.ts";
import { isWritten, kill, until, written } from "../support/program/working.ts";
import { makeTempDir } from "../support/scene/scratch.ts";

const FLEET = new URL("../../examples/fleet/fleet.sh", import.meta.url).pathname;

const itHeavy = itIf(isHeavy(), "it takes a quarter of a minute, only with COORD_HEAVY=1");

/** Tasks in which nothing goes wrong, and the files that they share. */
const PLAIN = { tasks: 15, files: 2 };

/** Seconds that a task may take: many times what it takes. */
const MAX_RUNTIME = 12;

/** Tasks of which an attempt goes wrong, or every one, and what they are to become. */
const WRONG: readonly (readonly [title: string, status: TaskStatus])[] = [
  ["dies in edit", "completed"],
  ["dies in commit", "completed"],
  ["dies after commit", "completed"],
  ["always fails", "failed"],
  ["hangs", "completed"],
];

/** Notes that it runs, and waits to be ended, where it was not here before. */
const STAY = `[ -e "$PLACES/$COORD_TITLE" ] ||
  { echo "$COORD_RUN_ID $PPID" > "$PLACES/$COORD_TITLE"; exec sleep 600; }`;

const EDIT = `#!/bin/sh
echo half >> "$1"
case $COORD_TITLE in 'dies in edit' | hangs) ${STAY} ;; esac
text=$(grep -v '^half$' "$1")
sleep 0.2
printf '%s\\n' "$text" "$COORD_TITLE" > "$1"
`;

const CHECK = `#!/bin/sh
[ "$COORD_TITLE" != 'always fails' ] || { echo 'it is bad' >&2; exit 9; }
! grep half "$1"
`;

/** A hook of git that stays once in a task. */
const hook = (title: string) =>
  `#!/bin/sh
[ "$COORD_TITLE" != '${title}' ] || ${STAY}
`;

/** A repository with its files, the scripts of the fleet, and the tasks. */
async function scene() {
  const places = makeTempDir();
  const { folder, run } = project(`[ "$1" != work ] || echo $$ > '${places}'/"$3"`);
  const script = (path: string, text: string) =>
    Deno.writeTextFileSync(`${folder}/${path}`, text, { mode: 0o755 });
  git(folder, "init", "--quiet", "--initial-branch=main");
  git(folder, "config", "user.name", "fleet");
  git(folder, "config", "user.email", "fleet@example.org");
  for (let i = 0; i < WRONG.length; i++) Deno.writeTextFileSync(`${folder}/file_${i}`, "begun\n");
  script("edit.sh", EDIT);
  script("check.sh", CHECK);
  git(folder, "add", ".");
  git(folder, "commit", "--quiet", "-m", "begin");
  script(".git/hooks/pre-commit", hook("dies in commit"));
  script(".git/hooks/post-commit", hook("dies after commit"));
  await initWorkspace(folder);
  const coord = await openWorkspace({ dir: folder });
  const titles = [
    ...WRONG.map(([title]) => title),
    ...Array.from({ length: PLAIN.tasks }, (_, i) => `plain ${i}`),
  ];
  for (const [i, title] of titles.entries()) {
    // None of the others waits for a file of which an attempt hangs.
    const isWrong = i < WRONG.length;
    const payload = { file: `file_${isWrong ? i : i % PLAIN.files}` };
    const task = { title, queue: "fleet", payload, maxAttempts: 3, runId: "planner" };
    await coord.tasks.enqueue({ ...task, priority: isWrong ? 1 : 0 });
  }
  const env = { PLACES: places, FLEET_TTL: "5", FLEET_MAX_RUNTIME: `${MAX_RUNTIME}` };
  return {
    folder,
    coord,
    fleet: () => run("sh", [FLEET], env),
    /** Waits until an attempt at a task stays, and kills its worker, and its git if it has one. */
    async dies(title: string, hasGit: boolean): Promise<string> {
      await until(`it ${title}`, () => isWritten(`${places}/${title}`));
      const [worker, parent] = written(`${places}/${title}`).split(" ");
      if (hasGit) kill(Number(parent));
      kill(Number(written(`${places}/${worker}`)));
      return "killed";
    },
  };
}

itHeavy("the fleet commits each task once, though workers die and commands hang", async () => {
  const { folder, coord, fleet, dies } = await scene();
  const [{ code, output }, ...kills] = await Promise.all([
    fleet(),
    dies("dies in edit", false).catch(String),
    dies("dies in commit", true).catch(String),
    dies("dies after commit", true).catch(String),
  ]);
  assertEquals({ code, kills }, { code: 1, kills: ["killed", "killed", "killed"] }, output);

  const { items } = await coord.tasks.list({ limit: 100 });
  const byTitle = new Map(items.map((item) => [item.title, item]));
  assertEquals(
    WRONG.map(([title]) => [title, byTitle.get(title)?.status]),
    WRONG.map((each) => [...each]),
    output,
  );
  const { error, attempt } = byTitle.get("always fails") ?? {};
  assertEquals({ error, attempt }, { error: "exit code 9: it is bad", attempt: 3 });
  const hung = await coord.show(byTitle.get("hangs")?.task_id ?? "");
  const [first] = hung.kind === "task" ? hung.attempts : [];
  assertEquals(first?.error, `Cannot go on with the task: it took longer than ${MAX_RUNTIME} s`);
  const completed = items.filter(({ status }) => status === "completed");
  assertEquals([completed.length, items.length], [
    WRONG.length - 1 + PLAIN.tasks,
    WRONG.length + PLAIN.tasks,
  ]);

  // A commit each, once, with one line in the task's file and nothing else.
  const commits = git(folder, "log", "--format=%x00%B", "--numstat", "HEAD", "--not", "HEAD~19");
  assertEquals(
    commits.split("\0").slice(1).map((text) => text.trim().split(/\n+/).join("; ")).sort(),
    completed.map(({ title, task_id, payload }) =>
      `${title}; Task: ${task_id}; 1\t0\t${payload["file"]}`
    ).sort(),
  );
  assertEquals(git(folder, "log", "--format=%s", "HEAD~19"), "begin\n");

  // Nothing is held, and nothing is in git's way.
  assertEquals((await coord.reservations.list()).reservations, []);
  assertEquals((await coord.lanes.live()).leases, []);
  assertEquals((await coord.tasks.list({ status: "claimed" })).items, []);
  git(folder, "commit", "--quiet", "--allow-empty", "-m", "another");
  assertEquals(git(folder, "fsck", "--no-dangling", "--no-progress"), "");
});
