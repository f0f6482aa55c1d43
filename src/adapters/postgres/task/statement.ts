/**
 * A statement that is made of parts, and made again only where they are others than before. It is long, and
 * as the same string it is also found without being read.
 */
export function statementOf<Parts extends readonly unknown[]>(
  make: (...parts: Parts) => string,
): (...parts: Parts) => string {
  let last: Parts | undefined;
  let statement = "";
  return (...parts) => {
    if (last === undefined || parts.some((part, n) => part !== last?.[n])) {
      statement = make(...parts);
      last = parts;
    }
    return statement;
  };
}
