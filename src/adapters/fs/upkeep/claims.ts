/**
 * The slots, views and ends of tasks.
 *
 * A name of a slot stays taken, since no number may come twice. So a broken slot is replaced by the state
 * that all readers take it for. A broken end beside a slot did not happen, and is moved. One without a slot
 * still ends its task: it gets what the view says, which shows the end, or else what readers take it for.
 */
import { type ClaimRecord, isTerminal } from "../../../domain/task/claim.ts";
import type { Warn } from "../../../ports/warnings.ts";
import { foundAgain } from "../../../async/found_again.ts";
import { mend, readHead } from "../task/claim_chain.ts";
import { ClaimFiles } from "../task/claim_files.ts";
import { groupClaims, type ListedClaim, parseClaimName, slotName } from "../task/claim/names.ts";
import { obstacle } from "../task/claim/obstacle.ts";
import { ReadClaim, readClaim } from "../task/claim/read_claim.ts";
import type { Mended } from "./damages.ts";
import { namesIn, type Parts } from "./parts.ts";
import type { Displaced } from "./quarantine.ts";

const QUIET: Warn = () => {};

/** @returns The stems of tasks of which a claim is broken. */
export async function checkClaims(parts: Parts): Promise<ReadonlySet<string>> {
  const { fs, layout, damages } = parts;
  const folder = layout.folder("claim");
  const listing = namesIn(parts, "claims");
  const listed = groupClaims(listing.map(({ name }) => name));
  const broken = new Set<string>();
  for (const { name } of listing) {
    const parsed = parseClaimName(name);
    if (parsed === undefined) continue;
    const { stem, after = 0 } = parsed;
    const file = `claims/${name}`;
    damages.reading(file, () => {
      const found = readClaim(fs, folder, name);
      if (found === undefined) return;
      damages.look("claims");
      const { problem, stat, claim } = found;
      if (problem === undefined) return;
      broken.add(stem);
      const of: Displaced = {
        class: stat.kind === "file" ? "broken" : "misplaced",
        file,
        reason: problem,
        stat,
      };
      damages.add(
        of,
        () =>
          parsed.slot === "end"
            ? mendEnd(parts, of, { stem, after, claim, listed: listed.get(stem) })
            : mendSlot(parts, of, stem, { ...claim, transition: parsed.slot }),
      );
    });
  }
  await damages.settle();
  // Without a slot or an end of a later life nothing can be in the way.
  const chains = [...listed].filter(([, { slots, laterEnds }]) => slots.length > 0 || laterEnds);
  await checkChains(parts, chains.map(([stem]) => stem));
  return broken;
}

/** Files of a task that a finding names. */
const NAMED = 8;

/** Whether each task can move on. A repair leaves all its files: which of them is wrong no rule says. */
async function checkChains(parts: Parts, stems: string[]): Promise<void> {
  const { fs, layout, damages, pause } = parts;
  const inTheWay = new Map<string, string | undefined>();
  const isStuck = (stem: string) => {
    inTheWay.delete(stem);
    damages.reading(`claims/${slotName(stem, 1)}`, () => {
      inTheWay.set(stem, obstacle(new ReadClaim(fs, layout.folder("claim")), stem));
    });
    return inTheWay.get(stem) !== undefined;
  };
  const stuck = await foundAgain(stems.filter(isStuck), (all) => all.filter(isStuck), pause);
  if (stuck.length === 0) return;
  const names = namesIn(parts, "claims").map(({ name }) => name).sort();
  for (const stem of stuck) {
    const met = inTheWay.get(stem);
    const endings = names.filter((name) => name.startsWith(`${stem}.`) && name !== met)
      .map((name) => name.slice(stem.length));
    const more = endings.length - NAMED;
    const others = endings.slice(0, NAMED).join(", ") + (more > 0 ? ` and ${more} more` : "");
    const reason = `and the other files of its task contradict one another: ${others}`;
    damages.add({ class: "stuck", file: `claims/${met}`, reason });
  }
}

function mendSlot(
  { fs, layout, quarantine }: Parts,
  of: Displaced,
  stem: string,
  claim: ClaimRecord,
) {
  const files = new ClaimFiles(fs, layout, QUIET);
  const head = readHead(files, stem);
  const { transition: slot } = claim;
  const view = slot === 1 ? undefined : readClaim(fs, layout.folder("claim"), slotName(stem, 1));
  // One that is not the newest may be a mark, after which slots are gone; the newest state makes it one.
  const isLater = head !== undefined && head.transition > slot && !isTerminal(head);
  const isShown = view?.problem === undefined && view?.claim.transition === slot;
  const mended = quarantine.replace(of, isLater ? head : isShown ? view.claim : claim);
  if (mended === undefined || head === undefined) return mended;
  if (isTerminal(head)) mend(files, stem);
  else files.ensureDue(head);
  return mended;
}

/** A broken end, and what else there is of its task. */
interface BrokenEnd {
  readonly stem: string;
  /** The number of the end before it. */
  readonly after: number;
  /** What it counts as. */
  readonly claim: ClaimRecord;
  readonly listed: ListedClaim | undefined;
}

function mendEnd({ fs, layout, quarantine }: Parts, of: Displaced, end: BrokenEnd): Mended {
  const { stem, after, claim, listed } = end;
  const isTorn = after > 0 || listed?.slots.some((slot) => slot > 1);
  if (isTorn) return quarantine.move(of);
  const view = readClaim(fs, layout.folder("claim"), slotName(stem, 1));
  const isShown = view !== undefined && view.problem === undefined && isTerminal(view.claim);
  return quarantine.replace(of, isShown ? view.claim : claim);
}
