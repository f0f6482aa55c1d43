import type { SettingsEdit } from "../../ports/host_settings.ts";
import type { AnswerCommand } from "../command.ts";
import { filesMeant, HOST_LIST, hostsGiven, SETTINGS_FLAGS, type SettingsInput } from "./flags.ts";
import { editsTable } from "./text.ts";

/** What was uninstalled. */
interface UninstallAnswer {
  readonly dry_run: boolean;
  readonly hosts: readonly SettingsEdit[];
}

export const uninstall: AnswerCommand<
  UninstallAnswer,
  SettingsInput & { readonly dryRun?: boolean }
> = {
  details:
    "Takes the entries of coord out of the settings of hosts. What hook install made for them " +
    "goes as well, the file included; the rest keeps every byte. The workspace stays.",
  examples: ["hook uninstall --all", "hook uninstall codex --scope user"],
  operands: [HOST_LIST],
  flags: SETTINGS_FLAGS,
  check: hostsGiven,
  async run(context, { dryRun = false, ...input }) {
    const settings = await context.settings();
    const { files } = filesMeant(settings, input);
    const planned = files.map((file) => settings.edit(file, undefined, false));
    const hosts = dryRun ? planned : files.map((file) => settings.edit(file, undefined, true));
    return { dry_run: dryRun, hosts };
  },
  text: ({ dry_run, hosts }) =>
    hosts.length === 0 ? "Nothing to uninstall" : editsTable(hosts, dry_run),
};
