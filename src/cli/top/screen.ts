/** States on the whole of a terminal, or one of them, or all of them as lines. */
import { Wakeup } from "../../async/wakeup.ts";
import { realTimers } from "../../async/timers.ts";
import type { CommandContext, Screen, ScreenCommand } from "../../commands/command.ts";
import type { Clock } from "../../domain/time.ts";
import type { Fleet } from "../../engine/watch/fleet/types.ts";
import type { Host, Terminal } from "../../ports/host.ts";
import { failureOf } from "../exit_codes.ts";
import type { Output } from "../output.ts";
import { sanitizeDeep } from "../sanitize.ts";
import { displayWidth, layOut } from "../table.ts";
import { frame, frameSections, type FrameStyle, pageOf } from "./frame.ts";
import { Keys } from "./keys.ts";
import { plain, wrapped } from "./layout.ts";
import { type Asked, pressed, START, type View } from "./view.ts";

/** Milliseconds after which the beginning of a sequence of keys is the key `Esc`. */
const ESCAPE_MS = 50;

const SECOND_MS = 1_000;

/** What a screen works with. */
interface Streams {
  readonly host: Host;
  readonly clock: Clock;
  readonly output: Output;
}

/** Runs a command with a screen, and returns the exit code. */
export async function runScreen(
  command: ScreenCommand,
  context: CommandContext,
  values: { readonly once?: boolean },
  streams: Streams,
): Promise<number> {
  const { host, output } = streams;
  const isLeft = output.json || output.print !== undefined;
  const isDrawn = values.once !== true && !isLeft && host.isTerminal("stdin") &&
    host.isTerminal("stdout");
  const isStream = output.json && values.once !== true;
  const screen = await command.run(context, { ...values, once: !isDrawn && !isStream });
  if (!isDrawn && !isStream) return await printOne(screen, streams);
  if (isStream) {
    output.live();
    await output.stream(screen.states, () => "");
    return 0;
  }
  await new OnScreen(screen, streams).run(context.stop);
  return 0;
}

/** Whether there are to be colours. */
function hasColours(host: Host): boolean {
  return host.isTerminal("stdout") && !host.env("NO_COLOR") && host.env("TERM") !== "dumb";
}

async function printOne({ states, place }: Screen, { host, clock, output }: Streams) {
  for await (const fleet of states) {
    const columns = /^[1-9]\d{0,4}$/.test(host.env("COLUMNS") ?? "") ? host.env("COLUMNS") : 80;
    const width = output.width("stdout") ?? Number(columns);
    const style = { width, colour: hasColours(host), now: clock() };
    await output.answer(fleet, 0, (cleaned) => frame(cleaned, style, place));
  }
  return 0;
}

/** A screen as it is now. */
class OnScreen {
  readonly #keys = new Keys();
  readonly #end = new AbortController();
  #terminal: Terminal | undefined;
  #fleet: Fleet | undefined;
  #view: View = START;
  /** The lines that are on the terminal. */
  #drawn: readonly string[] = [];
  #escape: (() => void) | undefined;
  #tick: (() => void) | undefined;

  constructor(readonly screen: Screen, readonly streams: Streams) {}

  async run(stop: AbortSignal): Promise<void> {
    const { host } = this.streams;
    const { openTerminal } = await import("../../host/people/terminal.ts");
    const states = this.screen.states[Symbol.asyncIterator]();
    const end = () => this.#end.abort();
    stop.addEventListener("abort", end);
    using wakeup = new Wakeup(realTimers, this.#end.signal);
    let failure: unknown;
    this.#terminal = openTerminal(host, {
      onInput: (bytes) => this.#typed(bytes),
      onResize: () => this.#redraw(),
      onReturn: () => this.#redraw(),
    });
    try {
      this.#draw();
      const follow = async () => {
        for (let step = await states.next(); !step.done; step = await states.next()) {
          if (this.#end.signal.aborted) return;
          this.#fleet = step.value;
          this.#draw();
          this.#tickIn(SECOND_MS);
        }
      };
      follow().catch((error) => failure = error).finally(end);
      this.#tickIn(SECOND_MS);
      await wakeup.sleep(Infinity);
    } finally {
      stop.removeEventListener("abort", end);
      this.#escape?.();
      this.#tick?.();
      this.#terminal.close();
    }
    if (failure !== undefined) throw failure;
  }

  /** The clock and ages go on with each second, unless a state comes first. */
  #tickIn(ms: number): void {
    this.#tick?.();
    this.#tick = realTimers.after(ms, () => {
      this.#draw();
      this.#tickIn(SECOND_MS - this.streams.clock() % SECOND_MS);
    });
  }

  #typed(bytes: Uint8Array): void {
    this.#escape?.();
    for (const key of this.#keys.read(bytes)) this.#press(key);
    if (!this.#keys.isWaiting) return this.#draw();
    this.#escape = realTimers.after(ESCAPE_MS, () => {
      for (const key of this.#keys.flush()) this.#press(key);
      this.#draw();
    });
    this.#draw();
  }

  #press(key: string): void {
    if (this.#fleet === undefined) {
      if (key === "q" || key === "ctrl-c") this.#end.abort();
      return;
    }
    const style = this.#style();
    const sections = frameSections(this.#fleet, this.#view, style);
    const { view, asked } = pressed(this.#view, key, sections, pageOf(style.height));
    this.#view = view;
    this.#do(asked);
  }

  #do(asked: Asked): void {
    if (asked === "quit") return this.#end.abort();
    if (asked === "suspend") return this.#terminal?.suspend();
    if (asked === "redraw") return this.#redraw();
    if (asked !== undefined) void this.#show(asked.show);
  }

  /** Shows one record; what cannot be shown says why. */
  async #show(id: string): Promise<void> {
    const before = this.#view;
    let lines: string[];
    try {
      const text = sanitizeDeep(await this.screen.show(id));
      const { width, now, colour: _colour } = this.#style();
      lines = layOut(text, { width, now, colour: false }).split("\n").slice(0, -1)
        .flatMap((line) => wrapped(line, width));
    } catch (error) {
      lines = [failureOf(error).error];
    }
    // Another key may have come first.
    if (this.#view !== before) return;
    this.#view = { ...before, details: { lines, from: 0 } };
    this.#draw();
  }

  #style(): FrameStyle & { readonly height: number } {
    const { host, clock } = this.streams;
    const { columns, rows } = this.#terminal?.size() ?? { columns: 80, rows: 24 };
    return { width: columns, height: rows, colour: hasColours(host), now: clock() };
  }

  /** Draws all of it: what is on the terminal is not known. */
  #redraw(): void {
    this.#drawn = [];
    this.#draw(true);
  }

  /** Writes the lines that have changed, in one go; nothing where none has. */
  #draw(isWhole = this.#drawn.length === 0): void {
    if (this.#end.signal.aborted || this.#terminal === undefined) return;
    const style = this.#style();
    const lines = this.#fleet === undefined
      ? ["coord reads the workspace"]
      : frame(this.#fleet, style, this.screen.place, this.#view);
    const changes = lines.flatMap((line, at) =>
      !isWhole && line === this.#drawn[at] ? [] : [onLine(at + 1, line, style.width)]
    );
    this.#drawn = lines;
    if (isWhole) changes.unshift("\x1b[2J");
    if (changes.length > 0) this.streams.host.write("stdout", changes.join(""));
  }
}

/** Writes a line of the screen. After its last column the rest of it must not be erased: that is the last. */
function onLine(row: number, line: string, width: number): string {
  const rest = displayWidth(plain(line)) < width ? "\x1b[K" : "";
  return `\x1b[${row};1H${line}${rest}`;
}
