/** The version, which is asked for more often than anything else, and needs nothing of the commands. */
import { VERSION } from "../../domain/version.ts";
import type { Host } from "../../ports/host.ts";

export function versionText({ runtime, runtimeVersion }: Host): string {
  return `coord ${VERSION} (${runtime} ${runtimeVersion})\n`;
}

/** Answers a lone `--version` and loads no command. Returns `false` for all else, and where it cannot write. */
export function saysVersion(host: Host): boolean {
  const [word, ...more] = host.args;
  if (more.length > 0 || (word !== "--version" && word !== "-V")) return false;
  try {
    host.write("stdout", versionText(host));
    return true;
  } catch {
    return false; // the whole program tries once more, and says why not
  }
}
