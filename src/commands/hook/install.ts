import { HOSTS } from "../../domain/input/hosts/hosts.ts";
import { calledBy, closed } from "../../domain/input/hosts/form.ts";
import type { HostSettingsFiles, SettingsEdit } from "../../ports/host_settings.ts";
import type { AnswerCommand } from "../command.ts";
import {
  installAll,
  type InstallAnswer,
  type InstallInput,
  installProblems,
  installText,
  PROGRAM,
} from "./edits.ts";
import { HOST_LIST, SETTINGS_FLAGS } from "./flags.ts";

export const install: AnswerCommand<
  InstallAnswer,
  InstallInput & { readonly failClosed?: boolean }
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
    program: PROGRAM,
  },
  check: installProblems,
  async run(context, { failClosed = false, ...input }) {
    const settings = await context.settings();
    return installAll(context, settings, input, {
      hosts: HOSTS,
      command: ({ host }, command) => failClosed ? closed(calledBy(host), command) : command,
      planned(edits) {
        warnOfDoubles(settings, edits, context.warn);
        warnOfDrift(settings, edits, context.warn);
        if (failClosed && input.scope === "user" && edits.length > 0) {
          context.warn("Every edit in a project without a workspace will be denied");
        }
      },
    });
  },
  text: installText,
};

/** What an install leaves as it is, and is not as it makes it. */
function warnOfDrift(
  settings: HostSettingsFiles,
  edits: readonly SettingsEdit[],
  warn: (message: string) => void,
): void {
  for (const { change, ...file } of edits) {
    if (change !== "none") continue;
    const { problems, program_found } = settings.state(file);
    if (program_found === false) continue;
    for (const problem of problems) {
      warn(`${file.path} stays, and ${problem}: uninstall and install make it again`);
    }
  }
}

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
