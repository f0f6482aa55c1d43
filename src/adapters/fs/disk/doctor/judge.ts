/** What races say of the file system's promises. */
import type { HostFs } from "../../../../ports/host.ts";
import type { Outcome } from "./promises.ts";
import { lineOf, type Raced, type RaceKind } from "./race.ts";
import type { Races } from "./racers.ts";

/** Reasons of a refusal that say nothing of the promise. */
export const BESIDE_THE_POINT: readonly string[] = [
  "no_space",
  "read_only",
  "permission",
  "limit",
  "not_found",
];

/** What a refusal means for a promise that was being tried. */
export function refusedBy({ reason, message }: { reason: string; message: string }): Outcome {
  const result = BESIDE_THE_POINT.includes(reason) ? "not_tried" : "failed";
  return { result, found: message.slice(message.lastIndexOf(": ") + 2) };
}

/** What came out for each kind of race. */
export function judge(fs: HostFs, races: Races): Record<RaceKind, Outcome> {
  const of = (kind: RaceKind, verdict: () => Outcome): Outcome => {
    const results = races.raced.map(({ results }) => results[kind]);
    const refused = results.find(({ refused }) => refused !== undefined)?.refused;
    if (refused !== undefined) return refusedBy(refused);
    if (results.every(({ rounds }) => rounds === 0)) {
      return { result: "not_tried", found: "no round in the time that there was" };
    }
    return verdict();
  };
  return {
    create: of("create", () => oneWinnerEach(races, "create")),
    link: of("link", () => oneWinnerEach(races, "link")),
    append: of("append", () => allLines(fs, races)),
    replace: of("replace", () => noHits(races, "replace", "reads", "were torn or found nothing")),
    list: of("list", () => noHits(races, "list", "lists", "lacked a name that was there")),
  };
}

/** `180 reads, 3 processes` */
function tally(count: number, word: string, { processes }: Races): string {
  return `${count} ${word}, ${processes === 1 ? "this process alone" : `${processes} processes`}`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

function oneWinnerEach(races: Races, kind: "create" | "link"): Outcome {
  const results = races.raced.map(({ results }) => results[kind]);
  const names = Math.max(...results.map(({ rounds }) => rounds));
  const winners = Array.from(
    { length: names },
    (_, name) => results.filter(({ hits }) => hits.includes(name)).length,
  );
  const many = winners.filter((count) => count > 1).length;
  const none = winners.filter((count) => count === 0).length;
  if (many > 0) return { result: "failed", found: `${many} of ${names} names went to several` };
  if (none > 0) return { result: "failed", found: `${none} of ${names} names went to none` };
  return { result: "ok", found: tally(names, "names", races) };
}

function allLines(fs: HostFs, races: Races): Outcome {
  const text = new TextDecoder().decode(fs.read(`${races.dir}/log`));
  const lines = new Set(text.split("\n"));
  const expected = races.raced.flatMap(({ racer, results }: Raced) =>
    results.append.hits.map((round) => lineOf(racer, round))
  );
  const lost = expected.filter((line) => !lines.has(line)).length;
  if (lost > 0) {
    return { result: "failed", found: `${lost} of ${expected.length} lines were lost or torn` };
  }
  const length = sum(expected.map((line) => line.length + 1));
  if (text.length !== length) return { result: "failed", found: "there is more than was appended" };
  return { result: "ok", found: tally(expected.length, "lines", races) };
}

function noHits(races: Races, kind: "replace" | "list", word: string, wrong: string): Outcome {
  const results = races.raced.map(({ results }) => results[kind]);
  const all = sum(results.map(({ rounds }) => rounds));
  const hits = sum(results.map(({ hits }) => hits.length));
  return hits > 0
    ? { result: "failed", found: `${hits} of ${all} ${word} ${wrong}` }
    : { result: "ok", found: tally(all, word, races) };
}
