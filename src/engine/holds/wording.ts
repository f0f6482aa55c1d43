/** What an agent reads of a hold that is in its way. */
import { quoted, shellWord } from "../../domain/text.ts";
import { parseTime } from "../../domain/time.ts";

/** What is said of a hold. */
interface HoldInTheWay {
  readonly address: string;
  readonly run_id: string;
  readonly lane?: string | undefined;
  readonly note?: string;
  readonly expires_at: string | null;
}

/** Who holds an address, what it says, and until when. */
export function heldLine(
  { address, run_id, lane, note, expires_at }: HoldInTheWay,
  now: number,
): string {
  const place = lane === undefined ? "" : ` in lane ${quoted(lane, 80)}`;
  const says = note === undefined ? "" : `, which says ${quoted(note, 200)},`;
  const end = until(expires_at, now);
  return `${quoted(address, 200)} is held by ${quoted(run_id, 80)}${place}${says}${end}.`;
}

/** The command that waits for an address. */
export function waitCommand(address: string): string {
  return `coord wait --address ${shellWord(address)} --timeout 300`;
}

function until(expiresAt: string | null, now: number): string {
  if (expiresAt === null) return "";
  const minutes = Math.max(1, Math.ceil(((parseTime(expiresAt) ?? now) - now) / 60_000));
  return ` until ${expiresAt} (${minutes} min)`;
}
