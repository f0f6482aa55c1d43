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

/** What to do next, or what was done. */
function heading({ status, total, repaired, findings, path }: FsckReport): string[] {
  const left = findings.filter(({ next }) => next !== null);
  const count = (remedy: FsckFinding["remedy"]) =>
    left.filter((finding) => finding.remedy === remedy).length;
  const [now, later, byHand] = [count("repair"), count("later"), count("hand")];
  return [
    `${status === "repaired" ? "Repaired" : "Damaged"}: ${counted(total, "finding")} in ${path}`,
    ...(repaired > 0
      ? [`Mended: ${repaired}. What was moved is kept in quarantine/, with notes.`]
      : []),
    ...(now > 0 ? [`Next: run ${REPAIR}, which mends ${now}. It deletes nothing.`] : []),
    ...(later > 0 ? [`Next: run ${REPAIR} in a minute for ${later} that may be in use.`] : []),
    ...(byHand > 0 ? [`By hand: ${byHand}, as said below.`] : []),
  ];
}

/** The findings of one class with one remedy. */
function group(findings: readonly FsckFinding[], shown: number): string[] {
  const [first] = findings;
  if (first === undefined) return [];
  const { class: kind, meaning, remedy, next } = first;
  const how = next === null ? "mended" : remedy === "hand" ? "by hand" : remedy;
  const todo = next !== null && remedy === "hand" ? ` ${next}` : "";
  const more = findings.length - shown;
  return [
    "",
    `${kind}, ${how}: ${findings.length}. ${meaning}${todo}`,
    ...findings.slice(0, shown).map(({ file, reason }) => `  ${file} ${reason}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
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
  isReport: true,
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
      const { class: kind, remedy, next } = finding;
      const key = `${kind} ${next === null ? "mended" : remedy}`;
      const known = groups.get(key);
      if (known === undefined) groups.set(key, [finding]);
      else known.push(finding);
    }
    const shown = groups.size > FEW ? 1 : SHOWN;
    const blocks: Block[] = [...groups.values()].flatMap((each) => group(each, shown));
    return [...heading(report), ...blocks, "", counts(checked)];
  },
};
