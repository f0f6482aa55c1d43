import { badInput } from "../../domain/errors.ts";
import { SAMPLES } from "../../domain/input/hook/sample.ts";
import { GENERIC, type Scope } from "../../domain/input/hosts/hosts.ts";
import type { AnswerCommand } from "../command.ts";
import { HOST, noScope, SCOPE } from "./flags.ts";

/** What to put into the settings of a host by hand. */
interface PrintAnswer {
  readonly host: string;
  /** Null for the host that has no settings. */
  readonly scope: Scope | null;
  /** The files that it belongs into: most hosts have one. */
  readonly paths: readonly string[];
  /** Each of them, where it has nothing else; without settings the call that a script makes. */
  readonly lines: readonly string[];
}

export const print: AnswerCommand<PrintAnswer, {
  readonly host: string;
  readonly scope?: Scope;
}> = {
  details: "Print what hook install would write to a file that has no hooks, to add it by hand. " +
    "For generic it prints what a script calls for a host that coord does not know.",
  examples: ["hook print claude"],
  operands: [{ ...HOST, required: true }],
  flags: { scope: SCOPE },
  async run(context, { host, scope = "project" }) {
    if (host === GENERIC) {
      const said = SAMPLES[host]?.({ session: "s1", cwd: "/work", path: "src/tax.ts" });
      const call = `echo '${JSON.stringify(said)}' | coord hook run ${host}`;
      return { host, scope: null, paths: [], lines: [call] };
    }
    const settings = await context.settings();
    const files = settings.files(host).filter((each) => each.scope === scope);
    const [file] = files;
    if (file === undefined) throw badInput([noScope(settings, [host], scope)]);
    const whole = settings.whole(file, settings.command(file, undefined));
    const lines = whole.trimEnd().split("\n");
    return { host, scope, paths: files.map(({ path }) => path), lines };
  },
  text: ({ lines }) => lines,
};
