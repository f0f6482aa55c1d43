/**
 * What a failure of PostgreSQL means for a caller. The server's own words are left out where they may
 * repeat what is in a row.
 */
import { CoordError } from "../../domain/errors.ts";

/** The server asks for a password, and there is none for it. */
export class NoPassword extends Error {
  /** As where the server itself refuses one. */
  readonly code = "28P01";

  /** @param isWithheld There is one, and this server is not to have it. */
  constructor(readonly isWithheld: boolean) {
    super("no password");
  }
}

/** Whether a call that failed has taken effect. */
export type Effect = "none" | "unknown";

/**
 * The five characters by which the server names a failure; `undefined` where it was not the server's. One
 * is a digit at least, and in the names of the system for a lost connection, such as EPIPE, none is.
 */
export function stateOf(error: unknown): string | undefined {
  const { code } = error as { code?: unknown };
  return typeof code === "string" && /^(?=.*\d)[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** Whether the system took nothing of a statement: the server had closed the connection before. */
export function isUnsent(error: unknown): boolean {
  return (error as { code?: unknown }).code === "EPIPE";
}

/** Whether a statement that failed so did nothing, and may do better: another one was in its way. */
export function isInTheWay(state: string | undefined): boolean {
  return state === "40001" || state === "40P01";
}

/** Whether a row of this key is there already. */
export function isTaken(error: unknown, constraint: string): boolean {
  return stateOf(error) === "23505" &&
    (error as { constraint?: unknown }).constraint === constraint;
}

/**
 * Why a connection is not as safe as it has to be, for people; `undefined` where that is not what failed.
 * Nothing was sent then, and nothing gets better by trying again.
 */
export function untrusted(error: unknown): string | undefined {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (message === "The server does not support SSL connections") {
    return "the server does not encrypt connections, which sslmode asks for";
  }
  if (typeof code !== "string") return undefined;
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    return "the server's certificate is for another host name";
  }
  if (/^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/.test(code)) {
    return "the server's certificate has expired, or is not valid yet";
  }
  return /CERT|^UNABLE_TO_|^ERR_(SSL|TLS|OSSL)_/.test(code)
    ? `the server's certificate comes from none that is trusted (${code}): name the file of its ` +
      "authority by sslrootcert"
    : undefined;
}

/** Whether the server has ended the connection, or takes none now. */
export function isGone(state: string | undefined): boolean {
  return state === undefined || /^(57P0[123]|53300|08...|25P03)$/.test(state);
}

/** Whether a call that failed so may have taken effect. */
export function isUnsure(error: unknown): boolean {
  return error instanceof CoordError && error.details["effect"] === "unknown";
}

/** The error that the caller gets. */
export function failure(error: unknown, location: string, effect: Effect): CoordError {
  if (error instanceof CoordError) return error;
  const state = stateOf(error);
  const details = {
    reason: reasonOf(state, error),
    location,
    ...(state && { sqlstate: state }),
    effect,
  };
  const after = effect === "unknown" ? "; what was asked for may have happened" : "";
  const message = `Cannot use the store ${JSON.stringify(location)}: ${
    wordsOf(state, error)
  }${after}`;
  return new CoordError("io_error", message, details, { cause: error });
}

function reasonOf(state: string | undefined, error: unknown): string {
  if (untrusted(error) !== undefined) return "tls";
  if (error instanceof NoPassword) return "password";
  if (state === "53300") return "connections";
  if (state === "3D000") return "data_base";
  if (state !== undefined && isGone(state) || state === undefined) return "unreachable";
  if (/^(42P01|42883|3F000|42703)$/.test(state)) return "schema";
  if (/^28/.test(state) || state === "42501") return "permission";
  return state === "25006" ? "read_only" : state === "55P03" ? "busy" : "other";
}

function wordsOf(state: string | undefined, error: unknown): string {
  switch (reasonOf(state, error)) {
    case "tls":
      return untrusted(error) ?? "";
    case "unreachable":
      return `the server does not answer (${state ?? nameOf(error)})`;
    case "schema":
      return `the data base has no schema of this version (${state}): run "coord store init" or ` +
        '"coord store migrate"';
    case "connections":
      return `the server has too many connections (${state})`;
    case "password":
      return "the server asks for a password, and " +
        ((error as NoPassword).isWithheld
          ? 'it is given only to a host that $COORD_STORE or $PGHOST names, or after "coord store trust"'
          : "there is none in $COORD_STORE_PASSWORD, $COORD_STORE_PASSWORD_FILE or $PGPASSWORD");
    case "permission":
      return state === "42501"
        ? 'the user lacks a right (42501): "coord store init --grant ROLE" gives it, as the owner'
        : `the server refuses the user or the password (${state})`;
    case "data_base":
      return `there is no such data base (${state})`;
    case "read_only":
      return "the server is a read-only copy";
    case "busy":
      return "another process holds what it needs";
    default:
      return `the server reports ${state}`;
  }
}

/** The system's name of a failure, else the driver's words, which name no row. */
function nameOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === "string" ? code : error instanceof Error ? error.message : "unknown";
}
