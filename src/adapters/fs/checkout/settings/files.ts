/**
 * The settings of hosts of agents. Nothing is written to a file that is malformed, read-only, or no
 * regular file.
 */
import { dirname, join } from "../../../../deps/path.ts";
import { badInput, CoordError, UnfitFile } from "../../../../domain/errors.ts";
import {
  calledBy,
  closed,
  isClosed,
  type OwnHook,
  type OwnPart,
  type SettingsForm,
} from "../../../../domain/input/hosts/form.ts";
import { type HostSettings, SCOPES } from "../../../../domain/input/hosts/hosts.ts";
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
import { HOOKS, hostOf, type SettingsKind } from "./forms.ts";

/** How often an edit is made again when the host changes its file meanwhile. */
const MAX_TRIES = 5;

/** In the path of a file of which there is one for each event. */
const EVENT = "$event";

export class FsHostSettings implements HostSettingsFiles {
  readonly top: string;
  readonly workspace: string | undefined;

  /** @param dir The project or its workspace; by default the current folder is in it. */
  constructor(
    readonly host: Host,
    dir: string | undefined,
    readonly kind: SettingsKind = HOOKS,
  ) {
    const given = absolute(host, dir ?? (host.env("COORD_DIR") || "."), "find the project");
    const named = isWorkspace(host, given) ? projectOf(given) ?? given : given;
    const start = host.fs.realPath(named) ?? named;
    const files = new SmallFiles(host, () => {});
    this.workspace = workspaceOf(host, dir);
    this.top = upwards(start, (folder) => checkoutIn(files, folder))?.root ??
      (this.workspace && projectOf(this.workspace)) ?? start;
  }

  found(): string[] {
    const home = this.#home();
    const isFolder = (path: string) => this.host.fs.stat(path)?.kind === "directory";
    return Object.entries(this.kind.hosts).filter(([, settings]) => {
      const { program, folder, signs = [folder.path] } = settings;
      const user = settings.signs === undefined ? this.#userFolder(settings) : undefined;
      const roots = home === undefined ? [this.top] : [this.top, home];
      return this.#onPath(program) !== undefined ||
        user !== undefined && isFolder(user) ||
        signs.some((sign) => roots.some((root) => isFolder(join(root, sign))));
    }).map(([name]) => name);
  }

  files(host: string): SettingsFile[] {
    const { files, events, shell, ...settings } = this.#hostOf(host);
    if (shell === "never_windows" && this.host.os === "windows") return [];
    return SCOPES.flatMap((scope) => {
      const folder = scope === "user" ? this.#userFolder(settings) : this.top;
      const path = files[scope];
      if (folder === undefined || path === undefined) return [];
      const names = path.includes(EVENT)
        ? events.map(({ event }) => path.replace(EVENT, event))
        : [path];
      return names.map((name) => ({ host, scope, path: join(folder, name) }));
    });
  }

  program(): string | undefined {
    return this.#onPath("coord");
  }

  command({ host, scope }: SettingsFile, program: string | undefined): string {
    const settings = this.#hostOf(host);
    // Others have it elsewhere, or not at all. Most hosts have no POSIX shell on Windows.
    const isShared = scope === "project" && settings.isSafe !== true &&
      (this.host.os !== "windows" || settings.shell === "posix");
    const called = program ?? (scope === "project" ? "coord" : this.program());
    if (called === undefined) {
      const message = "is required, since no coord is on the PATH";
      throw badInput([{ field: "program", code: "bad_args", message }]);
    }
    return this.kind.command(host, called, isShared);
  }

  whole(file: SettingsFile, command: string): string {
    return this.kind.form(file.host, "").whole(command);
  }

  edit(file: SettingsFile, command: string | undefined, write: boolean): SettingsEdit {
    for (let tries = 1;; tries++) {
      const found = this.#fitting(file, () => this.#read(file.path));
      const form = this.kind.form(file.host, found.bom);
      const { change, after } = this.#fitting(file, () => this.#edited(form, file, found, command));
      if (change !== "none" && !found.isWritable) {
        throw new HostError("permission", "write", file.path);
      }
      const kept = found.target === file.path || form.nothing === ""
        ? after
        : after ?? form.nothing;
      if (!write || change === "none" || found.replace(kept, form.mode)) {
        if (write && kept === undefined) this.#prune(file);
        const named = after === undefined
          ? undefined
          : this.#fitting(file, () =>
            this.kind.form(file.host, "", "lenient").look(after).hooks[0]?.command);
        return { ...file, change, command: named ?? null };
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
      const own = this.#fitting(file, () => this.kind.form(file.host, bom).look(text));
      const [first] = own.hooks;
      const plugin = this.#plugin(file.host);
      if (first === undefined) {
        if (plugin !== file.path) return { ...file, state: "absent", ...nothing };
        const state = this.#isOff(file.host) ? "shadowed" : "plugin";
        return { ...file, state, ...nothing, last_fired_at: this.#lastFired(file.host) };
      }
      const { command } = first;
      const program = this.#programIn(file, command) ?? null;
      const isFound = program !== null && this.#canRun(program);
      const problems = [...own.problems];
      if (!isFound) problems.push(`${program} cannot be run`);
      if (plugin !== undefined) {
        problems.push(`the plugin that is on in ${plugin} calls it as well`);
      }
      const state = this.#isOff(file.host)
        ? "shadowed"
        : problems.length > 0
        ? "drift"
        : this.#isTrusted(file, own.hooks)
        ? "installed"
        : "waits_for_trust";
      return {
        ...file,
        state,
        command,
        program,
        program_found: isFound,
        fail_closed: own.hooks.every((each) => isClosed(each.command)),
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
    form: SettingsForm,
    { host }: SettingsFile,
    { text }: TextFile,
    command: string | undefined,
  ): { change: SettingsEdit["change"]; after: string | undefined } {
    if (command === undefined) {
      const after = text === undefined ? undefined : form.uninstalled(text);
      return { after, change: after === text ? "none" : "uninstalled" };
    }
    if (text === undefined) return { after: form.whole(command), change: "installed" };
    const called = calledBy(host);
    // It is asked for once: a later call without it takes it away from no entry.
    const isToClose = [command, ...form.look(text).hooks.map((each) => each.command)].some(
      isClosed,
    );
    const fitting = (each: string) => isToClose ? closed(called, each) : each;
    const { text: after, isMended } = form.installed(
      text,
      fitting(command),
      (each) => this.#canRun(this.kind.programOf(host, each) ?? "") ? fitting(each) : undefined,
    );
    return { after, change: after === text ? "none" : isMended ? "repointed" : "installed" };
  }

  /** A folder that is empty without the file goes too: it would say that the host is used here. */
  #prune({ host, scope, path }: SettingsFile): void {
    const { fs } = this.host;
    const top = scope === "user" ? this.#userFolder(this.#hostOf(host)) : this.top;
    let folder = dirname(path);
    while (folder !== top && fs.lstat(folder)?.kind === "directory" && fs.removeDir(folder)) {
      folder = dirname(folder);
    }
  }

  #hostOf(name: string): HostSettings {
    return hostOf(name, this.kind);
  }

  #programIn({ host }: SettingsFile, command: string): string | undefined {
    return this.kind.programOf(host, command);
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
    return this.files(host).some((file) => this.#readable(file)?.isOff === true);
  }

  /** The file that has coord's plugin on: the first that names it says whether it is. */
  #plugin(host: string): string | undefined {
    const files = this.files(host).toSorted((a, b) => weightOf(a) - weightOf(b));
    for (const file of files) {
      const isOn = this.#readable(file)?.plugin;
      if (isOn !== undefined) return isOn ? file.path : undefined;
    }
    return undefined;
  }

  /** What the host reads in a file; what it cannot read says nothing to it. */
  #readable(file: SettingsFile): OwnPart | undefined {
    try {
      const { text, bom } = this.#read(file.path);
      return text === undefined ? undefined : this.kind.form(file.host, bom).look(text);
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
    const folder = host === "codex" ? this.#userFolder(this.#hostOf(host)) : undefined;
    if (folder === undefined) return true;
    const bytes = this.host.fs.read(join(folder, "config.toml"));
    const text = bytes === undefined ? "" : new TextDecoder().decode(bytes);
    return own.every(({ event, group, handler }) => {
      const snake = event.replaceAll(/(?<=.)[A-Z]/g, "_$&").toLowerCase();
      return text.includes(`${path}:${snake}:${group}:${handler}`);
    });
  }

  #userFolder({ folder }: Pick<HostSettings, "folder">): string | undefined {
    const { host } = this;
    const named = folder.env === undefined ? undefined : host.env(folder.env);
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

/** What a user says for one project counts before what the project says, and that before all others. */
function weightOf({ scope }: SettingsFile): number {
  return ["local", "project", "user"].indexOf(scope);
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
