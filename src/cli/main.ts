/** The command line: from arguments to an exit code. */
import {
  type AnswerCommand,
  Answers,
  type Command,
  type CommandContext,
  type Described,
  isRaw,
  isScreen,
  isStream,
  type RawCommand,
} from "../commands/command.ts";
import { COMMANDS, RENAMED } from "../commands/registry.ts";
import { CoordError } from "../domain/errors.ts";
import { hiddenSession } from "../domain/input/run_id.ts";
import type { Clock } from "../domain/time.ts";
import { VERSION } from "../domain/version.ts";
import type { Host } from "../ports/host.ts";
import { Growth } from "../workspace/store/growth.ts";
import { BUILT_IN, type BuiltInName, CATALOG, describeAll, NAMES, type Shell } from "./catalog.ts";
import { exitCodeOfValue, failureOf } from "./exit_codes.ts";
import { versionText } from "./help/version.ts";
import { BARE_FLAGS, GLOBAL_FLAGS, isGroup, locate, type Located } from "./locate.ts";
import { Output, readerGone } from "./output.ts";
import { type Split, split } from "./split.ts";
import { Stopping } from "./stopping.ts";

/** Runs the command that the host's arguments name, and returns the exit code. */
export async function main(machine: Host, clock: Clock = Date.now): Promise<number> {
  const host = hiddenSession((name) => machine.env(name)) === undefined
    ? machine
    : await (await import("../workspace/noted/session.ts")).namingSession(machine);
  const located = locate(host.args, NAMES, RENAMED);
  const output = new Output(host, clock, false);
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
  const { name, known, rest } = located;
  const described = known && name !== undefined ? await CATALOG[name]?.load() : undefined;
  const more = name === undefined ? BARE_FLAGS : described?.flags;
  const args = split({ ...more, ...GLOBAL_FLAGS }, rest);
  const { flags } = args;
  const format = flags.get("format");
  output.json = flags.has("json") || (Array.isArray(format) && format.includes("json"));
  const asksHelp = flags.has("help");
  if (name === undefined) {
    if (flags.has("version")) return showVersion(host, output);
    if (!asksHelp) await parseFor("", { operands: [], flags: {} }, host, args, output);
    return showHelp(output, undefined);
  }
  if (asksHelp && (known || isGroup(name, NAMES))) {
    return showHelp(output, name === "help" ? undefined : name);
  }
  if (!known) throw await unknown(name);
  if (Object.hasOwn(BUILT_IN, name)) {
    return runBuiltIn(name as BuiltInName, host, args, output);
  }
  const command = await COMMANDS[name]?.load();
  if (command !== undefined && isRaw(command)) {
    if (command.strict) await parseFor(name, command, host, args, output);
    return runRaw(command, host, clock, args);
  }
  if (command === undefined) throw await unknown(name);
  return runCommand(name, command, host, clock, args, output);
}

/** Reads the arguments of a command, and settles how its answer looks. */
async function parseFor(
  name: string,
  command: Described,
  host: Host,
  args: Split,
  output: Output,
) {
  const { parse } = await import("./parse.ts");
  const printing = args.flags.has("print") ? await import("./print.ts") : undefined;
  const parsed = parse(
    command,
    args,
    (variable) => host.env(variable),
    (fields) => printing?.printProblems(name, fields) ?? [],
  );
  output.json = parsed.json;
  output.print = parsed.print &&
    printing?.printerOf(name, parsed.print, host.isTerminal("stdout"));
  return parsed;
}

/** Runs a command whose answer is another program's. */
async function runRaw(
  command: RawCommand,
  host: Host,
  clock: Clock,
  { flags, operands }: Split,
): Promise<number> {
  const valueOf = (name: string) => {
    const given = flags.get(name);
    return Array.isArray(given) ? given.at(-1) : undefined;
  };
  const growth = new Growth();
  const opening = () => ({
    dir: valueOf("dir"),
    store: checkedStore(valueOf("store")),
    clock,
    onFound: growth.onFound,
    onElsewhere: growth.onElsewhere,
    spaces: new Map(),
  });
  const said = { host, operands, failClosed: flags.has("fail-closed") };
  const { code, out, err } = await command.answer({
    ...said,
    shell: async () => (await import("../adapters/shell/commands.ts")).shellCommands,
    async hook(cwd) {
      const { openHookOn } = await import("../workspace/open_hook.ts");
      return openHookOn(host, cwd, opening());
    },
    serve: async () => (await import("../mcp/server.ts")).serveMcp(host, opening()),
  });
  try {
    if (out !== "") host.write("stdout", out);
    if (err !== "") host.write("stderr", err);
  } catch {
    // The host has gone, or hears the code alone.
  }
  const { path } = growth;
  const [caller] = operands;
  if (path !== undefined && caller !== undefined) {
    const { noteFiredOn } = await import("../workspace/noted/fired.ts");
    noteFiredOn(host, path, caller, clock());
  }
  await growth.collect(command, host, clock);
  return code;
}

async function runCommand(
  name: string,
  command: Exclude<Command, RawCommand>,
  host: Host,
  clock: Clock,
  args: Split,
  output: Output,
): Promise<number> {
  const { values, dir, store, warnings } = await parseFor(name, command, host, args, output);
  for (const warning of warnings) output.warn(warning);
  const stopping = new Stopping(host);
  const growth = new Growth();
  const { onFound, onElsewhere } = growth;
  const options = { dir, store, clock, onWarning: output.warn, onFound, onElsewhere };
  let giveBack: (() => Promise<object>) | undefined;
  const context: CommandContext = {
    host,
    ifUndelivered: (body) => giveBack = body,
    warn: output.warn,
    dir,
    progress: output.progress,
    async open() {
      const { openOn } = await import("../workspace/open.ts");
      return openOn(host, { ...options, again: (args) => host.outputAgain(args) });
    },
    async tasks() {
      const { openTasksOn } = await import("../workspace/open_tasks.ts");
      return openTasksOn(host, options);
    },
    async holds() {
      const { openHoldsOn } = await import("../workspace/open_holds.ts");
      return openHoldsOn(host, options);
    },
    async reservations() {
      const { openReservationsOn } = await import("../workspace/open_reservations.ts");
      return openReservationsOn(host, options);
    },
    async reserving() {
      const { openReservingOn } = await import("../workspace/open_reserving.ts");
      return openReservingOn(host, options);
    },
    async lanes() {
      const { openLanesOn } = await import("../workspace/open_lanes.ts");
      return openLanesOn(host, options);
    },
    async status() {
      const { openStatusOn } = await import("../workspace/open_status.ts");
      return openStatusOn(host, options);
    },
    async journal(path) {
      const { openJournalOn, openOn } = await import("../workspace/open.ts");
      return path === undefined
        ? (await openOn(host, options)).journal
        : openJournalOn(host, path, options);
    },
    async serve(coord, how) {
      const { serveFleet } = await import("../web/serve.ts");
      return serveFleet(coord, how, clock, stopping.signal);
    },
    async store() {
      const { openStoreOn } = await import("../workspace/store/admin.ts");
      return openStoreOn(host, { dir, store }, output.warn);
    },
    async config(worktrees) {
      const { configOn } = await import("../workspace/config.ts");
      return configOn(host, { dir, store }, worktrees);
    },
    async settings(what) {
      const { openSettingsOn } = await import("../workspace/open_settings.ts");
      return openSettingsOn(host, dir, what);
    },
    async races(scratch) {
      const { joinRaces } = await import("../adapters/fs/disk/doctor/racers.ts");
      return joinRaces(host.fs, scratch);
    },
    async textFile(path) {
      const { openTextFileOn } = await import("../workspace/open_text_file.ts");
      return openTextFileOn(host, path);
    },
    async *bytes(path) {
      const { bytesOn } = await import("../workspace/open_text_file.ts");
      yield* bytesOn(host, path);
    },
    async trial() {
      const { openTrialOn } = await import("../workspace/open_trial.ts");
      return openTrialOn(host, clock);
    },
    async init(path, here) {
      const { initOn } = await import("../workspace/open.ts");
      return initOn(host, path, { here, warn: output.warn });
    },
    get stop() {
      return stopping.signal;
    },
    get stopAgain() {
      return stopping.again;
    },
    leaveSignals: () => stopping.leave(),
    isAnswerAlone: output.json || output.print !== undefined,
  };
  try {
    if (isStream(command)) {
      output.live();
      const stream = await command.run(context, values);
      await output.stream(stream, (value, width) => command.text(value, width), command.isData);
      return exitCodeOfValue(stream);
    }
    if (isScreen(command)) {
      const { runScreen } = await import("./top/screen.ts");
      return await runScreen(command, context, values, { host, clock, output });
    }
    output.status = command.status ?? output.status;
    const value = await ran(command, context, values);
    if (value instanceof Answers) {
      output.answers(value.values, (one) => command.line?.(one) ?? JSON.stringify(one));
      return 0;
    }
    const code = await deliver(value, command, output, stopping, giveBack);
    if (command.lasts) await untilStopped(output, context.stop);
    return code;
  } finally {
    stopping.end();
    await growth.collect(command, host, clock);
  }
}

/** Goes on until the process is stopped. */
async function untilStopped(output: Output, stop: AbortSignal): Promise<void> {
  output.live();
  if (stop.aborted) return;
  await new Promise((resolve) => stop.addEventListener("abort", resolve));
}

/** @throws {CoordError} `bad_args` for one that must not be on a command line */
function checkedStore(url: string | undefined): string | undefined {
  const problems = url === undefined ? [] : GLOBAL_FLAGS.store?.field?.problems(url) ?? [];
  if (problems.length > 0) throw new CoordError("bad_args", `--store ${problems.join("; ")}`);
  return url;
}

/** Writes the answer, and has given back what was granted when that cannot be or a signal came before. */
async function deliver(
  value: object,
  command: AnswerCommand,
  output: Output,
  stopping: Stopping,
  giveBack: (() => Promise<object>) | undefined,
): Promise<number> {
  const codeOf = (answer: object) => command.exitCode?.(answer) ?? exitCodeOfValue(answer);
  const prepare = (answer: object) => {
    const isReport = command.isReport?.(answer);
    return output.prepare(answer, codeOf(answer), (cleaned) => command.text(cleaned), isReport);
  };
  let write = await prepare(value);
  if (giveBack !== undefined && await stopping.isStopped()) {
    value = await giveBack();
    giveBack = undefined;
    write = await prepare(value);
  }
  try {
    write();
  } catch (thrown) {
    try {
      if (!output.delivered) await giveBack?.();
    } catch (error) {
      output.error(`warning: what was granted is not given back: ${failureOf(error).error}`);
    }
    throw thrown;
  }
  return codeOf(value);
}

async function runBuiltIn(
  name: BuiltInName,
  host: Host,
  args: Split,
  output: Output,
): Promise<number> {
  const { values } = await parseFor(name, BUILT_IN[name].described, host, args, output);
  if (name === "version") return showVersion(host, output);
  if (name === "man") return showManual(output);
  if (name === "completions") return showCompletions(values.shell as Shell, output);
  const words = (values.command ?? []) as readonly string[];
  const asked = words.map((word) => RENAMED[word] ?? word).join(" ");
  if (asked !== "" && !NAMES.has(asked) && !isGroup(asked, NAMES)) throw await unknown(asked);
  return showHelp(output, asked === "" ? undefined : asked);
}

/** Runs a command; what is wrong with its input is said in the words of the command line. */
async function ran(command: AnswerCommand, context: CommandContext, values: object) {
  try {
    return await command.run(context, values);
  } catch (error) {
    const { relabelled } = await import("./mistakes.ts");
    throw relabelled(error, command);
  }
}

async function showVersion(host: Host, output: Output): Promise<number> {
  const runtime = `${host.runtime} ${host.runtimeVersion}`;
  await show(output, { version: VERSION, runtime }, versionText(host));
  return 0;
}

/** Help for a command, for all whose names begin with a word, or for all. */
async function showHelp(output: Output, name: string | undefined): Promise<number> {
  const help = await import("./help/help.ts");
  const width = Math.min(output.width("stdout") ?? help.MAX_WIDTH, help.MAX_WIDTH);
  const described = name === undefined ? undefined : await CATALOG[name]?.load();
  if (name === undefined) {
    await show(output, help.generalHelpValue(), help.generalHelp(width));
  } else if (described === undefined) {
    await show(output, help.generalHelpValue(name), help.groupHelp(name, width));
  } else {
    const text = help.commandHelp(name, described, width);
    await show(output, help.commandHelpValue(name, described), text);
  }
  return 0;
}

/** Prints a value, or the text for it, which holds no text of agents. */
async function show(output: Output, value: object, text: string): Promise<void> {
  if (output.json || output.print) await output.answer(value, 0, () => "");
  else output.raw(text);
}

async function showCompletions(shell: Shell, output: Output): Promise<number> {
  const { completionScript } = await import("./complete/completions.ts");
  const script = completionScript(shell, await describeAll());
  await show(output, { shell, script }, script);
  return 0;
}

async function showManual(output: Output): Promise<number> {
  const { manualPage } = await import("./help/man.ts");
  const page = manualPage(await describeAll());
  await show(output, { page }, page);
  return 0;
}

async function unknown(name: string): Promise<CoordError> {
  const { unknownCommand } = await import("./mistakes.ts");
  return unknownCommand(name, NAMES);
}
