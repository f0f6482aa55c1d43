/** The last line of a terminal while `work` goes on: what runs, since when, and what has ended. */
import type { TaskInHand, TaskWorked } from "../../engine/task/work_types.ts";
import type { CommandContext } from "../command.ts";

/** Milliseconds between two lines. */
const REDRAW_MS = 1_000;

const NEWLINE = 10;

export class LiveLine {
  readonly #context: CommandContext;
  readonly #running = new Map<string, { readonly title: string; readonly since: number }>();
  readonly #counts = new Map<string, number>();
  #paused: readonly string[] = [];
  /** The command wrote a part of a line, which is not to be overwritten. */
  #isBroken = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(context: CommandContext) {
    this.#context = context;
    if (context.host.isTerminal("stderr")) this.#draw();
  }

  paused(queues: readonly string[]): void {
    this.#paused = queues;
  }

  began({ task_id, title }: TaskInHand): void {
    this.#running.set(task_id, { title, since: performance.now() });
  }

  ended({ task_id, status }: TaskWorked): void {
    this.#running.delete(task_id);
    this.#counts.set(status, (this.#counts.get(status) ?? 0) + 1);
  }

  /** Makes room for what the command writes. */
  clear(bytes: Uint8Array): void {
    this.#context.progress("");
    this.#isBroken = bytes.at(-1) !== NEWLINE;
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#context.progress("");
  }

  #draw(): void {
    if (!this.#isBroken) this.#context.progress(this.#text());
    this.#timer = setTimeout(() => this.#draw(), REDRAW_MS);
  }

  #text(): string {
    const counts = [...this.#counts].map(([status, n]) => `${n} ${status.replace("_", " ")}`);
    const [oldest] = this.#running.values();
    const paused = this.#paused.length === 0 ? [] : [`paused: ${this.#paused.join(" ")}`];
    if (oldest === undefined) return ["waiting for a task", ...counts, ...paused].join(", ");
    const seconds = Math.floor((performance.now() - oldest.since) / 1000);
    const running = [`${this.#running.size} running`, ...counts, ...paused].join(", ");
    return `${running} · ${seconds}s ${oldest.title}`;
  }
}
