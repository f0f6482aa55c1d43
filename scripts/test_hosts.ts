/**
 * Runs the real hosts of agents against a model on the loopback interface, with hooks that
 * `coord hook install` has set up: a free file is written and reserved, a held one is denied, and
 * `coord hook uninstall` gives the host's file back. No account is needed, and nothing is sent anywhere.
 *
 * Usage: deno run -A scripts/test_hosts.ts [HOST...]
 *
 * The hosts come from the npm registry, 1 GB in all, into the folder that COORD_HOSTS names, where they
 * stay; by default into the system's folder for temporary files.
 */
import { type Agent, AGENTS, type Place } from "./hosts/agents.ts";
import { type Model, startModel } from "./hosts/model.ts";
import { run } from "./support/run.ts";

const ROOT = new URL("..", import.meta.url).pathname;
const HOSTS = Deno.env.get("COORD_HOSTS") ?? `${Deno.env.get("TMPDIR") ?? "/tmp"}/coord-hosts`;
const BIN = `${HOSTS}/node_modules/.bin`;

/** Seconds that a host may take for one file. */
const LIMIT = 120;

const SCOPES = ["project", "user"] as const;

const names = Deno.args.length > 0 ? Deno.args : Object.keys(AGENTS);
await install();
const model = startModel();
const failures: string[] = [];
for (const name of names) {
  const agent = AGENTS[name];
  if (agent === undefined) throw new Error(`No host ${name}: there are ${Object.keys(AGENTS)}`);
  const { output } = await run(`${BIN}/${agent.program}`, ["--version"], { limit: LIMIT });
  for (const scope of SCOPES) {
    const problems = await tried(name, agent, scope, model);
    const result = problems.length === 0 ? "ok" : "FAILED";
    console.log(`${name} ${output.trim().split("\n").at(-1)}, scope ${scope}: ${result}`);
    for (const problem of problems) console.log(`  ${problem}`);
    failures.push(...problems);
  }
}
await model.end();
Deno.exit(failures.length === 0 ? 0 : 1);

/** Installs what is missing. */
async function install(): Promise<void> {
  const missing = names.flatMap((name) => AGENTS[name] ?? []).filter(({ program }) => {
    try {
      Deno.lstatSync(`${BIN}/${program}`);
      return false;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return true;
      throw error;
    }
  });
  if (missing.length === 0) return;
  Deno.mkdirSync(HOSTS, { recursive: true });
  const packages = missing.map((agent) => agent.package);
  console.log(`installing ${packages.join(", ")} in ${HOSTS}`);
  const args = ["install", "--no-audit", "--no-fund", "--prefix", HOSTS, ...packages];
  const { code, output } = await run("npm", args);
  if (code !== 0) throw new Error(output);
  const claude = `${HOSTS}/node_modules/@anthropic-ai/claude-code`;
  // What npm leaves to its user since it runs no scripts of packages by itself.
  if (names.includes("claude")) await run("node", ["install.cjs"], { cwd: claude });
}

/** What is not as it must be with one host. */
async function tried(
  name: string,
  agent: Agent,
  scope: typeof SCOPES[number],
  model: Model,
): Promise<string[]> {
  const top = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "coord-hosts-" }));
  const place: Place = { project: `${top}/project`, home: `${top}/home`, model: model.url };
  const problems: string[] = [];
  const expect = (is: boolean, what: string) => void (is || problems.push(what));
  try {
    for (const folder of [place.project, place.home, `${top}/bin`]) Deno.mkdirSync(folder);
    await run("git", ["init", "-q", place.project]);
    const program = `#!/bin/sh\nexec "${Deno.execPath()}" run -q -A --no-check ` +
      `--config="${ROOT}deno.json" "${ROOT}cli.ts" "$@"\n`;
    Deno.writeTextFileSync(`${top}/bin/coord`, program, { mode: 0o755 });
    for (const [path, text] of Object.entries(agent.files(place))) {
      const full = path.replace(/^(?:~\/)?/, (home) => `${home ? place.home : place.project}/`);
      Deno.mkdirSync(full.replace(/\/[^/]*$/, ""), { recursive: true });
      Deno.writeTextFileSync(full, text);
    }
    const denoDir = Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`;
    const env = {
      HOME: place.home,
      DENO_DIR: denoDir,
      PATH: `${top}/bin:${BIN}:${Deno.env.get("PATH")}`,
    };
    const coord = async (...args: string[]) => {
      const { output } = await run("coord", [...args, "--json"], { env, cwd: place.project });
      return JSON.parse(output.split("\n").find((line) => line.startsWith("{")) ?? "{}");
    };
    const { path } = await coord("hook", "print", name, "--scope", scope);
    const before = bytesOf(path);
    await coord("init");
    await coord("hook", "install", name, "--scope", scope);
    const play = async (file: string) => {
      model.want(`${place.project}/${file}`);
      const options = { env: { ...env, ...agent.env(place) }, cwd: place.project, limit: LIMIT };
      const { output } = await run(`${BIN}/${agent.program}`, agent.args, options);
      const isAsked = model.asked.length >= 2;
      expect(isAsked, `${file}: the model was asked ${model.asked.length} times: ${output}`);
      return bytesOf(`${place.project}/${file}`) !== undefined;
    };

    expect(await play("free.txt"), "a free file is not written");
    const log = await coord("log");
    const runs: string[] = log.events.map(({ run_id }: { run_id: string }) => run_id);
    expect(runs.some((run) => run.startsWith(`${name}:`)), "a free file is not reserved");
    const ends = namesIn(`${place.project}/.coord/seen/edits`).length;
    expect(ends === (agent.reportsEnds ? 1 : 0), `ends of edits that the host reported: ${ends}`);
    expect(await isReleased(coord), "the end of the session does not release it");

    await coord("reserve", "held.txt", "--exclusive", "--run-id", "another-agent");
    expect(!await play("held.txt"), "a held file is written");
    const isDenial = ({ body }: { body: string }) =>
      body.includes("Do not edit it through the shell");
    expect(model.asked.some(isDenial), "the model does not hear why");
    const isPrimed = model.asked.some((each) =>
      each.body.includes("another-agent") && !isDenial(each)
    );
    expect(isPrimed, "the model does not hear at the start who holds what");

    const { hosts } = await coord("hook", "status");
    const row = hosts.find((each: { host: string; path: string }) => each.path === path);
    expect(row?.last_fired_at !== null, `the state is ${JSON.stringify(row)}`);
    await coord("hook", "uninstall", name, "--scope", scope);
    expect(bytesOf(path) === before, "uninstall does not give the file back");
  } finally {
    Deno.removeSync(top, { recursive: true });
  }
  return problems;
}

/** Whether nothing is reserved any more; hosts do not wait for their hook at the end. */
async function isReleased(coord: (...args: string[]) => Promise<{ live?: number }>) {
  for (let tries = 0; tries < 20; tries++) {
    if ((await coord("list")).live === 0) return true;
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

function bytesOf(path: string): string | undefined {
  try {
    return Deno.readFileSync(path).join();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
