/** What single files of `claims/` say, also those that cannot be read. */
import { brokenClaim } from "../../../../domain/task/keeping/broken_claim.ts";
import { type ClaimRecord, isTerminal } from "../../../../domain/task/claim.ts";
import { parseClaim } from "../../../../domain/task/parse_claim.ts";
import { idOfStem } from "../../../../domain/ids.ts";
import type { FileStat, HostFs } from "../../../../ports/host.ts";
import type { ClaimChainReader } from "./chain_files.ts";
import { endName, groupClaims, parseClaimName, slotName } from "./names.ts";
import { isSameFile, readRecord } from "../../disk/record_file.ts";

/** A file of `claims/`. */
export interface ClaimFile {
  /** The state in it, or what it counts as. */
  readonly claim: ClaimRecord;
  /** What is wrong with it. */
  readonly problem: string | undefined;
  readonly stat: FileStat;
}

/** Reads a file of `claims/`; `undefined` when there is none. */
export function readClaim(fs: HostFs, folder: string, name: string): ClaimFile | undefined {
  const file = readRecord(fs, `${folder}/${name}`);
  if (file.kind === "gone") return undefined;
  const { stat } = file;
  const stem = name.slice(0, name.indexOf("."));
  const id = idOfStem(stem);
  const parsed = file.kind === "record" ? parseClaim(file.value, id) : file.reason;
  const isEnd = parseClaimName(name)?.slot === "end";
  const claim = typeof parsed === "string" || !isEnd || isTerminal(parsed)
    ? parsed
    : `says "${parsed.status}", which is no end`;
  if (typeof claim !== "string") return { claim, problem: undefined, stat };
  const broken = name.endsWith(".end")
    ? brokenEnd(id, name, stat.mtimeMs)
    : brokenClaim(id, Number(name.slice(stem.length + 1)) || 1, stat.mtimeMs);
  return { claim: broken, problem: claim, stat };
}

/** A task with an unreadable end has ended; it counts as failed. */
function brokenEnd(id: string, name: string, mtimeMs: number): ClaimRecord {
  const error = `claims/${name} cannot be read`;
  return { ...brokenClaim(id, 1, mtimeMs), status: "failed", error };
}

/** The names of a task's slots but the first, from a listing of the folder. */
export function listSlots(fs: HostFs, folder: string, stem: string): string[] {
  const own = (fs.list(folder) ?? []).map(({ name }) => name)
    .filter((name) => name.startsWith(`${stem}.`));
  return (groupClaims(own).get(stem)?.slots ?? []).map((slot) => slotName(stem, slot));
}

/** The files of one claim, which remembers what was read. */
export class ReadClaim implements ClaimChainReader {
  readonly #read = new Map<string, ClaimFile>();

  constructor(readonly fs: HostFs, readonly folder: string) {}

  read(name: string): ClaimRecord | undefined {
    const file = readClaim(this.fs, this.folder, name);
    if (file === undefined) this.#read.delete(name);
    else this.#read.set(name, file);
    return file?.claim;
  }

  isBroken(name: string): boolean {
    return this.#read.get(name)?.problem !== undefined;
  }

  isUnchanged(name: string): boolean {
    return isSameFile(this.fs, `${this.folder}/${name}`, this.#read.get(name)?.stat);
  }

  slots(stem: string): string[] {
    return listSlots(this.fs, this.folder, stem);
  }

  /**
   * The file that a state comes from which `readHead` found by these. It is the end, else the view
   * unless that lags behind, else a slot; a view that another tool removed leaves the last slot.
   */
  sourceOf(stem: string, state: ClaimRecord): ClaimFile & { name: string } {
    const { transition, status, revived_after: after } = state;
    const view = slotName(stem, 1);
    const slot = slotName(stem, transition);
    const isView = this.#read.get(view)?.claim.transition === transition;
    const names = [
      ...(status === "claimed" && after !== undefined ? [] : [endName(stem, after)]),
      ...(isView ? [view] : []),
      slot,
      view,
      slotName(stem, transition - 1),
    ];
    for (const name of names) {
      const file = this.#read.get(name);
      if (file !== undefined) return { ...file, name };
    }
    throw new Error(`No file of claims/ was read for ${stem}`);
  }
}
