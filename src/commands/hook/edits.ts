/** What the commands share that put coord into the settings of hosts, or take it out. */
import { badInput, type InputProblem } from "../../domain/errors.ts";
import type { HostSettings } from "../../domain/input/hosts/hosts.ts";
import { isCoord } from "../../domain/input/hosts/form.ts";
import type { HostSettingsFiles, SettingsEdit, SettingsFile } from "../../ports/host_settings.ts";
import type { CommandContext, FlagSpec, Text } from "../command.ts";
import { filesMeant, hostsGiven, noScope, type SettingsInput } from "./flags.ts";
import { editsTable } from "./text.ts";

/** What was installed. */
export interface InstallAnswer {
  readonly status: "ok" | "empty";
  readonly dry_run: boolean;
  /** Null where there is none: then coord does nothing for the hosts. */
  readonly workspace: string | null;
  readonly workspace_created: boolean;
  readonly hosts: readonly SettingsEdit[];
  /** What people have to do now. */
  readonly next: readonly string[];
}

/** What was uninstalled. */
export interface UninstallAnswer {
  readonly dry_run: boolean;
  readonly hosts: readonly SettingsEdit[];
}

/** Which settings to edit. */
export interface EditInput extends SettingsInput {
  readonly dryRun?: boolean;
}

/** The same, and which coord to call. */
export interface InstallInput extends EditInput {
  readonly program?: string;
}

/** The coord to call. */
export const PROGRAM: FlagSpec = {
  type: "text",
  summary: "the coord to call (default: coord for a project, else the one on $PATH)",
  placeholder: "PATH",
};

/** What is wrong with the input of an install. */
export function installProblems({ program, ...input }: InstallInput): InputProblem[] {
  const problems = hostsGiven(input);
  if (typeof program !== "string" || isCoord(program)) return problems;
  const message = "must be the path of a program called coord";
  return [...problems, { field: "program", code: "bad_args", message }];
}

/** How one kind of install differs. */
interface Installing {
  readonly hosts: Readonly<Record<string, HostSettings>>;
  /** What a file is to name, from the command that fits its scope. */
  command?(file: SettingsFile, command: string): string;
  /** Is called with what will be done. */
  planned?(edits: readonly SettingsEdit[]): void;
}

/** Installs: all files are tried before the first is written, and a project gets a workspace. */
export async function installAll(
  context: CommandContext,
  settings: HostSettingsFiles,
  { program, dryRun = false, ...input }: InstallInput,
  { hosts: known, command = (_file, each) => each, planned: check }: Installing,
): Promise<InstallAnswer> {
  const { files, without } = filesMeant(settings, input);
  if (without.length > 0) {
    const problem = noScope(settings, without, input.scope ?? "project");
    if (input.all !== true) throw badInput([problem]);
    context.warn(`Left out: the scope ${problem.message}`);
  }
  const commands = files.map((file) => command(file, settings.command(file, program)));
  const write = (really: boolean) =>
    files.map((file, index) => settings.edit(file, commands[index], really));
  const planned = write(false);
  check?.(planned);
  const isOwn = input.scope !== "user" && files.length > 0;
  const made = isOwn && !dryRun && settings.workspace === undefined
    ? await context.init(settings.top, false)
    : undefined;
  const hosts = dryRun ? planned : write(true);
  warnOfMissing(settings, hosts, context.warn);
  const workspace = made?.path ?? settings.workspace ?? null;
  const steps = hosts.flatMap(({ change, host, scope }) => {
    const { next, nextInProject } = known[host] ?? {};
    // What is the user's own is trusted.
    const said = next ?? (scope === "user" ? undefined : nextInProject);
    return change === "none" || said === undefined ? [] : [said];
  });
  return {
    status: files.length === 0 ? "empty" : "ok",
    dry_run: dryRun,
    workspace,
    workspace_created: made?.created ?? false,
    hosts,
    next: [...new Set(steps)],
  };
}

/** A host that finds no program goes on without a word. */
function warnOfMissing(
  settings: HostSettingsFiles,
  edits: readonly SettingsEdit[],
  warn: (message: string) => void,
): void {
  const missing = edits.flatMap((edit) => {
    const { program, program_found } = settings.state(edit);
    return program !== null && program_found === false ? [program] : [];
  });
  for (const program of new Set(missing)) {
    const where = program.includes("/") ? "" : ": put it on the PATH";
    warn(`${program} cannot be run, so hosts cannot call it yet${where}`);
  }
}

export function installText(answer: InstallAnswer): Text {
  const { dry_run, workspace, workspace_created, hosts, next } = answer;
  if (hosts.length === 0) return "No host with such settings is found on this machine: name one";
  return [
    ...editsTable(hosts, dry_run),
    ...(workspace_created ? ["", `Workspace made: ${workspace}`] : []),
    ...(next.length === 0 ? [] : ["", ...next]),
  ];
}

/** Uninstalls: all files are tried before the first is written. */
export function uninstallAll(
  settings: HostSettingsFiles,
  { dryRun = false, ...input }: EditInput,
  check: (edits: readonly SettingsEdit[]) => void = () => {},
): UninstallAnswer {
  const { files, without } = filesMeant(settings, input);
  if (without.length > 0 && input.all !== true) {
    throw badInput([noScope(settings, without, input.scope ?? "project")]);
  }
  const planned = files.map((file) => settings.edit(file, undefined, false));
  check(planned);
  const hosts = dryRun ? planned : files.map((file) => settings.edit(file, undefined, true));
  return { dry_run: dryRun, hosts };
}

export function uninstallText({ hosts, dry_run }: UninstallAnswer): Text {
  return hosts.length === 0 ? "Nothing to uninstall" : editsTable(hosts, dry_run);
}
