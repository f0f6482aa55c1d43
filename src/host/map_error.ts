/** From the operating system's error names to the closed list of reasons that coord acts on. */
import { badInput, type CoordError } from "../domain/errors.ts";
import { HostError, type HostErrorReason } from "../ports/host.ts";

const REASONS: Record<string, HostErrorReason> = {
  ENOENT: "not_found",
  EEXIST: "exists",
  EACCES: "permission",
  EPERM: "permission",
  ENOSPC: "no_space",
  EDQUOT: "no_space",
  EFBIG: "no_space",
  EROFS: "read_only",
  ENOTDIR: "not_directory",
  EISDIR: "is_directory",
  ENOTEMPTY: "not_empty",
  EPIPE: "broken_pipe",
  EMFILE: "limit",
  ENFILE: "limit",
  EMLINK: "limit",
  ENOTSUP: "unsupported",
  EOPNOTSUPP: "unsupported",
  ENOSYS: "unsupported",
  EXDEV: "unsupported",
  EBUSY: "busy",
  EADDRINUSE: "in_use",
  EIO: "io",
  ENXIO: "io",
  EREMOTEIO: "io",
  ETIMEDOUT: "io",
  ESTALE: "stale",
  ELOOP: "loop",
};

/** The reason of an error that carries a symbolic name such as `ENOSPC` in its `code`. */
export function hostErrorReason(error: unknown): HostErrorReason {
  const name = (error as { code?: unknown } | undefined)?.code;
  if (typeof name === "string") return REASONS[name] ?? "other";
  const errno = errnoOf(error);
  if (errno !== undefined) return REASONS[errno] ?? "other";
  // Deno's refusal for want of a permission flag has a name and no code.
  return error instanceof Error && error.name === "NotCapable" ? "permission" : "other";
}

/** What Deno's watcher gives by its number alone; Linux and macOS agree on these. */
const NUMBERS: Record<string, string> = { 5: "EIO", 12: "ENOMEM", 23: "ENFILE", 24: "EMFILE" };

/** The system's own name of an error, where the runtime reports it. */
function errnoOf(error: unknown): string | undefined {
  const name = (error as { code?: unknown } | undefined)?.code;
  if (typeof name === "string") return /^E[A-Z0-9]+$/.test(name) ? name : undefined;
  const number = error instanceof Error && /\(os error (\d+)\)/.exec(error.message)?.[1];
  return number ? NUMBERS[number] : undefined;
}

/** Wraps what a runtime threw. */
export function hostError(
  error: unknown,
  operation: string,
  path: string,
  reason = hostErrorReason(error),
): HostError {
  return new HostError(reason, operation, path, { errno: errnoOf(error), cause: error });
}

/**
 * The same for a watch that cannot start. Linux says ENOSPC where a user has no watches left, which
 * is no full disk; Deno says it in words.
 */
export function watchError(error: unknown, path: string): HostError {
  const isLimit = hostErrorReason(error) === "no_space" ||
    error instanceof Error && /watch limit/i.test(error.message);
  return hostError(error, "watch", path, isLimit ? "limit" : undefined);
}

/** The same for a hard link. Linux says EPERM, and not EACCES, where there can be none. */
export function linkError(error: unknown, path: string): HostError {
  return hostError(error, "link", path, errnoOf(error) === "EPERM" ? "no_links" : undefined);
}

/** What `body` reads of a process; `undefined` for what is not there and what is not allowed. */
export function ifThere<T>(body: () => T): T | undefined {
  try {
    return body();
  } catch (error) {
    const reason = hostErrorReason(error);
    // A process that ends between opening and reading its file gives ESRCH.
    if (["not_found", "permission", "io", "other"].includes(reason)) return undefined;
    throw error;
  }
}

/** What is wrong where a variable's bytes are no text: two that differ in them would look alike. */
export function notText(variable: string): CoordError {
  return badInput([{ field: `$${variable}`, code: "bad_args", message: "must be text in UTF-8" }]);
}
