/** A consumer that takes events by lines on standard input. */
import type { WatchEvent } from "../../domain/watch/event.ts";
import type { WatchStream } from "../../engine/watch/watch.ts";
import type { CommandContext } from "../command.ts";

const NEWLINE = 10;

/**
 * The events of a stream, the oldest of which each line takes. A line that comes while none waits takes
 * nothing, so no consumer takes what it has not seen. The stream ends with the input, since nothing
 * could be taken any more.
 */
export async function* takenByLines(
  { host, stop, warn }: Pick<CommandContext, "host" | "stop" | "warn">,
  watch: (signal: AbortSignal) => WatchStream,
): AsyncGenerator<WatchEvent> {
  const input = new AbortController();
  const stream = watch(AbortSignal.any([stop, input.signal]));
  const read = async () => {
    for await (const bytes of host.stdin()) {
      for (const byte of bytes) {
        if (byte === NEWLINE && !stream.ack()) warn("A line came while no event waited: ignored");
      }
    }
  };
  let failure: unknown;
  read().catch((error) => failure = error).finally(() => input.abort());
  yield* stream;
  if (failure !== undefined) throw failure;
}
