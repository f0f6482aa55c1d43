/** What stands between a workspace's parts and their callers, however it is opened. */
import { CoordError } from "./domain/errors.ts";
import { HostError } from "./ports/host.ts";
import type { Warn } from "./ports/warnings.ts";

/** Tells each warning once. */
export function onceEach(
  { onWarning }: { readonly onWarning?: Warn },
): Warn {
  const told = new Set<string>();
  return (message) => {
    if (told.has(message)) return;
    told.add(message);
    onWarning?.(message);
  };
}

/** The machine's failures become the library's. */
export function failing<T>(body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw asCoordError(error);
  }
}

/** A port whose methods throw what the library promises. */
export function guarded<T extends object>(port: T): T {
  return new Proxy(port, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key);
      if (typeof member !== "function") return member;
      return (...args: unknown[]) =>
        failing(() => {
          const answer: unknown = member.apply(target, args);
          if (!(answer instanceof Promise)) return answer;
          return answer.catch((error) => {
            throw asCoordError(error);
          });
        });
    },
  });
}

/** What the library throws for an error: the machine's refusals get the code `io_error`. */
function asCoordError(error: unknown): unknown {
  if (!(error instanceof HostError)) return error;
  const { code: reason, path, errno } = error;
  const details = { reason, path, ...(errno !== undefined && { errno }) };
  return new CoordError("io_error", error.message, details, { cause: error });
}
