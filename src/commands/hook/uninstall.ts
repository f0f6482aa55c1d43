import { badInput } from "../../domain/errors.ts";
import { HOSTS } from "../../domain/input/hosts/hosts.ts";
import type { SettingsEdit } from "../../ports/host_settings.ts";
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
    "goes as well, the file included; the rest keeps every byte. A file of coord's own that was " +
    "changed since is left alone, and then no other is written either. The workspace stays.",
  examples: ["hook uninstall --all", "hook uninstall codex --scope user"],
  operands: [HOST_LIST],
  flags: SETTINGS_FLAGS,
  check: hostsGiven,
  async run(context, { dryRun = false, ...input }) {
    const settings = await context.settings();
    const { files, without } = filesMeant(settings, input);
    if (without.length > 0 && input.all !== true) {
      throw badInput([noScope(settings, without, input.scope ?? "project")]);
    }
    const planned = files.map((file) => settings.edit(file, undefined, false));
    const left = Object.keys(HOSTS).filter((name) => files.every(({ host }) => host !== name));
    for (const { path, change } of planned) {
      const sharing = left.filter((name) =>
        settings.files(name).some((each) => each.path === path)
      );
      if (change === "none" || sharing.length === 0) continue;
      context.warn(`${sharing.join(" and ")} reads ${path} too, and calls coord no more`);
    }
    const hosts = dryRun ? planned : files.map((file) => settings.edit(file, undefined, true));
    return { dry_run: dryRun, hosts };
  },
  text: ({ dry_run, hosts }) =>
    hosts.length === 0 ? "Nothing to uninstall" : editsTable(hosts, dry_run),
};
