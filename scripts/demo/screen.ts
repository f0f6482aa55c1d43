/** Where the demonstration writes: text as wide as the terminal, beside the live line of a worker. */

const encoder = new TextEncoder();

/** Columns of text that is easy to read. */
const MOST = 80;

/** Whether a worker may show its live line. */
export const hasTerminal = Deno.stderr.isTerminal();

function width(): number {
  if (!Deno.stdout.isTerminal()) return MOST;
  return Math.min(MOST, Deno.consoleSize().columns || MOST);
}

/** Prints a paragraph. `first` begins it, and its other lines are as far from the margin. */
export function say(text: string, first = ""): void {
  // The live line of a worker is drawn again below.
  if (hasTerminal) Deno.stderr.writeSync(encoder.encode("\r\x1b[K"));
  const lines = [first];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    const isEmpty = line.length <= first.length;
    if (!isEmpty && line.length + 1 + word.length > width()) {
      lines.push(" ".repeat(first.length) + word);
    } else lines[lines.length - 1] = isEmpty ? line + word : `${line} ${word}`;
  }
  Deno.stdout.writeSync(encoder.encode(lines.join("\n") + "\n"));
}

/** How far it is, where no terminal has a live line. */
export function sayProgress(text: string): void {
  if (!hasTerminal) Deno.stderr.writeSync(encoder.encode(`${text}\n`));
}
