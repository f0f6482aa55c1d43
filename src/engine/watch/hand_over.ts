/** A command that takes events, one after the other. */
import { realTimers, type Timers } from "../../async/timers.ts";
import { Wakeup } from "../../async/wakeup.ts";
import { CoordError } from "../../domain/errors.ts";
import { jsonLine } from "../../domain/json.ts";
import { EXEC_RETRIES_S } from "../../domain/limits.ts";
import type { WatchEvent } from "../../domain/watch/event.ts";
import type { Warn } from "../../ports/warnings.ts";

/** Exit codes of a shell that found no such command, or could not start it: trying again is no use. */
const NOT_STARTED: readonly number[] = [126, 127];

/**
 * Hands each event to a command, until the stream ends. The next event is
 * asked for, and this one is thereby taken, when the command exits with 0. What is about no record is
 * handed over once, whatever the command makes of it. A signal lets the command end its work.
 *
 * @param run Resolves to the command's exit code.
 * @throws {CoordError} `io_error` when the command failed on one event for the last time.
 */
export async function handOver(
  { stop, warn }: { readonly stop: AbortSignal; readonly warn: Warn },
  events: AsyncIterable<WatchEvent>,
  run: (input: string) => Promise<number>,
  timers: Timers = realTimers,
): Promise<void> {
  using pause = new Wakeup(timers, stop);
  for await (const event of events) {
    const input = `${jsonLine(event)}\n`;
    for (let failures = 0;;) {
      const code = await run(input);
      if (code === 0 || event.kind === undefined) break;
      const seconds = NOT_STARTED.includes(code) ? undefined : EXEC_RETRIES_S[failures];
      failures++;
      const what = `${event.event_type} ${event.kind} ${event.id}`;
      if (seconds === undefined) throw gaveUp(what, code, failures);
      warn(`The command exited with ${code} on ${what}: trying again in ${seconds} s`);
      if (await pause.sleep(timers.now() + seconds * 1000) === "abort") return;
    }
  }
}

function gaveUp(what: string, code: number, failures: number): CoordError {
  const times = failures === 1 ? "" : `, ${failures} times`;
  return new CoordError(
    "io_error",
    `Cannot hand over "${what}": the command exited with ${code}${times}`,
    {
      exit_code_of_command: code,
    },
  );
}
