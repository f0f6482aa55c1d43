/** The rule for lists of addresses: by itself, since it takes all of globs, and tasks have none. */
import { addressProblem } from "../glob/address.ts";
import { MAX_ADDRESSES, MAX_ADDRESSES_BYTES } from "../limits.ts";
import { quoted } from "../text.ts";
import { ruled, TEXTS } from "../input/rule.ts";

/** What an agent reserves or means to change: one address or more, each problem reported. */
export const addresses = ruled(TEXTS, (values) => {
  if (values.length === 0) return "must not be empty";
  if (values.length > MAX_ADDRESSES) {
    return `names ${values.length} addresses, and ${MAX_ADDRESSES} are allowed`;
  }
  const problems = values.flatMap((value) => {
    const problem = addressProblem(value);
    return problem === undefined ? [] : [`${quoted(value)} ${problem}`];
  });
  if (problems.length > 0) return problems;
  const bytes = new TextEncoder().encode(JSON.stringify(values)).length;
  return bytes > MAX_ADDRESSES_BYTES
    ? `names addresses of ${bytes} bytes as JSON, and ${MAX_ADDRESSES_BYTES} are allowed`
    : [];
});
