/** How a move looks to people. */
import type { Moved, MoveRefused } from "../../engine/watch/transfer/move.ts";
import type { Text } from "../command.ts";

/** @param next What counts from now on. */
export function movedText(value: Moved | MoveRefused, next: string): Text {
  if (value.status === "conflict") return value.error;
  const { status: _, ...fields } = value;
  return [{ fields }, "", `From now on ${next}`];
}
