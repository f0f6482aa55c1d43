/** Opens the settings of hosts of agents, which needs no workspace. */
import { FsHostSettings } from "../adapters/fs/checkout/settings/files.ts";
import type { Host } from "../ports/host.ts";
import type { HostSettingsFiles } from "../ports/host_settings.ts";

export function openSettingsOn(host: Host, dir: string | undefined): HostSettingsFiles {
  return new FsHostSettings(host, dir);
}
