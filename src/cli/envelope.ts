/** The fields around every JSON answer. */
import { formatTime, writable } from "../domain/time.ts";
import { VERSION } from "../domain/version.ts";

/** The version of the envelope itself. */
const SCHEMA = 1;

/** What the envelope says about a call. */
interface Call {
  readonly exitCode: number;
  /** Milliseconds. */
  readonly durationMs: number;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly warnings: readonly string[];
  /** The `status` of a value that has none. */
  readonly status: string;
}

/**
 * One answer. The envelope's fields come first, and they win over
 * fields of the same name in the value, so that `ok` and `exit_code` always mean the call (a record
 * that another tool wrote may carry anything). `status` and `error` are not the envelope's: they
 * come from the value, but that every answer has a status.
 */
export function enveloped(value: object, call: Call): object {
  const envelope = {
    ok: call.exitCode === 0,
    coord_version: VERSION,
    schema_version: VERSION,
    schema: SCHEMA,
    exit_code: call.exitCode,
    duration_ms: Math.round(call.durationMs * 1000) / 1000,
    timestamp: formatTime(writable(call.now)),
    warnings: call.warnings,
  };
  const status = "status" in value ? {} : { status: call.status };
  return { ...envelope, ...status, ...value, ...envelope };
}
