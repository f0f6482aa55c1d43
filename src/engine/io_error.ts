/** The machine's failures as callers may catch them. */
import { CoordError } from "../domain/errors.ts";
import { HostError } from "../ports/host.ts";
import type { Warn } from "../ports/warnings.ts";

/** A failure of the machine while coord was doing something. */
export function ioError(action: string, error: HostError): CoordError {
  const { code: reason, path, errno } = error;
  const details = { reason, path, ...(errno !== undefined && { errno }) };
  return new CoordError("io_error", `Cannot ${action}: ${error.message}`, details, {
    cause: error,
  });
}

/** Why a record or a folder cannot be read, though another process perhaps can. */
const REFUSALS: readonly unknown[] = ["permission", "link", "not_directory"];

/** For listings: what may not be read is reported and left out. */
export function listed<T>(warn: Warn, body: () => T): T | undefined {
  try {
    return body();
  } catch (error) {
    const reason = error instanceof CoordError ? error.details["reason"] : undefined;
    if (!(error instanceof CoordError) || !REFUSALS.includes(reason)) throw error;
    warn(`${error.message}: skipped`);
    return undefined;
  }
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
