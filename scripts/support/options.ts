/** What a script is called with. */

/** The value of an option that is given apart, `--out FILE`. */
export function option(name: string): string | undefined {
  const at = Deno.args.indexOf(name);
  return at < 0 ? undefined : Deno.args[at + 1];
}
