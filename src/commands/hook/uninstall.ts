import { HOSTS } from "../../domain/input/hosts/hosts.ts";
import type { AnswerCommand } from "../command.ts";
import { type EditInput, uninstallAll, type UninstallAnswer, uninstallText } from "./edits.ts";
import { HOST_LIST, hostsGiven, SETTINGS_FLAGS } from "./flags.ts";

export const uninstall: AnswerCommand<UninstallAnswer, EditInput> = {
  details:
    "Takes the entries of coord out of the settings of hosts. What hook install made for them " +
    "goes as well, the file included; the rest keeps every byte. A file of coord's own that was " +
    "changed since is left alone, and then no other is written either. The workspace stays.",
  examples: ["hook uninstall --all", "hook uninstall codex --scope user"],
  operands: [HOST_LIST],
  flags: SETTINGS_FLAGS,
  check: hostsGiven,
  async run(context, input) {
    const settings = await context.settings();
    return uninstallAll(settings, input, (edits) => {
      const named = new Set(edits.map(({ host }) => host));
      const left = Object.keys(HOSTS).filter((name) => !named.has(name));
      for (const { path, change } of edits) {
        const sharing = left.filter((name) =>
          settings.files(name).some((each) => each.path === path)
        );
        if (change === "none" || sharing.length === 0) continue;
        context.warn(`${sharing.join(" and ")} reads ${path} too, and calls coord no more`);
      }
    });
  },
  text: uninstallText,
};
