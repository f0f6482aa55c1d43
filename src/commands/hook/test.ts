import { SAMPLES } from "../../domain/input/hook/sample.ts";
import type { Host } from "../../ports/host.ts";
import type { AnswerCommand, Block, HookContext } from "../command.ts";
import { hookRunCommand } from "./run.ts";

/** What a host says of one file, and what it is answered. */
interface Played {
  readonly path: string;
  /** One line of JSON, as the host writes it. */
  readonly stdin: string;
  readonly exit_code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A free file and a held one. */
interface HookTest {
  /** `damaged`: the free file was denied, or the held one was not. */
  readonly status: "ok" | "damaged";
  readonly host: string;
  readonly free: Played;
  readonly held: Played;
}

const HOLDER = "another-agent";

export const test: AnswerCommand<HookTest, { readonly host: string }> = {
  details:
    "Plays two edits by hook run: of a file that is free, and of one that another agent holds. " +
    "The workspace is made for it and removed again. It shows what the host would write, and each " +
    "byte that it would be answered. The host itself need not be there.",
  examples: ["hook test claude"],
  operands: [{
    name: "HOST",
    summary: "the host",
    required: true,
    choices: Object.keys(SAMPLES),
    as: "host",
  }],
  flags: {},
  async run(context, { host: name }) {
    const trial = await context.trial();
    try {
      await trial.reserve("held.ts", HOLDER);
      const play = async (file: string): Promise<Played> => {
        const path = `${trial.dir}/${file}`;
        const said = SAMPLES[name]?.({ session: "test", cwd: trial.dir, path });
        const stdin = `${JSON.stringify(said)}\n`;
        const host = hearing(context.host, trial.dir, stdin);
        const hook: HookContext = {
          host,
          operands: [name],
          // No call of a shell is played.
          shell: () => Promise.resolve(() => []),
          hook: (cwd) => trial.hook(host, cwd),
        };
        const { code, out, err } = await hookRunCommand.answer(hook);
        return { path, stdin, exit_code: code, stdout: out, stderr: err };
      };
      const free = await play("free.ts");
      const held = await play("held.ts");
      const isDenied = `${held.stdout}${held.stderr}`.includes(HOLDER);
      const isFree = !`${free.stdout}${free.stderr}`.includes("held by") && free.exit_code === 0;
      return { status: isFree && isDenied ? "ok" : "damaged", host: name, free, held };
    } finally {
      trial.remove();
    }
  },
  text: ({ free, held }) => [...block("Free", free), "", ...block("Held", held)],
};

function block(title: string, { path, stdin, exit_code, stdout, stderr }: Played): Block[] {
  const shown = (text: string) => text === "" ? "nothing" : text.trimEnd();
  return [
    `${title}: ${path}`,
    `stdin      ${shown(stdin)}`,
    `exit code  ${exit_code}`,
    `stdout     ${shown(stdout)}`,
    `stderr     ${shown(stderr)}`,
  ];
}

/** The same machine with no environment, another folder and this input. */
function hearing(host: Host, dir: string, stdin: string): Host {
  return Object.create(host, {
    cwd: { value: () => dir },
    env: { value: () => undefined },
    stdin: {
      value: async function* () {
        yield new TextEncoder().encode(stdin);
      },
    },
  });
}
