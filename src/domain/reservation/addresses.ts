/** The rules for lists of addresses: by themselves, since they take all of globs, and tasks have none. */
import { textProblem } from "../glob/compile.ts";
import { MAX_ADDRESS, MAX_ADDRESSES, MAX_ADDRESSES_BYTES } from "../limits.ts";
import { quoted } from "../text.ts";
import { ruled, TEXTS } from "../input/rule.ts";

/** What a caller reserves or means to change: one or more texts. What they name, the checkout says. */
export const addresses = ruled(TEXTS, (values) => {
  if (values.length === 0) return "must not be empty";
  if (values.length > MAX_ADDRESSES) {
    return `names ${values.length} addresses, and ${MAX_ADDRESSES} are allowed`;
  }
  return values.flatMap((value) => {
    const problem = textProblem(value, MAX_ADDRESS);
    return problem === undefined ? [] : [`${quoted(value)} ${problem}`];
  });
});

/** What is wrong with addresses as a record is to have them. */
export function recordProblems(values: readonly string[]): string[] {
  const bytes = bytesOf(values);
  return bytes > MAX_ADDRESSES_BYTES
    ? [`names addresses of ${bytes} bytes as JSON, and ${MAX_ADDRESSES_BYTES} are allowed`]
    : [];
}

/** The files that a record says it has: none where there is no room, which lets more overlap. */
export function recordFiles(
  values: readonly string[],
  files: readonly string[],
): readonly string[] {
  return bytesOf([...values, ...files]) > MAX_ADDRESSES_BYTES ? [] : files;
}

function bytesOf(values: readonly string[]): number {
  return new TextEncoder().encode(JSON.stringify(values)).length;
}
