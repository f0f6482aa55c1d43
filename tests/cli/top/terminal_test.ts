/** `coord top` on a real terminal: keys, another size, and what is left of it in the end. */
import { assertEquals, itIf } from "../../deps.ts";
import { isHeavy } from "../../support/length.ts";
import { itWith } from "../../support/program/programs.ts";
import { COORD_CALL, Tmux } from "../../support/program/tmux.ts";
import { until } from "../../support/program/working.ts";
import { workspace } from "../../support/scene/workspace.ts";

const itTyped = isHeavy()
  ? itWith("tmux")
  : itIf(false, "it starts programs in terminals, only with COORD_HEAVY=1");

/** A terminal in which `coord top` shows a workspace with one task, after a line of the shell. */
async function started() {
  const { coord, clock, dir } = await workspace();
  clock.ms = Date.now();
  const enqueued = await coord.tasks.enqueue({ title: "Refactor billing", runId: "planner" });
  await coord.tasks.claim({ runId: "agent-1" });
  const terminal = new Tmux(dir, 80, 24);
  terminal.type("echo before; stty -a > modes", "Enter");
  await terminal.shows("before");
  terminal.type(
    `${COORD_CALL} top; echo ended with $?; stty -a | diff - modes && echo as before`,
    "Enter",
  );
  await terminal.shows("agent-1");
  assertEquals(terminal.modes, { other: true, cursor: false });
  return { coord, terminal, id: enqueued.task_id };
}

/** The terminal is what it was, and the shell's lines are there again. */
async function assertRestored(terminal: Tmux): Promise<void> {
  await terminal.shows("ended with 0");
  await terminal.shows("as before");
  assertEquals(terminal.modes, { other: false, cursor: true });
  assertEquals(terminal.text.includes("before"), true);
}

itTyped("top follows changes, keys and the size of the terminal, and leaves it by q", async () => {
  const { coord, terminal, id } = await started();
  using _end = terminal;
  const path = "src/tax.ts";
  await coord.reservations.reserve({ addresses: [path], runId: "agent-2" });
  await terminal.shows(path);
  terminal.type("/agent-1", "Enter", "Enter");
  await terminal.shows(id.slice(0, 40));
  terminal.type("", "Escape");
  await terminal.shows("q quit  / search");
  terminal.type("fagent-2", "Enter");
  await until("only that run is there", () => !terminal.text.includes("agent-1"));
  terminal.resize(120, 40);
  await until("the last line is the last", () => {
    const lines = terminal.text.split("\n");
    return lines[39]?.startsWith("q quit") === true && lines[23] === "";
  });
  terminal.type("q");
  await assertRestored(terminal);
});

itTyped(
  "top leaves the terminal as it was at Ctrl-C, and when it is stopped and continued",
  async () => {
    const { terminal } = await started();
    using _end = terminal;
    terminal.type("", "C-z");
    await until("the shell is back", () => !terminal.modes.other);
    assertEquals(terminal.modes, { other: false, cursor: true });
    terminal.type("fg", "Enter");
    await until("it goes on", () => terminal.modes.other && terminal.text.includes("agent-1"));
    terminal.type("", "C-c");
    await terminal.shows("as before");
    assertEquals(terminal.modes, { other: false, cursor: true });
  },
);

itTyped("top leaves the terminal as it was at SIGTERM", async () => {
  const { terminal } = await started();
  using _end = terminal;
  terminal.signal("SIGTERM");
  await assertRestored(terminal);
});
