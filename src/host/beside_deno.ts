/** This program once more, on Deno. */

/** See `Host.startBeside`. */
export function startBeside(args: readonly string[]): void {
  const own = Deno.build.standalone ? [] : ["run", "-A", Deno.mainModule];
  const streams = { stdin: "null", stdout: "null", stderr: "null" } as const;
  const program = { args: [...own, ...args], ...streams, detached: true };
  new Deno.Command(Deno.execPath(), program).spawn().unref();
}
