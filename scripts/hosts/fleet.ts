/** Two of each of some hosts at once on the same files, of which one is killed. */
import { openWorkspace } from "../../mod.ts";
import { AGENTS } from "./agents.ts";
import type { Model, Played } from "./model.ts";
import type { Scratch } from "./place.ts";
import { type Event, isReleased } from "./scenes.ts";
import type { Step } from "./play.ts";

const FILES = Array.from({ length: 20 }, (_, i) => `src/file_${String(i).padStart(2, "0")}.ts`);

/** The last files are those of the agent that is killed: they stay held for a while. */
const SHARED = FILES.length - 2;

/** Hosts whose agents go on after a denial, and replace a file whatever is in it. */
export const FLEET_HOSTS = ["claude", "codex", "gemini", "opencode"];

/** Files that each of the others edits. */
const EACH = 5;

/** The host of the one that is killed: its program is one process. */
const KILLED = "claude-2";

/** Seconds after which a hook's reservation has ended. */
const TTL_S = 900;

/** When a run held a file, milliseconds since 1970. */
interface Held {
  readonly run: string;
  readonly from: number;
  readonly to: number;
}

/** What is not as it must be after a fleet has edited. */
export async function fleetProblems(scratch: Scratch, model: Model): Promise<string[]> {
  const { project } = scratch;
  await scratch.coord("init");
  Deno.mkdirSync(`${project}/src`);
  for (const file of FILES) Deno.writeTextFileSync(`${project}/${file}`, "start\n");
  const hosts = Object.entries(AGENTS).filter(([name]) => FLEET_HOSTS.includes(name));
  const members = hosts.flatMap(([name, agent]) =>
    [1, 2].map((n) => ({
      id: `${name}-${n}`,
      host: scratch.host(name, agent, "user", `${name}-${n}`),
    }))
  );
  for (const { host } of members) await host.hook();
  const kill = new AbortController();
  const arrived = new Set<string>();
  const all = Promise.withResolvers<void>();
  model.before = async (name, { step }) => {
    // Some hosts take a minute to start, so that the others would be through.
    if (arrived.add(name).size === members.length) all.resolve();
    await all.promise;
    if (name === KILLED && step.do === "shell") kill.abort();
  };
  const outputs = await Promise.all(members.map(({ id, host }, index) => {
    const steps = stepsOf(project, id, id === KILLED ? FILES.slice(SHARED) : filesOf(index));
    const end: Step = { do: "shell", command: "sleep 60" };
    return host.play(
      { name: id, steps: id === KILLED ? [...steps, end] : steps },
      id === KILLED ? kill.signal : undefined,
    );
  }));
  const problems = members.flatMap(({ id }, index) =>
    id === KILLED || model.sessions.get(id)?.isDone === true
      ? []
      : [`${id} did not come to its end: ${outputs[index]?.slice(-500)}`]
  );
  const { events }: { events: Event[] } = await scratch.coord("log", "--limit", "1000");
  const held = heldIn(events);
  const ids = members.map(({ id }) => id);
  const runs = new Map(ids.map((id) => [id, held.get(ownFile(id))?.[0]?.run ?? ""]));
  const played = model.played.filter(({ name }) => runs.has(name));
  problems.push(
    ...edits(project, played, held, runs),
    ...denials(played, runs),
    ...await leftovers(scratch, runs.get(KILLED) ?? ""),
  );
  const count = played.filter(({ denial }) => denial !== undefined).length;
  const writes = played.filter(isWritten).length;
  console.log(`fleet: ${members.length} agents, ${writes} edits, ${count} denials`);
  if (count === 0) problems.push("no edit was denied, so it shows nothing");
  return problems;
}

/** The agent's own file, by which its run is known. */
function ownFile(id: string): string {
  return `${id}.txt`;
}

/** In an order that all have in common: each holds its files to its end, so no two wait for each other. */
function filesOf(agent: number): string[] {
  const places = Array.from({ length: EACH }, (_, i) => (agent + i * 5) % SHARED);
  return places.sort((a, b) => a - b).map((place) => FILES[place] ?? "");
}

function stepsOf(project: string, id: string, files: readonly string[]): Step[] {
  const write = (file: string): Step => ({
    do: "write",
    path: `${project}/${file}`,
    text: `${file} by ${id}\n`,
  });
  return [
    write(ownFile(id)),
    ...files.flatMap((file): Step[] => [{ do: "read", path: `${project}/${file}` }, write(file)]),
  ];
}

/** When each file was held, in the order of the journal. */
function heldIn(events: readonly Event[]): Map<string, Held[]> {
  const held = new Map<string, Held[]>();
  for (const { event, subject, run_id: run, at } of events) {
    const list = held.get(subject) ?? [];
    held.set(subject, list);
    const last = list.findLastIndex((each) => each.run === run && each.to === Infinity);
    const known = list[last];
    if (event === "reserved") list.push({ run, from: Date.parse(at), to: Infinity });
    else if (event === "released" && known !== undefined) {
      list[last] = { ...known, to: Date.parse(at) };
    }
  }
  return held;
}

function isWritten({ call, denial }: Played): boolean {
  return call.do === "write" && denial === undefined;
}

/** Edits of files that the agent did not hold, files that two held, and files that are not as the last one left them. */
function edits(
  project: string,
  played: readonly Played[],
  held: ReadonlyMap<string, readonly Held[]>,
  runs: ReadonlyMap<string, string>,
): string[] {
  const problems: string[] = [];
  const last = new Map<string, string>();
  for (const each of played) {
    const { step, name, to } = each;
    if (!isWritten(each) || step.do !== "write") continue;
    const file = step.path.slice(project.length + 1);
    last.set(file, step.text);
    const isHeld = held.get(file)?.some((one) =>
      one.run === runs.get(name) && one.from <= to && to <= one.to
    );
    if (isHeld !== true) problems.push(`${name} edits ${file} and does not hold it`);
  }
  for (const [file, holds] of held) {
    const pairs = holds.flatMap((a, i) => holds.slice(i + 1).map((b) => [a, b] as const));
    for (const [a, b] of pairs) {
      if (a.run === b.run || a.from >= b.to || b.from >= a.to) continue;
      problems.push(`${a.run} and ${b.run} hold ${file} at once`);
    }
  }
  for (const [file, text] of last) {
    const is = Deno.readTextFileSync(`${project}/${file}`);
    if (is !== text) problems.push(`${file} is ${JSON.stringify(is)}, not ${JSON.stringify(text)}`);
  }
  return problems;
}

/** Denials for the sake of the agent's own holds, and those after which the agent never edits the file. */
function denials(played: readonly Played[], runs: ReadonlyMap<string, string>): string[] {
  return played.flatMap(({ denial, result, step, name }, index) => {
    if (denial === undefined || step.do !== "write") return [];
    const problems: string[] = [];
    if (result.includes(`by "${runs.get(name)}"`)) {
      problems.push(`${name} keeps itself out: ${result}`);
    }
    const isEdited = played.slice(index).some((each) =>
      each.name === name && isWritten(each) && each.step.do === "write" &&
      each.step.path === step.path
    );
    if (!isEdited) problems.push(`${name} never edits ${step.path} after its denial: ${result}`);
    return problems;
  });
}

/** What is held after the end: by the one that was killed, until that has expired. */
async function leftovers(scratch: Scratch, killed: string): Promise<string[]> {
  const problems: string[] = [];
  const others = async () => {
    const { reservations } = await scratch.coord("list");
    return {
      reservations: reservations.filter(({ run_id }: { run_id: string }) => run_id !== killed),
    };
  };
  if (!await isReleased({ coord: others })) {
    problems.push(`still held: ${JSON.stringify((await others()).reservations)}`);
  }
  const { live } = await scratch.coord("list");
  if (live !== 3) problems.push(`the one that was killed holds ${live} files, not 3`);
  const clock = () => Date.now() + (TTL_S + 60) * 1000;
  const later = await openWorkspace({ dir: scratch.project, clock });
  const { live: held } = await later.reservations.list();
  if (held !== 0) problems.push(`after ${TTL_S} s ${held} files are still held`);
  const { status } = await later.reservations.reserve({
    addresses: FILES,
    runId: "next",
    exclusive: true,
  });
  if (status !== "reserved") problems.push(`after ${TTL_S} s the files are ${status}`);
  return problems;
}
