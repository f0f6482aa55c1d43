import { badInput } from "../../domain/errors.ts";
import { HOSTS } from "../../domain/input/hosts/hosts.ts";
import { calledBy, closed, isCoord } from "../../domain/input/hosts/form.ts";
import type { HostSettingsFiles, SettingsEdit } from "../../ports/host_settings.ts";
import type { AnswerCommand } from "../command.ts";
import {
  filesMeant,
  HOST_LIST,
  hostsGiven,
  noScope,
  SETTINGS_FLAGS,
  type SettingsInput,
} from "./flags.ts";
import { editsTable } from "./text.ts";

/** What was installed. */
interface InstallAnswer {
  readonly status: "ok" | "empty";
  readonly dry_run: boolean;
  /** Null where there is none: then the hooks guard nothing. */
  readonly workspace: string | null;
  readonly workspace_created: boolean;
  readonly hosts: readonly SettingsEdit[];
  /** What people have to do now. */
  readonly next: readonly string[];
}

export const install: AnswerCommand<
  InstallAnswer,
  SettingsInput & {
    readonly program?: string;
    readonly failClosed?: boolean;
    readonly dryRun?: boolean;
  }
> = {
  details:
    "Has hosts of agents call coord before each edit, by their own settings. Entries of coord " +
    "are added behind all others, and nothing else in the file changes; hook uninstall gives the " +
    "same file back, byte for byte. opencode and Cline get files of coord's own. A file that is " +
    "read-only, that its host cannot read, or that another program has in that place is left " +
    "alone. Then nothing is written for any host. Installing again changes nothing, except where the program " +
    "in the entries is gone, or --fail-closed is new to them. A project without a workspace gets one, as by coord init, unless the " +
    "scope is user.",
  examples: ["hook install --all", "hook install claude cursor", "hook install kimi --scope user"],
  operands: [HOST_LIST],
  flags: {
    ...SETTINGS_FLAGS,
    "fail-closed": {
      type: "boolean",
      summary: "deny an edit that coord cannot check, as where there is no workspace",
    },
    program: {
      type: "text",
      summary: "the coord to call (default: coord for a project, else the one on $PATH)",
      placeholder: "PATH",
    },
  },
  check({ program, ...input }) {
    const problems = hostsGiven(input);
    if (typeof program !== "string" || isCoord(program)) return problems;
    const message = "must be the path of a program called coord";
    return [...problems, { field: "program", code: "bad_args", message }];
  },
  async run(context, { program, failClosed = false, dryRun = false, ...input }) {
    const settings = await context.settings();
    const { files, without } = filesMeant(settings, input);
    if (without.length > 0) {
      const problem = noScope(settings, without, input.scope ?? "project");
      if (input.all !== true) throw badInput([problem]);
      context.warn(`Left out: the scope ${problem.message}`);
    }
    const commands = files.map((file) => {
      const command = settings.command(file, program);
      return failClosed ? closed(calledBy(file.host), command) : command;
    });
    const write = (really: boolean) =>
      files.map((file, index) => settings.edit(file, commands[index], really));
    // All are tried before the first is written.
    const planned = write(false);
    warnOfDoubles(settings, planned, context.warn);
    if (failClosed && input.scope === "user" && files.length > 0) {
      context.warn("Every edit in a project without a workspace will be denied");
    }
    const isOwn = input.scope !== "user" && files.length > 0;
    const made = isOwn && !dryRun && settings.workspace === undefined
      ? await context.init(settings.top, false)
      : undefined;
    const hosts = dryRun ? planned : write(true);
    const workspace = made?.path ?? settings.workspace ?? null;
    return {
      status: files.length === 0 ? "empty" : "ok",
      dry_run: dryRun,
      workspace,
      workspace_created: made?.created ?? false,
      hosts,
      next: [
        ...new Set(
          hosts.flatMap(({ host, change }) => change === "none" ? [] : HOSTS[host]?.next ?? []),
        ),
      ],
    };
  },
  text({ dry_run, workspace, workspace_created, hosts, next }) {
    if (hosts.length === 0) return "No host with such settings is found on this machine: name one";
    return [
      ...editsTable(hosts, dry_run),
      ...(workspace_created ? ["", `Workspace made: ${workspace}`] : []),
      ...(next.length === 0 ? [] : ["", ...next]),
    ];
  },
};

/** A host calls coord once for each of its files that has an entry, and once for its plugin. */
function warnOfDoubles(
  settings: HostSettingsFiles,
  edits: readonly SettingsEdit[],
  warn: (message: string) => void,
): void {
  for (const { host, scope, change } of edits) {
    if (change === "none") continue;
    for (const other of settings.files(host)) {
      // Several files of one scope are for events of their own.
      const { state, command } = settings.state(other);
      const isPlugin = state === "plugin";
      if (!isPlugin && (other.scope === scope || command === null)) continue;
      const by = isPlugin ? `the plugin that is on in ${other.path}` : other.path;
      warn(`${host} calls coord by ${by} already, so it will do so twice for each edit`);
    }
  }
}
