import {
  FSCK_FIELDS,
  type FsckFinding,
  type FsckInput,
  type FsckReport,
} from "../../engine/upkeep/fsck.ts";
import type { AnswerCommand, Block } from "../command.ts";
import { counted } from "../text.ts";

/** Files that the text names of each class and remedy; `--json` gives all. */
const SHOWN = 3;

/** Of more groups the text names one file each, so that all fit on a screen. */
const FEW = 4;

const REPAIR = '"coord fsck --repair"';

/** What a repair did, for the findings of a group. */
const DONE: Readonly<Record<NonNullable<FsckFinding["repaired"]>, string>> = {
  moved: "Moved away: where commands miss a record now, make it again.",
  replaced: "Replaced by what commands took it for, so nothing changes for them.",
  rebuilt: "Made again from what is sound.",
};

/** What to do next, or what was done. */
function heading({ status, total, repaired, findings, path }: FsckReport): string[] {
  const left = findings.filter(({ next }) => next !== null);
  const count = (remedy: FsckFinding["remedy"]) =>
    left.filter((finding) => finding.remedy === remedy).length;
  const [now, later, byHand] = [count("repair"), count("later"), count("hand")];
  const kept = findings.find(({ kept }) => kept !== null)?.kept;
  const folder = /^quarantine\/[^/]+/.exec(kept ?? "")?.[0] ?? "quarantine";
  return [
    `${status === "repaired" ? "Repaired" : "Damaged"}: ${counted(total, "finding")} in ${path}`,
    ...(repaired > 0 ? [`Mended: ${repaired}`] : []),
    ...(kept ? [`Kept: what was there, in ${folder}, with notes`] : []),
    ...(now > 0 ? [`Next: run ${REPAIR}, which mends ${now}. It deletes nothing.`] : []),
    ...(later > 0 ? [`Next: run ${REPAIR} in a minute for ${later} that may be in use.`] : []),
    ...(byHand > 0 ? [`By hand: ${byHand}, as said below.`] : []),
  ];
}

/** How a group is headed: `mended`, or who mends it. */
function remedyText({ next, remedy }: FsckFinding): string {
  return next === null ? "mended" : remedy === "hand" ? "by hand" : remedy;
}

/** The findings of one class with one remedy. */
function group(findings: readonly FsckFinding[], shown: number): string[] {
  const [first] = findings;
  if (first === undefined) return [];
  const { class: kind, meaning, remedy, next, repaired } = first;
  const said = [
    ...sentences(repaired === null ? meaning : DONE[repaired]),
    ...(next !== null && remedy === "hand" ? sentences(next) : []),
  ];
  const more = findings.length - shown;
  return [
    `${kind}, ${remedyText(first)}: ${findings.length}`,
    ...findings.slice(0, shown).map(({ file, reason }) => `- ${file} ${reason}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
    ...said.map((sentence) => `  ${sentence}`),
  ];
}

/** A text, a line a sentence. */
function sentences(text: string): string[] {
  return text.split(/(?<=\.) /);
}

function counts(checked: FsckReport["checked"]): string {
  const parts = Object.entries(checked).map(([kind, count]) =>
    `${kind.replaceAll("_", " ")} ${count}`
  );
  return `Looked at: ${parts.join(", ")}`;
}

export const fsck: AnswerCommand<FsckReport, FsckInput> = {
  details:
    "Check every record, chain, segment, index and the journal of the workspace, and say what is " +
    "damaged, what that means and what to do next. Others may work meanwhile. Without --repair nothing " +
    "is written. With it, what is derived is made again, and what is broken is moved to quarantine/ in the " +
    "workspace, with a note. Nothing is deleted. damaged, exit code 1: something is left to do.",
  isReport: () => true,
  examples: ["fsck", "fsck --repair", "fsck --json"],
  operands: [],
  flags: {
    repair: { type: "boolean", summary: "mend what can be mended", field: FSCK_FIELDS.repair },
  },
  async run(context, values) {
    const coord = await context.open();
    return coord.fsck(values);
  },
  text(report) {
    const { status, findings, checked, path } = report;
    if (status === "sound") return [`Sound: ${path}`, counts(checked)];
    const groups = new Map<string, FsckFinding[]>();
    for (const finding of findings) {
      const key = `${finding.class} ${remedyText(finding)} ${finding.repaired}`;
      const known = groups.get(key);
      if (known === undefined) groups.set(key, [finding]);
      else known.push(finding);
    }
    const isFew = groups.size <= FEW;
    const blocks: Block[] = [...groups.values()].flatMap((each) => [
      ...(isFew ? [""] : []),
      ...group(each, isFew ? SHOWN : 1),
    ]);
    return [...heading(report), ...blocks, "", counts(checked)];
  },
};
