/** Opens the settings of hosts of agents, which needs no workspace. */
import { FsHostSettings } from "../adapters/fs/checkout/settings/files.ts";
import { HOOKS, SERVERS } from "../adapters/fs/checkout/settings/forms.ts";
import type { Host } from "../ports/host.ts";
import type { HostSettingsFiles } from "../ports/host_settings.ts";

export function openSettingsOn(
  host: Host,
  dir: string | undefined,
  what: "hooks" | "servers" = "hooks",
): HostSettingsFiles {
  return new FsHostSettings(host, dir, what === "hooks" ? HOOKS : SERVERS);
}
