/** Patterns in dialects that are not ours, which would match something else than was meant. */
import { quoted } from "../text.ts";
import { withoutEscapes } from "./literal.ts";

/** Alternatives that an advice writes out. */
const MAX_WRITTEN = 9;

/** What is wrong with a pattern that other programs understand in another way, and what to write. */
export function foreignProblem(pattern: string): string | undefined {
  const plain = withoutEscapes(pattern);
  if (plain.startsWith("!")) {
    return 'begins with "!", and no pattern leaves anything out: name what you mean, ' +
      'or write "\\!" for a name that begins so';
  }
  if (/^:[(!^]/.test(plain)) {
    return `begins with git's ${
      quoted(plain.slice(0, 2))
    }: write ":/" for the top of the checkout, ` +
      'or "\\:" for a name that begins so';
  }
  const range = /\{([^{},]*)\.\.([^{},]*)\}/.exec(plain);
  if (range !== null) {
    const [text, from = "", to = ""] = range;
    return `holds ${quoted(text)}, and a range in braces is not read: ` +
      `write ${quoted(writtenOut(from, to))}, or "\\{" for the brace itself`;
  }
  const group = /[@!+*?]\(([^()]*)\)|\(([^()]*\|[^()]*)\)/.exec(plain);
  if (group !== null) {
    const [text, marked, bare = ""] = group;
    const ways = (marked ?? bare).replaceAll("|", ",");
    const isPlain = marked === undefined || text.startsWith("@");
    return `holds ${quoted(text)}, and a group in parentheses is not read: ` +
      `write ${isPlain ? quoted(`{${ways}}`) : "each pattern that you mean"}, ` +
      'or "\\(" for the parenthesis itself';
  }
  const named = /\[[!^]?\[[:.=][^\]]*/.exec(plain);
  if (named === null) return undefined;
  return `holds ${quoted(`${named[0]}]`)}, and a named class is not read: ` +
    'write its characters, as in "[a-z0-9]", or "\\[" for the bracket itself';
}

/** What a range stands for, as far as that is short. */
function writtenOut(from: string, to: string): string {
  const [first, last] = [Number(from), Number(to)];
  const isShort = from !== "" && Number.isInteger(first) && last > first &&
    last - first < MAX_WRITTEN;
  if (!isShort) return "{…,…}";
  return `{${Array.from({ length: last - first + 1 }, (_, i) => first + i)}}`;
}
