/** A project of its own for hosts, with coord's executable on the PATH. */
import { builder } from "../compile.ts";
import { bundle } from "../compile/bundle.ts";
import { targetOf } from "../compile/targets.ts";
import { shellWord } from "../../src/domain/text.ts";
import { cleanEnv, run } from "../support/run.ts";
import { type Agent, AGENTS, type Place, type Scope } from "./agents.ts";
import { type Play, promptOf } from "./play.ts";
import { textOf } from "./text_of.ts";

const ROOT = new URL("../..", import.meta.url).pathname;

/** Where the hosts are, and stay. */
const HOSTS = Deno.env.get("COORD_HOSTS") ?? `${Deno.env.get("TMPDIR") ?? "/tmp"}/coord-hosts`;
const BIN = `${HOSTS}/node_modules/.bin`;

/** Seconds that a host may take for one play. */
const LIMIT = 600;

/** Installs the hosts that are missing. */
export async function installHosts(names: readonly string[]): Promise<void> {
  const missing = names.flatMap((name) => AGENTS[name] ?? []).filter(({ program }) =>
    !isThere(`${BIN}/${program}`)
  );
  if (missing.length === 0) return;
  Deno.mkdirSync(HOSTS, { recursive: true });
  const packages = missing.map((agent) => agent.package);
  console.log(`installing ${packages.join(", ")} in ${HOSTS}`);
  const args = ["install", "--no-audit", "--no-fund", "--prefix", HOSTS, ...packages];
  const { code, output } = await run("npm", args);
  if (code !== 0) throw new Error(output);
  for (const { setup, package: name } of missing) {
    if (setup !== undefined) await run("node", [setup], { cwd: `${HOSTS}/node_modules/${name}` });
  }
}

/** What a host says of its version. */
export async function versionOf({ program }: Agent): Promise<string> {
  const { output } = await run(`${BIN}/${program}`, ["--version"], { limit: LIMIT });
  return /\d+\.\d+\.\d+/.exec(output)?.[0] ?? "";
}

/** Makes the executable of coord, which answers a hook as soon as users see it do. */
export async function makeCoord(folder: string): Promise<void> {
  const target = targetOf(Deno.build.target);
  if (target === undefined) throw new Error(`There is no target for ${Deno.build.target}`);
  const work = Deno.makeTempDirSync();
  try {
    const entry = await bundle(ROOT, work);
    await builder(entry, "bun", console.log)(target, `${folder}/coord`);
  } finally {
    Deno.removeSync(work, { recursive: true });
  }
}

/** A repository in which hosts edit. */
export class Scratch {
  readonly project: string;
  readonly #top: string;

  private constructor(readonly bin: string, readonly model: string) {
    this.#top = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "coord-hosts-" }));
    this.project = `${this.#top}/project`;
    Deno.mkdirSync(this.project);
  }

  static async make(bin: string, model: string): Promise<Scratch> {
    const made = new Scratch(bin, model);
    await run("git", ["init", "-q", made.project]);
    return made;
  }

  /** A host with a home folder of its own. */
  host(name: string, agent: Agent, scope: Scope, id: string = name): ScratchHost {
    return new ScratchHost(this, name, agent, scope, `${this.#top}/home-${id}`);
  }

  /** The bytes of a file of the project, as text; `undefined` where there is none. */
  text(path: string): string | undefined {
    return textOf(`${this.project}/${path}`);
  }

  /** A command of coord's by no host. */
  coord(...args: string[]) {
    return coordIn(this.project, { PATH: `${this.bin}:${cleanEnv()["PATH"]}` }, args);
  }

  /** What a host of any kind says to coord. */
  async hook(said: object): Promise<void> {
    const child = new Deno.Command(`${this.bin}/coord`, {
      args: ["hook", "run", "generic"],
      stdin: "piped",
      stdout: "null",
      stderr: "inherit",
      cwd: this.project,
    }).spawn();
    await new Response(JSON.stringify(said)).body?.pipeTo(child.stdin);
    await child.status;
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.#top, { recursive: true });
  }
}

/** A host in a scratch repository. */
export class ScratchHost {
  readonly #place: Place;
  readonly #env: Record<string, string>;

  constructor(
    scratch: Scratch,
    readonly name: string,
    readonly agent: Agent,
    readonly scope: Scope,
    home: string,
  ) {
    this.#place = { project: scratch.project, home, model: scratch.model };
    Deno.mkdirSync(home);
    this.#env = {
      HOME: home,
      PATH: `${scratch.bin}:${BIN}:${cleanEnv()["PATH"]}`,
      ...agent.env(this.#place),
    };
    for (const [path, text] of Object.entries(agent.files(this.#place))) this.#write(path, text);
    // Codex has a login shell, which makes its own PATH.
    this.#write("~/.profile", `export PATH='${this.#env["PATH"]}'\n`);
  }

  coord(...args: string[]) {
    return coordIn(this.#place.project, this.#env, args);
  }

  /** The file in which the host is to find coord; `undefined` where a plugin is named to it. */
  async settings(): Promise<string | undefined> {
    if (this.scope === "plugin") return undefined;
    return (await this.coord("hook", "print", this.name, "--scope", this.scope)).paths[0];
  }

  /** Has the host call coord. */
  async hook(): Promise<void> {
    if (this.scope === "plugin") return;
    await this.coord("hook", "install", this.name, "--scope", this.scope);
  }

  /** Runs the host until it has done all, or `stop` kills it; gives its output. */
  async play(play: Play, stop?: AbortSignal): Promise<string> {
    const child = this.#spawn(`${BIN}/${this.agent.program}`, this.#args(play), "null");
    stop?.addEventListener("abort", () => end(child));
    return await outputOf(child);
  }

  /** Runs it in a terminal, until `stop` has it end as its user would; gives what it showed. */
  async playInTerminal(play: Play, stop: AbortSignal): Promise<string> {
    const command = [`${BIN}/${this.agent.program}`, ...this.#args(play)].map(shellWord).join(" ");
    const child = this.#spawn("script", ["-qfec", command, "/dev/null"], "piped");
    const keys = child.stdin.getWriter();
    const type = (text: string) => void keys.write(new TextEncoder().encode(text)).catch(() => {});
    const timers: ReturnType<typeof setTimeout>[] = [];
    stop.addEventListener("abort", () => {
      // A host that is at work takes it when it has done that.
      for (let at = 0; at < LIMIT * 1000; at += 20_000) {
        timers.push(setTimeout(type, at, "/exit"), setTimeout(type, at + 1_000, "\r"));
      }
    });
    try {
      return await outputOf(child);
    } finally {
      timers.forEach(clearTimeout);
      await keys.close().catch(() => {});
    }
  }

  #args(play: Play): string[] {
    const { args, pluginArgs = [] } = this.agent;
    return [...args(promptOf(play)), ...(this.scope === "plugin" ? pluginArgs : [])];
  }

  #spawn(program: string, args: string[], stdin: "null" | "piped"): Deno.ChildProcess {
    return new Deno.Command(program, {
      args,
      cwd: this.#place.project,
      clearEnv: true,
      // opencode goes by the variable.
      env: { ...cleanEnv(), ...this.#env, PWD: this.#place.project },
      stdin,
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  }

  #write(path: string, text: string): void {
    const { home, project } = this.#place;
    const full = path.replace(/^(?:~\/)?/, (start) => `${start ? home : project}/`);
    Deno.mkdirSync(full.replace(/\/[^/]*$/, ""), { recursive: true });
    Deno.writeTextFileSync(full, text);
  }
}

function end(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // it has ended
  }
}

/** What a host says until it ends, by itself or after a limit. */
async function outputOf(child: Deno.ChildProcess): Promise<string> {
  const timer = setTimeout(() => end(child), LIMIT * 1000);
  try {
    const { stdout, stderr } = await child.output();
    return [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("\n");
  } finally {
    clearTimeout(timer);
  }
}

/** The answer of a command of coord's. */
async function coordIn(cwd: string, env: Record<string, string>, args: readonly string[]) {
  const { output } = await run("coord", [...args, "--json"], { env, cwd });
  return JSON.parse(output.split("\n").find((line) => line.startsWith("{")) ?? "{}");
}

function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
