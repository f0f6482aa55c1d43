/** The rule for lists of addresses: by itself, since it takes all of globs, and tasks have none. */
import { parseAddress } from "../glob/address.ts";
import { MAX_ADDRESSES } from "../limits.ts";
import { quoted } from "../text.ts";
import { ruled, TEXTS } from "../input/rule.ts";

/** What somebody reserves or means to change: one address or more, each problem told. */
export const addresses = ruled(TEXTS, (values) => {
  if (values.length === 0) return "must not be empty";
  if (values.length > MAX_ADDRESSES) {
    return `names ${values.length} addresses, and ${MAX_ADDRESSES} are allowed`;
  }
  return values.flatMap((value) => {
    const address = parseAddress(value);
    return typeof address === "string" ? [`${quoted(value)} ${address}`] : [];
  });
});
