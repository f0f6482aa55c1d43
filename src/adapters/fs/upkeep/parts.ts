/** What every part of a check works with, and how it reads one record. */
import type { JsonObject } from "../../../domain/json.ts";
import type { Clock } from "../../../domain/time.ts";
import type { CheckAsked } from "../../../ports/upkeep.ts";
import type { DirEntry, Host, HostFs } from "../../../ports/host.ts";
import { readRecord } from "../disk/record_file.ts";
import type { Layout } from "../layout.ts";
import type { Damages, Mended } from "./damages.ts";
import type { Displaced, Quarantine } from "./quarantine.ts";

export interface Parts {
  readonly host: Host;
  readonly fs: HostFs;
  readonly layout: Layout;
  readonly clock: Clock;
  readonly damages: Damages;
  readonly quarantine: Quarantine;
  readonly asked: CheckAsked;
  /** Waits for some milliseconds. */
  pause(ms: number): Promise<void>;
}

/** What a file is that holds one record. */
export interface RecordRule<T extends object> {
  /** As it is counted. */
  readonly kind: string;
  /** What a record says; what is wrong with it otherwise. */
  parse(value: JsonObject): T | string;
  /** How a broken one is mended; by default it is moved. */
  mend?(broken: Displaced): Mended;
  /** Whether one that is broken is to stay for now. */
  isNeeded?(): boolean;
}

/** Reads one record, and reports what is none. */
export function checkRecord<T extends object>(
  { fs, layout, damages, quarantine }: Parts,
  file: string,
  { kind, parse, mend = (broken) => quarantine.move(broken), isNeeded }: RecordRule<T>,
): { readonly value: JsonObject; readonly parsed: T } | undefined {
  let read: ReturnType<typeof readRecord>;
  try {
    read = readRecord(fs, `${layout.root}/${file}`);
  } catch (error) {
    damages.unreadable(file, error);
    return undefined;
  }
  if (read.kind === "gone") return undefined;
  damages.look(kind);
  const parsed = read.kind === "record" ? parse(read.value) : read.reason;
  if (read.kind === "record" && typeof parsed !== "string") return { value: read.value, parsed };
  const { stat } = read;
  const reason = String(parsed);
  const broken: Displaced = {
    class: stat.kind === "file" ? "broken" : "misplaced",
    file,
    reason,
    stat,
  };
  damages.add(broken, isNeeded?.() ? "later" : () => mend(broken));
  return undefined;
}

/** The names in a folder of W; what may not be listed is reported. */
export function namesIn({ fs, layout, damages }: Parts, folder: string): DirEntry[] {
  let names: DirEntry[] = [];
  damages.reading(folder, () => names = fs.list(`${layout.root}/${folder}`) ?? []);
  return names;
}
