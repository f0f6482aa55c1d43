/** One session of one host, with all that coord promises an agent in it. */
import type { Agent, Scope } from "./agents.ts";
import type { Model } from "./model.ts";
import type { Scratch, ScratchHost } from "./place.ts";
import type { Step } from "./play.ts";
import { textOf } from "./text_of.ts";

/** The agent that is in the way. */
export const OTHER = "another-agent";

/** Milliseconds that the other one holds a file on, once the agent waits for it. */
const HOLDS_ON_MS = 1_000;

/** What `coord log` has of a reservation. */
export interface Event {
  readonly at: string;
  readonly event: string;
  readonly run_id: string;
  readonly subject: string;
}

/** What is not as it must be with one host whose hooks are set up in one way. */
export async function problemsOf(
  name: string,
  agent: Agent,
  scope: Scope,
  scratch: Scratch,
  model: Model,
): Promise<string[]> {
  if (agent.endsAtDenial) return await problemsUntilDenial(name, agent, scope, scratch, model);
  const problems: string[] = [];
  const expect = (is: boolean, what: string) => void (is || problems.push(what));
  const host = scratch.host(name, agent, scope);
  const path = (file: string) => `${scratch.project}/${file}`;
  await host.coord("init");
  // In the project, so that both are set up once where they share a file.
  const withServer = agent.server !== undefined && scope === "project";
  const settings = await host.settings();
  const before = settings && textOf(settings);
  await host.hook();
  const server = ["--scope", agent.server ?? "project"];
  if (withServer) await host.coord("mcp", "install", name, ...server);
  for (const file of ["held.txt", "sub/held.txt", "wait.txt"]) {
    await scratch.coord("reserve", file, "--exclusive", "--file", "--run-id", OTHER);
  }
  Deno.mkdirSync(path("sub"));
  Deno.writeTextFileSync(path("changed.txt"), "old\n");
  const id = `${name}-${scope}`;
  const letGo = () => scratch.coord("release", "--address", "wait.txt", "--run-id", OTHER);
  model.before = async (_name, { step, call }) => {
    if (call.do === "shell") setTimeout(letGo, HOLDS_ON_MS);
    if (call === step && step.do === "write" && step.path === path("changed.txt")) {
      if (scratch.text("changed.txt") === "old\n") await changeByOther(scratch);
    }
  };
  const write = (file: string): Step & { do: "write" } => ({
    do: "write",
    path: path(file),
    text: `${file} by ${id}\n`,
  });
  const child: Step = {
    do: "agent",
    play: {
      name: `${id}-child`,
      steps: [
        { ...write("held.txt"), once: true },
        { do: "read", path: path("free.txt") },
        write("free.txt"),
        write("child.txt"),
      ],
    },
  };
  // What would reserve for a run of its own would keep the agent out.
  const bySelf: readonly Step[] = [
    { do: "shell", command: "coord reserve shell.txt --exclusive" },
    write("shell.txt"),
  ];
  const byServer: readonly Step[] = [
    { do: "tool", name: "coord_reserve", input: { addresses: ["server.txt"] } },
    write("server.txt"),
  ];
  const output = await host.play({
    name: id,
    steps: [
      write("free.txt"),
      { ...write("held.txt"), once: true },
      { ...write("sub/held.txt"), once: true, within: "sub" },
      write("wait.txt"),
      { do: "read", path: path("changed.txt") },
      write("changed.txt"),
      ...bySelf,
      ...(withServer ? byServer : []),
      ...(agent.subagents === undefined ? [] : [child]),
      write("last.txt"),
    ],
  });
  const session = model.sessions.get(id);
  expect(session?.isDone === true, `it did not come to its end: ${output.slice(-2_000)}`);
  const denialsOf = (name: string) =>
    model.played.filter((each) => each.name === name && each.denial !== undefined)
      .map(({ step, denial }) =>
        `${step.do === "write" ? step.path.slice(scratch.project.length + 1) : ""} ${denial}`
      );
  const denials = denialsOf(id);
  const expected = ["held.txt held", "sub/held.txt held", "wait.txt held"];
  // What it reads by its shell is not known.
  if (agent.reportsEnds) expected.push("changed.txt changed");
  expect(denials.join() === expected.join(), `denials: ${denials}`);
  for (
    const file of [
      "free.txt",
      "wait.txt",
      "changed.txt",
      "last.txt",
      ...(agent.subagents === undefined ? [] : ["child.txt"]),
    ]
  ) {
    expect(scratch.text(file) === write(file).text, `${file}: ${scratch.text(file)}`);
  }
  for (const file of ["held.txt", "sub/held.txt"]) {
    expect(scratch.text(file) === undefined, `a held file is written: ${file}`);
  }
  const said = session?.body.split("\n")[0] ?? "";
  expect(said.includes(OTHER) === agent.isBriefed, `a brief at the start: ${!agent.isBriefed}`);
  const { events }: { events: Event[] } = await scratch.coord("log");
  const runOf = (file: string) => events.find(({ subject }) => subject === file)?.run_id ?? "";
  const own = runOf("free.txt");
  for (const file of ["shell.txt", ...(withServer ? ["server.txt"] : [])]) {
    const run = runOf(file);
    expect(run === own, `${file} is reserved by ${run}`);
    expect(scratch.text(file) === write(file).text, `${file}: ${scratch.text(file)}`);
    // What an agent reserves itself stays after its end.
    await scratch.coord("release", "--address", file, "--run-id", run);
  }
  expect(await isReleased(host), "the end of the session does not release all");
  expect(own.startsWith(`${name}:`) && !own.includes("/"), `free.txt is reserved by ${own}`);
  if (agent.subagents !== undefined) {
    const denied = denialsOf(`${id}-child`);
    expect(denied.join() === "held.txt held", `denials of its subagent: ${denied}`);
    problems.push(...ofChild(events, own, agent.subagents));
  }
  const ends = namesIn(path(".coord/seen/edits")).length;
  expect(agent.reportsEnds ? ends > 1 : ends === 1, `edits whose end is known: ${ends}`);
  if (settings !== undefined) {
    const { hosts } = await host.coord("hook", "status");
    const row = hosts.find((each: { host: string; path: string }) => each.path === settings);
    expect(row?.last_fired_at !== null, `the state is ${JSON.stringify(row)}`);
    await host.coord("hook", "uninstall", name, "--scope", scope);
    if (withServer) await host.coord("mcp", "uninstall", name, ...server);
    expect(textOf(settings) === before, "uninstall does not give the file back");
  }
  return problems;
}

/** The same of a host whose run ends with the first denial, and that does not report its end. */
async function problemsUntilDenial(
  name: string,
  agent: Agent,
  scope: Scope,
  scratch: Scratch,
  model: Model,
): Promise<string[]> {
  const problems: string[] = [];
  const expect = (is: boolean, what: string) => void (is || problems.push(what));
  const host = scratch.host(name, agent, scope);
  await host.coord("init");
  const settings = await host.settings() ?? "";
  await host.hook();
  await scratch.coord("reserve", "held.txt", "--exclusive", "--file", "--run-id", OTHER);
  model.before = () => Promise.resolve();
  const id = `${name}-${scope}`;
  const write = (file: string): Step => {
    return { do: "write", path: `${scratch.project}/${file}`, text: `${file} by ${id}\n` };
  };
  const output = await host.play({
    name: id,
    steps: ["free.txt", "held.txt", "not.txt"].map(write),
  });
  const said = `: ${output.slice(-2_000)}`;
  expect(
    scratch.text("free.txt")?.trimEnd() === `free.txt by ${id}`,
    `a free file is not written${said}`,
  );
  expect(scratch.text("held.txt") === undefined, "a held file is written");
  expect(scratch.text("not.txt") === undefined, "it goes on after a denial");
  const { events }: { events: Event[] } = await scratch.coord("log");
  const own = events.find(({ subject }) => subject === "free.txt")?.run_id ?? "";
  expect(own.startsWith(`${name}:`), `free.txt is reserved by ${own}`);
  const ends = namesIn(`${scratch.project}/.coord/seen/edits`).length;
  expect(ends > 0 === agent.reportsEnds, `edits whose end is known: ${ends}`);
  await host.coord("hook", "uninstall", name, "--scope", scope);
  expect(textOf(settings) === undefined, "uninstall leaves its file");
  return problems;
}

/**
 * What is wrong with the reservations of a subagent. One that is a run of its own ends before the session
 * edits its last file, while the session's own hold stays; one that is not named ends with the session.
 */
function ofChild(
  events: readonly Event[],
  session: string,
  known: Agent["subagents"],
): string[] {
  const isChild = (run: string) =>
    known === "runs" ? run.startsWith(`${session}/`) : run === session;
  const problems = events.filter(({ subject, run_id }) =>
    subject === "child.txt" && !isChild(run_id)
  )
    .map(({ run_id }) => `the subagent is ${run_id}, the session ${session}`);
  const order = events.flatMap(({ event, subject, run_id }) =>
    event === "released" && subject === "child.txt"
      ? ["child ends"]
      : event === "reserved" && subject === "last.txt"
      ? ["session edits"]
      : event === "released" && subject === "free.txt" && run_id === session
      ? ["session ends"]
      : []
  ).join(", ");
  const expected = known === "runs"
    ? ["child ends, session edits, session ends"]
    : ["session edits, child ends, session ends", "session edits, session ends, child ends"];
  return expected.includes(order) ? problems : [...problems, `its order is: ${order}`];
}

/** Another agent edits a file, by a host of its own, and ends. */
async function changeByOther(scratch: Scratch): Promise<void> {
  const call = (moment: string) =>
    scratch.hook({ moment, session: "other", cwd: scratch.project, writes: ["changed.txt"] });
  await call("pre");
  Deno.writeTextFileSync(`${scratch.project}/changed.txt`, "new\n");
  await call("post");
  await call("session_end");
}

/** Whether nothing but the other's is reserved any more; hosts do not wait for their hook at the end. */
export async function isReleased(host: Pick<ScratchHost, "coord">): Promise<boolean> {
  for (let tries = 0; tries < 40; tries++) {
    const { reservations } = await host.coord("list");
    if (reservations.every(({ run_id }: { run_id: string }) => run_id === OTHER)) return true;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  return false;
}

function namesIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
