/** How the commands that name paths take them: from the current folder, as git does. */
import { type Host, HostError } from "../ports/host.ts";
import type { FlagSpec } from "./command.ts";

/** Flags of every command that names paths. */
export const PATH_FLAGS = {
  literal: {
    type: "boolean",
    summary: "take each as a path, letter for letter, and no pattern",
  },
  file: {
    type: "boolean",
    summary: "what is not there yet will be a file, not a folder",
  },
} as const satisfies Readonly<Record<string, FlagSpec>>;

/** For the help of these commands. */
export const PATH_DETAILS =
  "Paths are relative to the current folder; :/x is x at the top of the " +
  "checkout. A path that exists as it is written, such as app/[id].tsx, is that path and no glob. " +
  "A file is that file alone; a folder, or what is not there yet, is itself and all below it.";

/** An input whose paths are relative to the current folder; to the top where that was removed. */
export function fromHere<I extends object>({ host }: { readonly host: Host }, input: I) {
  try {
    return { ...input, base: host.cwd() };
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    return input;
  }
}
