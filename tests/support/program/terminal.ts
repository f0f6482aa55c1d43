/** `coord with` on a terminal, where a shell runs it. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import process from "node:process";
import { write } from "../scene/journals.ts";
import { COORD, until } from "./working.ts";

/** Whether there is a program that makes terminals, as Linux has it. */
export const hasTerminals = process.platform === "linux" &&
  spawnSync("script", ["-qec", "true", "/dev/null"], { stdio: "ignore" }).status === 0;

/** A shell script under `coord with`, which holds the lane `@x`. */
export class OnTerminal implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  out = "";

  constructor(dir: string, script: string) {
    write(`${dir}/script`, script);
    const call = [process.execPath, ...COORD, "with", "--run-id", "a", "--lane", "@x", "--"];
    // Not every shell waits for a command's end after a Ctrl-C that the command outlives.
    const line = `trap : INT; ${call.join(" ")} sh script; echo "ended with $?"`;
    this.#child = spawn("script", ["-qec", line, "/dev/null"], { cwd: dir });
    this.#child.stdout?.on("data", (part) => this.out += String(part).replaceAll("\r", ""));
    this.#ended = new Promise((resolve) => this.#child.on("close", resolve));
  }

  /** Waits until the shell has said how the call ended. */
  async ended(): Promise<void> {
    try {
      await until("it has ended", () => this.out.includes("ended with"));
    } catch (error) {
      throw new Error(`The terminal shows ${JSON.stringify(this.out)}`, { cause: error });
    }
  }

  type(text: string): void {
    this.#child.stdin?.write(text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }
}
