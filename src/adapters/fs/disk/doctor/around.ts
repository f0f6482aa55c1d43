/** What is around a workspace on this machine: checkouts, and hosts of agents. */
import { HOSTS } from "../../../../domain/input/hosts/hosts.ts";
import type { CheckoutPlace, Whereabout } from "../../../../ports/checkout.ts";
import type { Host } from "../../../../ports/host.ts";
import { checkoutRoots, checkoutsOf } from "../../checkout/repository.ts";
import { FsHostSettings } from "../../checkout/settings/files.ts";
import { SmallFiles } from "../../checkout/small_files.ts";
import { searchFrom } from "../../find.ts";

/** Reads them. Nothing is written, and no process is started. */
export function aroundOf(host: Host, workspace: string): Whereabout {
  const settings = new FsHostSettings(host, workspace);
  return {
    runtime: `${host.runtime} ${host.runtimeVersion}`,
    os: host.os,
    checkouts: checkoutPlaces(host, workspace),
    hosts: Object.keys(HOSTS).flatMap((name) => settings.files(name))
      .map((file) => settings.state(file)).filter(({ state }) => state !== "absent"),
  };
}

function checkoutPlaces(host: Host, workspace: string): CheckoutPlace[] {
  const files = new SmallFiles(host, () => {});
  const { ours, around = ours } = checkoutsOf(files, workspace);
  if (around === undefined) return [];
  return checkoutRoots(files, around).map((path) => ({
    path,
    workspace: files.trying(() => searchFrom(host, path, () => {})?.path) ?? null,
  }));
}
