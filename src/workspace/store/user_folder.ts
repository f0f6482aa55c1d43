/** What coord keeps for a user, outside of every workspace. */
import { join } from "../../deps/path.ts";
import type { Host } from "../../ports/host.ts";

/** The folder; `undefined` where the system names no home. */
export function userFolder(host: Pick<Host, "env" | "os">): string | undefined {
  const own = host.env("XDG_CONFIG_HOME") || (host.os === "windows" && host.env("APPDATA")) ||
    undefined;
  if (own !== undefined) return join(own, "coord");
  const home = host.env("HOME") || host.env("USERPROFILE") || undefined;
  return home === undefined ? undefined : join(home, ".config", "coord");
}
