/** What keeps a task from moving on, since its files say what cannot be. */
import { isTerminal } from "../../../../domain/task/claim.ts";
import type { ClaimChainReader } from "./chain_files.ts";
import { look } from "./head.ts";
import { endName, slotName } from "./names.ts";

/**
 * The name of a file that every next state would meet, and that the newest one does not account for. While
 * others move the task there may be one for a moment.
 *
 * @returns `undefined` when nothing is in the way.
 */
export function obstacle(files: ClaimChainReader, stem: string): string | undefined {
  const { state, isForeign } = look(files, stem);
  const isOver = state !== undefined && !isForeign && isTerminal(state);
  const slot = slotName(stem, (state?.transition ?? 0) + (isForeign ? 0 : 1));
  const next = files.read(slot);
  // An end that is archived has the next slot too.
  if (next !== undefined && !(isOver && isTerminal(next))) return slot;
  const end = endName(stem, isOver ? state.transition : state?.revived_after);
  return files.read(end) === undefined || files.isBroken(end) ? undefined : end;
}
