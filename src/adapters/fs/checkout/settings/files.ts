/**
 * The settings of hosts of agents. Nothing is written to a file that is malformed, read-only, or no
 * regular file.
 */
import { join } from "../../../../deps/path.ts";
import { badInput, CoordError, UnfitFile } from "../../../../domain/errors.ts";
import {
  closed,
  hookCommand,
  installed,
  isClosed,
  type OwnHook,
  ownHooks,
  pluginIn,
  problemsOf,
  programOf,
  repointed,
  saysOff,
  uninstalled,
  wholeSettings,
} from "../../../../domain/input/hosts/hooks.ts";
import { HOSTS, type HostSettings, SCOPES } from "../../../../domain/input/hosts/hosts.ts";
import type { JsonNode } from "../../../../domain/input/hosts/json_text.ts";
import type {
  HostSettingsFiles,
  SettingsEdit,
  SettingsFile,
  SettingsState,
  TextFile,
} from "../../../../ports/host_settings.ts";
import { type Host, HostError } from "../../../../ports/host.ts";
import { formatTime } from "../../../../domain/time.ts";
import { firedAt } from "../../disk/fired.ts";
import { absolute, findWorkspace, isWorkspace } from "../../find.ts";
import { Layout } from "../../layout.ts";
import { checkoutIn, projectOf, upwards } from "../repository.ts";
import { SmallFiles } from "../small_files.ts";
import { FsTextFile } from "../../disk/text_file.ts";
import { parseSettings } from "./json.ts";

/** How often an edit is made again when the host changes its file meanwhile. */
const MAX_TRIES = 5;

export class FsHostSettings implements HostSettingsFiles {
  readonly top: string;
  readonly workspace: string | undefined;

  /** @param dir The project or its workspace; by default the current folder is in it. */
  constructor(readonly host: Host, dir: string | undefined) {
    const given = absolute(host, dir ?? (host.env("COORD_DIR") || "."), "find the project");
    const named = isWorkspace(host, given) ? projectOf(given) ?? given : given;
    const start = host.fs.realPath(named) ?? named;
    const files = new SmallFiles(host, () => {});
    this.workspace = workspaceOf(host, dir);
    this.top = upwards(start, (folder) => checkoutIn(files, folder))?.root ??
      (this.workspace && projectOf(this.workspace)) ?? start;
  }

  found(): string[] {
    return Object.entries(HOSTS).filter(([, settings]) => {
      const { program, folder } = settings;
      const user = this.#userFolder(settings);
      const folders = [join(this.top, folder.path), ...(user === undefined ? [] : [user])];
      return this.#onPath(program) !== undefined ||
        folders.some((path) => this.host.fs.stat(path)?.kind === "directory");
    }).map(([name]) => name);
  }

  files(host: string): SettingsFile[] {
    const settings = hostOf(host);
    return SCOPES.flatMap((scope) => {
      const folder = scope === "user" ? this.#userFolder(settings) : this.top;
      const path = settings.files[scope];
      return folder === undefined || path === undefined
        ? []
        : [{ host, scope, path: join(folder, path) }];
    });
  }

  program(): string | undefined {
    return this.#onPath("coord");
  }

  command({ host, scope }: SettingsFile, program: string | undefined): string {
    // Others have it elsewhere, or not at all. Only Claude Code has a POSIX shell on Windows.
    const isShared = scope === "project" && (this.host.os !== "windows" || host === "claude");
    const called = program ?? (scope === "project" ? "coord" : this.program());
    if (called === undefined) {
      const message = "is required, since no coord is on the PATH";
      throw badInput([{ field: "program", code: "bad_args", message }]);
    }
    return hookCommand(host, called, isShared);
  }

  edit(file: SettingsFile, command: string | undefined, write: boolean): SettingsEdit {
    for (let tries = 1;; tries++) {
      const found = this.#fitting(file, () => this.#read(file.path));
      const { change, after } = this.#fitting(file, () => this.#edited(file, found, command));
      if (change !== "none" && !found.isWritable) {
        throw new HostError("permission", "write", file.path);
      }
      const isLink = found.target !== file.path;
      if (!write || change === "none" || found.replace(after ?? (isLink ? "{}\n" : undefined))) {
        return { ...file, change, command: this.#named(file, after) };
      }
      if (tries >= MAX_TRIES) throw new HostError("busy", "write", file.path);
    }
  }

  state(file: SettingsFile): SettingsState {
    const nothing = {
      command: null,
      program: null,
      program_found: null,
      fail_closed: null,
      last_fired_at: null,
      problems: [],
    };
    try {
      const { text, bom } = this.#fitting(file, () => this.#read(file.path));
      if (text === undefined) return { ...file, state: "absent", ...nothing };
      const root = this.#fitting(file, () => parserOf(file, bom)(text));
      const own = ownHooks(file.host, root);
      const [first] = own;
      const plugin = this.#plugin(file.host);
      if (first === undefined) {
        if (plugin !== file.path) return { ...file, state: "absent", ...nothing };
        const state = this.#isOff(file.host) ? "shadowed" : "plugin";
        return { ...file, state, ...nothing, last_fired_at: this.#lastFired(file.host) };
      }
      const { command } = first;
      const program = programOf(file.host, command) ?? null;
      const isFound = program !== null && this.#canRun(program);
      const problems = problemsOf(hostOf(file.host), own);
      if (!isFound) problems.push(`${program} cannot be run`);
      if (plugin !== undefined) {
        problems.push(`the plugin that is on in ${plugin} calls it as well`);
      }
      const state = this.#isOff(file.host)
        ? "shadowed"
        : problems.length > 0
        ? "drift"
        : this.#isTrusted(file, own)
        ? "installed"
        : "waits_for_trust";
      return {
        ...file,
        state,
        command,
        program,
        program_found: isFound,
        fail_closed: own.every((each) => isClosed(each.command)),
        last_fired_at: this.#lastFired(file.host),
        problems,
      };
    } catch (error) {
      if (!(error instanceof CoordError) || error instanceof HostError && !error.isDenied) {
        throw error;
      }
      return { ...file, state: "unreadable", ...nothing, problems: [error.message] };
    }
  }

  /** Names the file where it cannot be edited. */
  #fitting<T>({ path }: SettingsFile, body: () => T): T {
    try {
      return body();
    } catch (error) {
      if (error instanceof UnfitFile) throw unfit(path, error.message);
      throw error;
    }
  }

  /** What a file is to have; `undefined` for none. */
  #edited(
    file: SettingsFile,
    { text, bom }: TextFile,
    command: string | undefined,
  ): { change: SettingsEdit["change"]; after: string | undefined } {
    const { host } = file;
    const settings = hostOf(host);
    if (text === undefined) {
      if (command === undefined) return { after: text, change: "none" };
      const after = `${JSON.stringify(wholeSettings(settings, command), null, 2)}\n`;
      return { after, change: "installed" };
    }
    if (command === undefined) {
      const after = uninstalled(text, lenient, host);
      if (after === text) return { after, change: "none" };
      // A file that was made for it goes as well.
      return { after: after === "" ? undefined : after, change: "uninstalled" };
    }
    const parse = parserOf(file, bom);
    const own = ownHooks(host, parse(text));
    // It is asked for once: a later call without it takes it away from no entry.
    const isToClose = [command, ...own.map((each) => each.command)].some(isClosed);
    const fitting = (each: string) => isToClose ? closed(host, each) : each;
    const mended = repointed(text, own, (each) => {
      const canRun = this.#canRun(programOf(host, each.command) ?? "");
      return fitting(canRun ? each.command : command);
    });
    const after = installed(mended, parse, host, settings, fitting(command));
    const change = after !== mended ? "installed" : after !== text ? "repointed" : "none";
    return { after, change };
  }

  /** The command of the first entry in a text. */
  #named(file: SettingsFile, text: string | undefined): string | null {
    if (text === undefined) return null;
    return ownHooks(file.host, lenient(text))[0]?.command ?? null;
  }

  /** @throws {UnfitFile} where there is something that is no file of text, or not the user's. */
  #read(path: string): TextFile {
    const file = new FsTextFile(this.host.fs, path);
    if (file.target !== path && !this.#isOurs(file.target)) {
      throw new UnfitFile("it is a symbolic link that leaves the project and the home folder");
    }
    return file;
  }

  /** Whether one of the host's files switches the entries off, in whichever they are. */
  #isOff(host: string): boolean {
    return this.files(host).some((file) => {
      const root = this.#readable(file);
      return root !== undefined && saysOff(root);
    });
  }

  /** The file that has coord's plugin on: the first that names it says whether it is. */
  #plugin(host: string): string | undefined {
    const settings = hostOf(host);
    const files = this.files(host).toSorted((a, b) => weightOf(a) - weightOf(b));
    for (const file of files) {
      const root = this.#readable(file);
      const isOn = root && pluginIn(settings, root);
      if (isOn !== undefined) return isOn ? file.path : undefined;
    }
    return undefined;
  }

  /** What the host reads in a file; what it cannot read says nothing to it. */
  #readable(file: SettingsFile): JsonNode | undefined {
    try {
      const { text, bom } = this.#read(file.path);
      return text === undefined ? undefined : parserOf(file, bom)(text);
    } catch (error) {
      if (error instanceof UnfitFile || error instanceof CoordError) return undefined;
      throw error;
    }
  }

  /** Whether a file lies in the project, or belongs to the user. */
  #isOurs(path: string): boolean {
    const home = this.#home();
    return [this.top, ...(home === undefined ? [] : [home])].some((folder) =>
      path.startsWith(join(this.host.fs.realPath(folder) ?? folder, "/"))
    );
  }

  #home(): string | undefined {
    return this.host.env("HOME") || this.host.env("USERPROFILE") || undefined;
  }

  #lastFired(host: string): string | null {
    if (this.workspace === undefined) return null;
    const at = firedAt(this.host.fs, new Layout(this.workspace), host);
    return at === undefined ? null : formatTime(at);
  }

  /** Whether the user has approved the entries, where the host asks for that. */
  #isTrusted({ host, path }: SettingsFile, own: readonly OwnHook[]): boolean {
    const folder = host === "codex" ? this.#userFolder(hostOf(host)) : undefined;
    if (folder === undefined) return true;
    const bytes = this.host.fs.read(join(folder, "config.toml"));
    const text = bytes === undefined ? "" : new TextDecoder().decode(bytes);
    return own.every(({ event, group, handler }) => {
      const snake = event.replaceAll(/(?<=.)[A-Z]/g, "_$&").toLowerCase();
      return text.includes(`${path}:${snake}:${group}:${handler}`);
    });
  }

  #userFolder({ folder }: HostSettings): string | undefined {
    const { host } = this;
    const named = host.env(folder.env);
    if (named) return folder.below === undefined ? named : join(named, folder.below);
    const home = this.#home();
    return home === undefined ? undefined : join(home, folder.path);
  }

  #canRun(program: string): boolean {
    return /[\\/]/.test(program) ? this.#isProgram(program) : this.#onPath(program) !== undefined;
  }

  #onPath(program: string): string | undefined {
    const isWindows = this.host.os === "windows";
    const folders = (this.host.env("PATH") ?? "").split(isWindows ? ";" : ":");
    const names = isWindows ? [`${program}.exe`, `${program}.cmd`] : [program];
    return folders.filter((folder) => /^(?:[A-Za-z]:)?[\\/]/.test(folder))
      .flatMap((folder) => names.map((name) => join(folder, name)))
      .find((path) => this.#isProgram(path));
  }

  #isProgram(path: string): boolean {
    const stat = this.host.fs.stat(path);
    return stat?.kind === "file" && (stat.mode === undefined || (stat.mode & 0o111) !== 0);
  }
}

function hostOf(name: string): HostSettings {
  const host = HOSTS[name];
  if (host === undefined) throw new TypeError(`No settings of a host ${name}`);
  return host;
}

/** What a user says for one project counts before what the project says, and that before all others. */
function weightOf({ scope }: SettingsFile): number {
  return ["local", "project", "user"].indexOf(scope);
}

/** Reads a file as the host does. */
function parserOf({ host }: SettingsFile, bom: string | undefined): (text: string) => JsonNode {
  const settings = hostOf(host);
  return (text) => {
    if (bom && settings.bom === undefined) {
      throw new UnfitFile("the host reads no byte order mark");
    }
    return parseSettings(text, settings.syntax);
  };
}

/** Entries come out of what the host does not read, too. */
function lenient(text: string): JsonNode {
  return parseSettings(text, "lenient");
}

function workspaceOf(host: Host, dir: string | undefined): string | undefined {
  try {
    return findWorkspace(host, dir).path;
  } catch (error) {
    if (error instanceof CoordError && error.code === "no_workspace") return undefined;
    throw error;
  }
}

function unfit(path: string, why: string): CoordError {
  const message = `cannot be edited: ${why}; nothing was written`;
  return badInput([{ field: path, code: "bad_args", message }]);
}
