/** The configuration that a team keeps in `coord.json`, and what a workspace keeps for itself. */
import {
  findWorkspace,
  type FoundWorkspace,
  FsAgreement,
} from "../adapters/fs/checkout/team_config.ts";
import { writeOwnFile } from "../adapters/fs/disk/own_file.ts";
import { CoordError } from "../domain/errors.ts";
import {
  type Configuration,
  configurationOf,
  type Overriding,
} from "../domain/input/configuration.ts";
import type { Host } from "../ports/host.ts";
import { FILES, named, overriding, type Where } from "./store/locate.ts";

/** Reads the configuration, after `worktrees` was kept in the workspace where it is given. */
export async function configOn(
  host: Host,
  where: Where,
  worktrees?: "warn" | "block",
): Promise<Configuration> {
  const { dir } = where;
  const found = worktrees === undefined ? foundOn(host, dir) : findWorkspace(host, dir);
  if (found !== undefined && worktrees !== undefined) {
    writeOwnFile(host, found.path, "worktrees", `${worktrees}\n`);
  }
  const agreement = new FsAgreement(host, found);
  const kept = agreement.worktrees();
  return configurationOf(await agreement.checked(), {
    worktrees: kept && { value: kept, source: "workspace" },
    store: await namedStore(host, where),
  });
}

/** The store that the caller or its environment names, without secrets; null where it is none. */
async function namedStore(host: Host, where: Where): Promise<Overriding | undefined> {
  const said = named(host, where);
  if (said === undefined) return undefined;
  if (said.url === FILES) return overriding(said, FILES);
  const { placeOf } = await import("../adapters/postgres/place.ts");
  return overriding(said, placeOf(said.url).location);
}

/** What is configured can be asked for without a workspace. */
function foundOn(host: Host, dir: string | undefined): FoundWorkspace | undefined {
  try {
    return findWorkspace(host, dir);
  } catch (error) {
    if (error instanceof CoordError && error.code === "no_workspace") return undefined;
    throw error;
  }
}
