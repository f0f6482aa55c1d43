/** What names mean where nothing is there yet. */
import { NameReader } from "../../../src/adapters/fs/checkout/names.ts";
import type { Checkout, Named, Naming } from "../../../src/ports/checkout.ts";
import type { HostFs } from "../../../src/ports/host.ts";

const nothing = () => undefined;
const fs = { lstat: nothing, list: nothing, readLink: nothing, realPath: nothing };

/** Reads names in a checkout at `/project` without files. */
export function namedInEmpty(texts: readonly string[], how: Naming): Named {
  return new NameReader({ fs: fs as Partial<HostFs> as HostFs, os: "linux" }, ["/project"], how)
    .read(texts);
}

/** A checkout without files, of which nothing but names is asked. */
export const EMPTY_CHECKOUT = { named: namedInEmpty } as Partial<Checkout> as Checkout;
