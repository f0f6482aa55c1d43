import type { Scope } from "../../domain/input/hosts/hosts.ts";
import { HOSTS } from "../../domain/input/hosts/hosts.ts";
import { badInput, type InputProblem } from "../../domain/errors.ts";
import { wholeSettings } from "../../domain/input/hosts/hooks.ts";
import type { AnswerCommand } from "../command.ts";
import { HOST, SCOPE } from "./flags.ts";

/** What to put into the settings of a host by hand. */
interface PrintAnswer {
  readonly host: string;
  readonly scope: Scope;
  /** The file that it belongs into. */
  readonly path: string;
  readonly settings: Readonly<Record<string, unknown>>;
}

export const print: AnswerCommand<PrintAnswer, {
  readonly host: string;
  readonly scope?: Scope;
}> = {
  details: "Print what hook install would add to a file that has no hooks, to add it by hand.",
  examples: ["hook print claude"],
  operands: [{ ...HOST, required: true }],
  flags: { scope: SCOPE },
  async run(context, { host, scope = "project" }) {
    const settings = await context.settings();
    const file = settings.files(host).find((each) => each.scope === scope);
    const known = HOSTS[host];
    if (file === undefined || known === undefined) {
      const message = `must be one that ${host} has`;
      const problem: InputProblem = { field: "scope", code: "bad_args", message };
      throw badInput([problem]);
    }
    return { ...file, settings: wholeSettings(known, settings.command(file, undefined)) };
  },
  text: ({ settings }) => JSON.stringify(settings, null, 2),
};
