/** The command line: from arguments to an exit code. */
import { Answers, type Command, type CommandContext, isStream } from "../commands/command.ts";
import { COMMANDS, RENAMED } from "../commands/registry.ts";
import { CoordError } from "../domain/errors.ts";
import type { Clock } from "../domain/time.ts";
import { VERSION } from "../domain/version.ts";
import type { Host } from "../ports/host.ts";
import { BUILT_IN, CATALOG, NAMES, type Shell } from "./catalog.ts";
import { exitCodeOfValue, failureOf } from "./exit_codes.ts";
import { locate, type Located } from "./locate.ts";
import { Output, readerGone } from "./output.ts";

/** The code of a process that a second SIGINT ends. */
const INTERRUPTED = 130;

/** Runs the command that the host's arguments name, and tells the exit code. */
export async function main(host: Host, clock: Clock = Date.now): Promise<number> {
  const located = locate(host.args, NAMES, RENAMED);
  const output = new Output(host, clock, located.json);
  try {
    try {
      return await dispatch(host, clock, located, output);
    } catch (thrown) {
      if (readerGone(thrown)) return 0;
      const failure = failureOf(thrown);
      output.failure(failure);
      return failure.exitCode;
    }
  } catch (thrown) {
    if (readerGone(thrown)) return 0;
    throw thrown;
  }
}

async function dispatch(
  host: Host,
  clock: Clock,
  located: Located,
  output: Output,
): Promise<number> {
  const { name, known, help, version, rest } = located;
  if (name === undefined) {
    if (version) return showVersion(host, output);
    if (!help) await parseFor({ operands: [], flags: {} }, host, rest);
    return showHelp(output, undefined);
  }
  if (!known) throw await unknownCommand(name);
  if (help) return showHelp(output, name === "help" ? undefined : name);
  if (Object.hasOwn(BUILT_IN, name)) {
    return runBuiltIn(name as keyof typeof BUILT_IN, host, rest, output);
  }
  const command = await COMMANDS[name]?.load();
  if (command === undefined) throw await unknownCommand(name);
  return runCommand(command, host, clock, rest, output);
}

async function parseFor(
  command: Parameters<typeof import("./parse.ts").parse>[0],
  host: Host,
  rest: readonly string[],
) {
  const { parse } = await import("./parse.ts");
  return parse(command, rest, (name) => host.env(name));
}

async function runCommand(
  command: Command,
  host: Host,
  clock: Clock,
  rest: readonly string[],
  output: Output,
): Promise<number> {
  const { values, json, dir } = await parseFor(command, host, rest);
  output.json = json;
  const stopping = new Stopping(host);
  const context: CommandContext = {
    host,
    warn: output.warn,
    dir,
    progress: output.progress,
    async open() {
      const { openOn } = await import("../open.ts");
      return openOn(host, { dir, clock, onWarning: output.warn });
    },
    async init(path) {
      const { initOn } = await import("../open.ts");
      return initOn(host, path);
    },
    get stop() {
      return stopping.signal;
    },
  };
  try {
    if (isStream(command)) {
      output.live();
      await output.stream(await command.run(context, values), (value) => command.text(value));
      return 0;
    }
    const value = await command.run(context, values);
    if (value instanceof Answers) {
      output.answers(value.values, (one) => command.line?.(one) ?? JSON.stringify(one));
      return 0;
    }
    const exitCode = exitCodeOfValue(value);
    await output.answer(value, exitCode, (cleaned) => command.text(cleaned));
    return exitCode;
  } finally {
    stopping.end();
  }
}

/** Listens to SIGINT and SIGTERM from the moment somebody asks for the signal. */
class Stopping {
  readonly #host: Host;
  readonly #controller = new AbortController();
  #end: (() => void) | undefined;

  constructor(host: Host) {
    this.#host = host;
  }

  get signal(): AbortSignal {
    this.#end ??= this.#host.onStop(() => {
      if (this.#controller.signal.aborted) this.#host.exit(INTERRUPTED);
      this.#controller.abort();
    });
    return this.#controller.signal;
  }

  end(): void {
    this.#end?.();
  }
}

async function runBuiltIn(
  name: keyof typeof BUILT_IN,
  host: Host,
  rest: readonly string[],
  output: Output,
): Promise<number> {
  const { values, json } = await parseFor(BUILT_IN[name].described, host, rest);
  output.json = json;
  if (name === "version") return showVersion(host, output);
  if (name === "completions") return showCompletions(values.shell as Shell, output);
  const words = (values.command ?? []) as readonly string[];
  const asked = words.map((word) => RENAMED[word] ?? word).join(" ");
  if (asked !== "" && !NAMES.has(asked)) throw await unknownCommand(asked);
  return showHelp(output, asked === "" ? undefined : asked);
}

async function showVersion(host: Host, output: Output): Promise<number> {
  const runtime = `${host.runtime} ${host.runtimeVersion}`;
  if (output.json) await output.answer({ version: VERSION, runtime }, 0, () => "");
  else output.raw(`coord ${VERSION} (${runtime})\n`);
  return 0;
}

async function showHelp(output: Output, name: string | undefined): Promise<number> {
  const help = await import("./help.ts");
  const described = name === undefined ? undefined : await CATALOG[name]?.load();
  if (output.json) {
    const value = name === undefined || described === undefined
      ? help.generalHelpValue()
      : help.commandHelpValue(name, described);
    await output.answer(value, 0, () => "");
  } else {
    output.raw(
      name === undefined || described === undefined
        ? help.generalHelp()
        : help.commandHelp(name, described),
    );
  }
  return 0;
}

async function showCompletions(shell: Shell, output: Output): Promise<number> {
  const { completionScript } = await import("./completions.ts");
  const commands = await Promise.all(
    Object.entries(CATALOG).map(async ([name, { summary, load }]) => ({
      name,
      summary,
      described: await load(),
    })),
  );
  const script = completionScript(shell, commands);
  if (output.json) await output.answer({ shell, script }, 0, () => "");
  else output.raw(script);
  return 0;
}

async function unknownCommand(name: string): Promise<CoordError> {
  const { nearest } = await import("./suggest.ts");
  const meant = nearest(name, NAMES);
  const hint = meant === undefined ? `see "coord help"` : `did you mean "${meant}"?`;
  return new CoordError("bad_args", `Unknown command ${JSON.stringify(name)}; ${hint}`, {
    command: name,
    ...(meant !== undefined && { suggestion: meant }),
  });
}
