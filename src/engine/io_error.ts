/** The machine's failures as callers may catch them. */
import { CoordError } from "../domain/errors.ts";
import { HostError } from "../ports/host.ts";

/** A failure of the machine while coord was doing something. */
export function ioError(action: string, error: HostError): CoordError {
  const details = { reason: error.code, path: error.path };
  return new CoordError("io_error", `Cannot ${action}: ${error.message}`, details, {
    cause: error,
  });
}

/** Runs `body`, whose failures become the library's. */
export function failing<T>(action: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    throw ioError(action, error);
  }
}
