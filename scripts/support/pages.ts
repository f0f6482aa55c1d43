/** Parts of documents that a script writes. */

/** The text of a document between two lines of it replaced, with an empty line at both ends. */
export function withPart(text: string, name: string, part: string): string {
  const [begin, end] = [`<!-- begin ${name} -->\n`, `<!-- end ${name} -->\n`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`The document has no part ${name}`);
  return `${text.slice(0, from)}${begin}\n${part.trim()}\n\n${text.slice(to)}`;
}

/** A document as `deno fmt` leaves it; the extension says what it is. */
export async function formatted(text: string, extension = "md"): Promise<string> {
  const args = ["fmt", "--ext", extension, "-"];
  const child = new Deno.Command(Deno.execPath(), { args, stdin: "piped", stdout: "piped" })
    .spawn();
  const input = child.stdin.getWriter();
  await input.write(new TextEncoder().encode(text));
  await input.close();
  const { success, stdout } = await child.output();
  if (!success) throw new Error("deno fmt failed");
  return new TextDecoder().decode(stdout);
}
