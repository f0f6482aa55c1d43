/** From the operating system's error names to the closed list that coord acts on. */
import { HostError, type HostErrorCode } from "../ports/host.ts";

const CODES: Record<string, HostErrorCode> = {
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
};

/** The code of an error that carries a symbolic name such as `ENOSPC` in its `code`. */
export function hostErrorCode(error: unknown): HostErrorCode {
  const name = (error as { code?: unknown } | undefined)?.code;
  if (typeof name === "string") return CODES[name] ?? "other";
  // Deno's refusal for want of a permission flag has a name and no code.
  return error instanceof Error && error.name === "NotCapable" ? "permission" : "other";
}

/** Wraps what a runtime threw. */
export function hostError(error: unknown, operation: string, path: string): HostError {
  return new HostError(hostErrorCode(error), operation, path, { cause: error });
}

/** The same for a hard link. Linux says EPERM, and not EACCES, where there can be none. */
export function linkError(error: unknown, path: string): HostError {
  const none = (error as { code?: unknown } | undefined)?.code === "EPERM";
  return new HostError(none ? "no_links" : hostErrorCode(error), "link", path, { cause: error });
}

/** What `body` reads of a process; `undefined` for what is not there and what is not allowed. */
export function ifThere<T>(body: () => T): T | undefined {
  try {
    return body();
  } catch (error) {
    const code = hostErrorCode(error);
    // A process that ends between opening and reading its file gives ESRCH.
    if (code === "not_found" || code === "permission" || code === "other") return undefined;
    throw error;
  }
}
