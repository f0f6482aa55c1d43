/** Checking a workspace, and mending what is broken in it. */
import { CoordError, type InputProblem } from "../../domain/errors.ts";
import * as fields from "../../domain/input/fields.ts";
import type { Damage, DamageClass, DamageRemedy, DamageRepair } from "../../ports/upkeep.ts";
import { contentId } from "../content_id.ts";
import type { Context } from "../context.ts";
import { checkInput } from "../input.ts";

/** How to check. */
export interface FsckInput {
  /** Mend what can be mended; without, nothing is written. */
  readonly repair?: boolean;
}

/** Something that is damaged. */
export interface FsckFinding {
  /** What kind of damage it is. */
  readonly class: DamageClass;
  /** Where: a path from the workspace, or of a file outside of it. */
  readonly file: string;
  /** What is wrong with it, such as `is not JSON`. */
  readonly reason: string;
  /** What that means, in one sentence. */
  readonly meaning: string;
  /** `repair` mends it, `later` after a minute, or it takes a person's `hand`. */
  readonly remedy: DamageRemedy;
  /** What to do next, in one sentence; null once it is mended. */
  readonly next: string | null;
  /** What was done about it; null when nothing was. */
  readonly repaired: DamageRepair | null;
  /** Where it is kept, a path from the workspace; null when it stays where it is. */
  readonly kept: string | null;
}

/** What a workspace is found to be. */
export interface FsckReport {
  /** `repaired` when all that was damaged is mended. */
  readonly status: "sound" | "damaged" | "repaired";
  /** The workspace. */
  readonly path: string;
  /** How many of each kind of thing were looked at. */
  readonly checked: Readonly<Record<string, number>>;
  /** How many findings there are. */
  readonly total: number;
  /** How many of them were mended. */
  readonly repaired: number;
  /** What is damaged, or was. */
  readonly findings: readonly FsckFinding[];
}

/** The fields of the input, for the library and the command line alike. */
export const FSCK_FIELDS = { repair: fields.anything } as const;

/** What each class means for those who work in the workspace. */
const MEANINGS: Readonly<Record<DamageClass, string>> = {
  broken: "Commands skip this record, or go by its name alone.",
  misplaced: "Commands do not open what lies here, so what is to be here is missing.",
  foreign: "Commands skip this file with a warning each time.",
  altered: "The record was changed after it was written. Commands go by what it says now.",
  stuck: "No command can claim this task, extend its claim or end it.",
  unreadable: "This process may not read it, so nothing is known of it.",
  segment: "Commands miss ended tasks on damaged lines, or count them wrongly.",
  journal:
    "Commands skip a damaged line. A lease that it granted is missing. Archives are history.",
  index: "Commands find the record late, or look in vain.",
  counter: "A number may come twice, and with it a fence or an entry's place.",
  settings: "Commands refuse this setting, or go by the default.",
};

/** What a person does about a class that no repair mends. */
const BY_HAND: Readonly<Record<DamageClass, string>> = {
  broken: "Look at the file, and move it away.",
  misplaced: "Move what lies here away, and check again.",
  foreign: "Move the file away.",
  altered: "Look at the record. Cancel the task or release the reservation, and make it again. " +
    "What has ended goes with gc.",
  stuck:
    "Look at all its files: any of them may be the wrong one. Move that one out of claims/, and check again.",
  unreadable: "Give this user the right to read it, and check again.",
  segment: "Look at the file, and move it away.",
  journal: 'Look at the file: "coord journal verify" says more of it.',
  index: "Remove the folder index/ of the workspace: coord makes it again.",
  counter: "Look at the row, and raise the number.",
  settings: "Correct the file, and check again.",
};

const NEXT: Readonly<Record<Exclude<DamageRemedy, "hand">, string>> = {
  repair: 'Run "coord fsck --repair".',
  later: 'Run "coord fsck --repair" in a minute: another program may be at work on it.',
};

/** Checks everything in the workspace. */
export async function fsck(context: Context, input: FsckInput): Promise<FsckReport> {
  checkInput(input, FSCK_FIELDS);
  const { store, sha256, agreement } = context;
  const repair = input.repair === true;
  const idOf = (record: object) => contentId(record, sha256);
  const { damages, looked } = await store.checker.check({ repair, idOf });
  const findings = [...damages, ...await settings()].map(findingOf).sort(inOrder);
  const repaired = findings.filter((finding) => finding.repaired !== null).length;
  const status = findings.length === 0
    ? "sound"
    : repaired === findings.length
    ? "repaired"
    : "damaged";
  return {
    status,
    path: store.location,
    checked: looked,
    total: findings.length,
    repaired,
    findings,
  };

  /** What is wrong with the `coord.json` of the caller's checkout. */
  async function settings(): Promise<Damage[]> {
    try {
      await agreement?.checked();
      return [];
    } catch (error) {
      if (!(error instanceof CoordError)) throw error;
      const problems = (error.details.problems ?? []) as readonly InputProblem[];
      return problems.map(({ field: file, message: reason }) => {
        return { class: "settings", file, reason, remedy: "hand" };
      });
    }
  }
}

/** By class, and then by file; those of one file stay in the order in which they were met. */
function inOrder(a: FsckFinding, b: FsckFinding): number {
  const place = ({ class: kind }: FsckFinding) => Object.keys(MEANINGS).indexOf(kind);
  return place(a) - place(b) || (a.file < b.file ? -1 : a.file > b.file ? 1 : 0);
}

function findingOf(damage: Damage): FsckFinding {
  const { class: kind, file, reason, remedy, repaired, kept } = damage;
  const todo = remedy === "hand" ? BY_HAND[kind] : NEXT[remedy];
  return {
    class: kind,
    file,
    reason,
    meaning: MEANINGS[kind],
    remedy,
    next: repaired === undefined ? todo : null,
    repaired: repaired ?? null,
    kept: kept ?? null,
  };
}
