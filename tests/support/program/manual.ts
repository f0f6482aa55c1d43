/** Manual pages as people see them, by the programs that show them. */
import { spawnSync } from "node:child_process";
import process from "node:process";

/** Columns that are wide enough for no line to be broken. */
const WIDE = "900";

/** What a program makes of a page, without bold and underline, and what it says against it. */
export interface Shown {
  readonly text: string;
  readonly complaints: string;
}

/** Each way to show a page, with the program that it takes. */
export const RENDERERS: readonly {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}[] = [
  { program: "man", args: ["--warnings", "-l", "-"] },
  { program: "man", args: ["--warnings", "-l", "-"], env: { LC_ALL: "C" } },
  { program: "groff", args: ["-man", "-Tutf8", "-ww", "-P-cbou", `-rLL=${WIDE}n`] },
  { program: "mandoc", args: ["-Tutf8", "-Wwarning", "-O", `width=${WIDE}`] },
];

/** Shows a page. */
export function showManual(
  page: string,
  { program, args, env = {} }: typeof RENDERERS[number],
): Shown {
  const { status, stdout, stderr, error } = spawnSync(program, [...args], {
    input: page,
    encoding: "utf-8",
    env: { PATH: process.env["PATH"] ?? "", LC_ALL: "C.UTF-8", MANWIDTH: WIDE, ...env },
    timeout: 30_000,
  });
  if (error !== undefined) throw error;
  if (typeof status !== "number") throw new Error(`${program} did not take the page: ${stderr}`);
  // A page that is the same every day has no date, of which mandoc alone complains.
  const complaints = stderr.replace(/^mandoc: .* missing date, using "": TH\n/, "")
    .replace(/^mandoc: see above.*\n/, "");
  // deno-lint-ignore no-control-regex
  return { text: stdout.replace(/.\x08/g, ""), complaints };
}
