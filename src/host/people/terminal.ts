/** The terminal of this process, drawn on as a whole. On all runtimes, by way of Node's modules. */
import process from "node:process";
import type { Host, Terminal, TerminalEvents } from "../../ports/host.ts";

/** The other buffer, no cursor, no line breaks of the terminal's own; and back. */
const ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const LEAVE = "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l";

/**
 * Takes the terminal of standard input and output: a screen of its own, and each key as it is typed. It
 * is put back by `close`, and when the process exits.
 */
export function openTerminal(
  host: Pick<Host, "write">,
  { onInput, onResize, onReturn }: TerminalEvents,
): Terminal {
  const { stdin, stdout } = process;
  let isOpen = false;
  const enter = () => {
    isOpen = true;
    stdin.setRawMode(true);
    host.write("stdout", ENTER);
  };
  const leave = () => {
    if (!isOpen) return;
    isOpen = false;
    try {
      host.write("stdout", LEAVE);
    } catch {
      // The terminal has gone, and with it what was to be put right.
    }
    stdin.setRawMode(false);
  };
  const onData = (bytes: Uint8Array) => onInput(bytes);
  // A shell puts its own modes back before a stopped program goes on.
  const onContinue = () => {
    if (isOpen) enter();
    onReturn();
  };
  const signals = process.platform === "win32"
    ? []
    : [["SIGWINCH", onResize], ["SIGCONT", onContinue]] as const;
  enter();
  for (const [signal, body] of signals) process.on(signal, body);
  // Whatever ends the process, a failure too.
  process.on("exit", leave);
  stdin.on("data", onData);
  stdin.resume();
  return {
    size: () => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 }),
    suspend() {
      leave();
      process.kill(process.pid, "SIGSTOP");
      enter();
      onReturn();
    },
    close() {
      leave();
      for (const [signal, body] of signals) process.off(signal, body);
      process.off("exit", leave);
      stdin.off("data", onData);
      stdin.pause();
    },
  };
}
