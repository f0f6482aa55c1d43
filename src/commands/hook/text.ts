/** How edits of settings look to people. */
import type { SettingsEdit } from "../../ports/host_settings.ts";
import { type Block } from "../command.ts";
import { column } from "../text.ts";

const DONE: Readonly<Record<SettingsEdit["change"], string>> = {
  installed: "installed",
  repointed: "repointed",
  uninstalled: "uninstalled",
  none: "unchanged",
};

/** A table of what was done, or would be. */
export function editsTable(edits: readonly SettingsEdit[], isDryRun: boolean): Block[] {
  return [
    {
      columns: ["HOST", "SCOPE", "CHANGE", column("FILE", "path")],
      rows: edits.map(({ host, scope, change, path }) => [host, scope, DONE[change], path]),
    },
    ...(isDryRun ? ["", "Nothing was written (dry run)"] : []),
  ];
}
