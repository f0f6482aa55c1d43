/**
 * What is there and cannot be read, or not be moved on. What cannot be read is not absent and not damaged,
 * so whatever decides on it fails; a listing, and a search that has other things to try, reports it and goes
 * on.
 */
import { CoordError } from "../../../domain/errors.ts";
import { HostError } from "../../../ports/host.ts";
import type { OnUnread, Warn } from "../../../ports/warnings.ts";

/** A record that the machine did not let this process read. */
export class UnreadableRecord extends HostError {
  constructor({ reason, operation, path, errno, cause }: HostError) {
    super(reason, operation, path, { errno, cause });
  }
}

/** A record that none can move on, since its files say what cannot be. */
export class DamagedRecord extends CoordError {
  /** @param file Its name in the workspace. */
  constructor(doing: string, file: string) {
    const message =
      `${doing}: ${file} and its other files contradict one another: run "coord fsck"`;
    super("io_error", message, { reason: "damaged", file });
  }
}

/** Whether another process may well read it. */
function isDenied(error: unknown): error is HostError {
  return error instanceof HostError && error.isDenied;
}

/** For listings: what `body` reads of one record; one that cannot be read is reported and left out. */
export function ofRecord<T>(warn: Warn, body: () => T, onUnread?: OnUnread): T | undefined {
  const isOne = (error: unknown) =>
    error instanceof UnreadableRecord || error instanceof DamagedRecord;
  return reported(warn, isOne, body, onUnread);
}

/** A search that goes past what it cannot read. */
export class Skipping {
  /** What another process may be able to read. */
  refused: HostError | undefined;
  /** How many records were skipped. */
  count = 0;

  constructor(readonly warn: Warn) {}

  /** Forgets what was skipped. */
  reset(): void {
    this.refused = undefined;
  }

  /** What `body` gives; `undefined` when it came upon a record that cannot be read. */
  past<T>(body: () => T): T | undefined {
    return ofRecord(this.warn, () => {
      try {
        return body();
      } catch (error) {
        if (error instanceof UnreadableRecord) this.count++;
        if (error instanceof UnreadableRecord && isDenied(error)) this.refused = error;
        throw error;
      }
    });
  }
}

/** For listings: what `body` reads of a folder; one that may not be read is reported and left out. */
export function ofFolder<T>(warn: Warn, body: () => T, onUnread?: OnUnread): T | undefined {
  return reported(warn, isDenied, body, onUnread);
}

function reported<T>(
  warn: Warn,
  isExpected: (error: unknown) => boolean,
  body: () => T,
  onUnread: OnUnread = () => {},
): T | undefined {
  try {
    return body();
  } catch (error) {
    if (!isExpected(error)) throw error;
    warn(`${(error as Error).message}: skipped`);
    onUnread(error as Error);
    return undefined;
  }
}
