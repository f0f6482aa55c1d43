/**
 * One command that stands in this process's place: with its streams, and with the signals that it gets.
 *
 * On a terminal the command stays in this process's group, so that it is in the foreground there: what
 * is typed goes to both, Ctrl-C too. Anywhere else it has a group of its own, and signals are passed on.
 */
import { spawn } from "node:child_process";
import process from "node:process";
import { isatty } from "node:tty";
import { WORK_MS } from "../domain/limits.ts";
import type { CommandOutput, RunOptions } from "../ports/host.ts";
import {
  exitOf,
  gone,
  isGroupRunning,
  LAST_WORDS_MS,
  passOn,
  processNames,
  readProc,
  sendTo,
  started,
  statOf,
  within,
} from "./child.ts";
import { outputOf } from "./command.ts";
import { isWindows, watchdog } from "./watchdog.ts";

/** What ends a program by default, and is the command's here; a terminal sends the first two itself. */
const TYPED: readonly NodeJS.Signals[] = isWindows ? ["SIGINT"] : ["SIGINT", "SIGQUIT"];
const SENT: readonly NodeJS.Signals[] = isWindows ? [] : ["SIGTERM"];

/** Runs a command to its end; see `Host.run`. */
export async function runInPlace(
  [program, ...args]: readonly [string, ...string[]],
  { env, signal, isStdoutTaken, onStart }: RunOptions,
): Promise<number> {
  const isGroup = !isWindows && ![0, 1, 2].some(isatty);
  let send = (_: NodeJS.Signals) => {};
  let isEnding = false;
  const listeners = [...TYPED, ...SENT].map((name) =>
    [name, () => {
      isEnding = true;
      if (isGroup || SENT.includes(name)) send(name);
    }] as const
  );
  for (const [name, listener] of listeners) process.on(name, listener);
  try {
    const child = await started(
      program,
      env,
      isGroup,
      (env) =>
        spawn(program, args, {
          detached: isGroup,
          env,
          stdio: ["inherit", isStdoutTaken ? "pipe" : "inherit", "inherit"],
        }),
    );
    const { pid = 0 } = child;
    /** To all that the command started, and is still there; `false` when it has gone. */
    const sendLeft = (signal: NodeJS.Signals | 0) =>
      isGroup ? sendTo(-pid, signal) : marked().map((each) => sendTo(each, signal)).includes(true);
    // Where no mark can be looked for there is still the command.
    send = (signal) => {
      isEnding = true;
      if (!sendLeft(signal)) sendTo(pid, signal);
    };
    onStart();
    const output = child.stdout === null ? Promise.resolve() : passOn(child.stdout);
    const code = await exitOf(child, signal, send);
    await within(output, LAST_WORDS_MS);
    // What got a signal with its command has as long for its end.
    const isLeft = () => isGroup ? isGroupRunning(pid) : sendLeft(0);
    await gone(isLeft, isEnding ? WORK_MS.kill : LAST_WORDS_MS);
    sendLeft("SIGKILL");
    await within(output, LAST_WORDS_MS);
    watchdog.remove(isGroup ? pid : undefined);
    return code;
  } finally {
    for (const [name, listener] of listeners) process.off(name, listener);
  }
}

/** Processes that a command started, and that have not left this session; none where there is no `/proc`. */
function marked(): number[] {
  const [mark] = Object.entries(watchdog.mark).map((pair) => pair.join("="));
  const session = statOf("self")?.session;
  if (session === undefined || mark === undefined) return [];
  return (processNames() ?? []).filter((name) => statOf(name)?.session === session)
    .filter((name) => readProc(name, "environ").split("\0").includes(mark)).map(Number);
}

/** Where Bun keeps the files of a program that it compiled. */
const COMPILED = /^(\/\$bunfs\/|[A-Z]:[\\/]~BUN[\\/])/;

/** The words that start this program once more, on Bun and Node. */
function ownWords(): [string, ...string[]] {
  const [, script = ""] = process.argv;
  return [process.execPath, ...(COMPILED.test(script) ? [] : [script])];
}

/** This program once more, on Bun and Node; see `Host.startBeside`. */
export async function startBeside(args: readonly string[]): Promise<void> {
  const [program, ...own] = ownWords();
  const child = spawn(program, [...own, ...args], { detached: true, stdio: "ignore" });
  await new Promise((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
  child.unref();
}

/** See `Host.outputAgain`. */
export async function outputAgain(args: readonly string[]): Promise<CommandOutput> {
  return outputOf([...ownWords(), ...args]);
}
