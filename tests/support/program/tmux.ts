/** A terminal of tmux, in which a shell runs: what is typed into it, and what it shows. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";
import { COORD, until } from "./working.ts";

/** The words that call coord, for a shell. */
export const COORD_CALL = [process.execPath, ...COORD].join(" ");

let count = 0;

export class Tmux implements Disposable {
  readonly #socket = `coord-${process.pid}-${count++}`;

  constructor(cwd: string, columns: number, rows: number) {
    const size = ["-x", String(columns), "-y", String(rows)];
    this.#call("-f", "/dev/null", "new-session", "-d", ...size, "-c", cwd, "sh");
  }

  /** Types text, and each further key by the name that tmux has for it. */
  type(text: string, ...keys: readonly string[]): void {
    if (text !== "") this.#call("send-keys", "-l", text);
    if (keys.length > 0) this.#call("send-keys", ...keys);
  }

  resize(columns: number, rows: number): void {
    this.#call("resize-window", "-x", String(columns), "-y", String(rows));
  }

  /** What it shows. */
  get text(): string {
    return this.#call("capture-pane", "-p");
  }

  /** Whether the other screen is on, and the cursor shows. */
  get modes(): { readonly other: boolean; readonly cursor: boolean } {
    const [other, cursor] = this.#call("display-message", "-p", "#{alternate_on} #{cursor_flag}")
      .trim().split(" ");
    return { other: other === "1", cursor: cursor === "1" };
  }

  /** Sends a signal to the process that the shell runs. */
  signal(name: NodeJS.Signals): void {
    const shell = this.#call("display-message", "-p", "#{pane_pid}").trim();
    const child = readFileSync(`/proc/${shell}/task/${shell}/children`, "utf-8");
    process.kill(Number(child.trim()), name);
  }

  async shows(text: string): Promise<void> {
    try {
      await until(`it shows ${text}`, () => this.text.includes(text));
    } catch (error) {
      throw new Error(`The terminal shows\n${this.text}`, { cause: error });
    }
  }

  #call(...args: readonly string[]): string {
    const { status, stdout, stderr } = spawnSync("tmux", ["-L", this.#socket, ...args], {
      env: { ...process.env, TERM: "xterm-256color", LC_ALL: "C.UTF-8" },
    });
    if (status !== 0) throw new Error(`tmux ${args.join(" ")}: ${stderr}`);
    return String(stdout);
  }

  [Symbol.dispose](): void {
    spawnSync("tmux", ["-L", this.#socket, "kill-server"]);
  }
}
