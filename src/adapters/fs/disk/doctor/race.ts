/**
 * What racing processes do at the same time in one folder, to see whether the file system keeps its
 * promises among them. Each does the same, and says what it got; the promises are judged from all.
 */
import { HostError, type HostFs } from "../../../../ports/host.ts";
import { DOCTOR_MS, DOCTOR_RACE } from "./bounds.ts";

/** The kinds of races, in their order. */
const RACES = ["create", "link", "append", "replace", "list"] as const;

export type RaceKind = typeof RACES[number];

/** What a racer did in one kind of race. */
export interface RaceResult {
  /** Rounds that it had. */
  readonly rounds: number;
  /** The rounds that count: names that it got, or looks that were not as promised. */
  readonly hits: readonly number[];
  /** Why it ended early: the file system refused. */
  readonly refused?: { readonly reason: string; readonly message: string };
}

/** All that a racer did. */
export interface Raced {
  readonly racer: string;
  readonly results: Readonly<Record<RaceKind, RaceResult>>;
}

/** Names that are in the listed folder all the time. */
export const STAYING = Array.from({ length: 50 }, (_, at) => `stay-${at}`);

/** Bytes of a file that is replaced: more than one page, so that a copy takes several steps. */
const VIEW_BYTES = 65_536;

const encoder = new TextEncoder();

/** What a racer appends in a round. */
export function lineOf(racer: string, round: number): string {
  return `${racer} ${round} ${"x".repeat(200 + round)}`;
}

/** The content of a file that is replaced: one letter all over. */
export function viewBytes(round: number): Uint8Array {
  return new Uint8Array(VIEW_BYTES).fill(97 + round % 26);
}

/** Makes what the races need in a folder. */
export function layTrack(fs: HostFs, dir: string): void {
  for (const name of ["create", "link", "list", "ready"]) fs.makeDir(`${dir}/${name}`);
  for (const name of STAYING) fs.createNew(`${dir}/list/${name}`, new Uint8Array());
  fs.createNew(`${dir}/view`, viewBytes(0));
}

/**
 * Runs all races.
 *
 * @param startAt When the first one begins by the clock of all racers; each round has a millisecond.
 *   Without it a process races with itself: a few rounds show what they can, and none waits.
 */
export function race(fs: HostFs, dir: string, racer: string, startAt?: number): Raced {
  const bodies: Record<RaceKind, (round: number) => boolean> = {
    create: (round) => fs.createNew(`${dir}/create/${round}`, encoder.encode(racer)),
    link(round) {
      const staged = `${dir}/${racer}.${round}`;
      fs.createNew(staged, encoder.encode(racer));
      return fs.link(staged, `${dir}/link/${round}`);
    },
    append(round) {
      fs.append(`${dir}/log`, encoder.encode(`${lineOf(racer, round)}\n`));
      return true;
    },
    replace(round) {
      const staged = `${dir}/${racer}.view`;
      fs.createNew(staged, viewBytes(round));
      fs.rename(staged, `${dir}/view`);
      const seen = fs.read(`${dir}/view`);
      return seen?.length !== VIEW_BYTES || seen.some((byte) => byte !== seen[0]);
    },
    list(round) {
      const own = `${dir}/list/${racer}.${round}`;
      fs.createNew(own, new Uint8Array());
      const names = new Set(fs.list(`${dir}/list`)?.map(({ name }) => name));
      fs.remove(own);
      return STAYING.some((name) => !names.has(name));
    },
  };
  let begin = startAt;
  const results = RACES.map((kind) => {
    const { rounds, replacing, alone } = DOCTOR_RACE;
    const most = startAt === undefined ? alone : kind === "replace" ? replacing : rounds;
    const result = raced(bodies[kind], most, begin);
    if (begin !== undefined) begin += most;
    return [kind, result] as const;
  });
  return { racer, results: Object.fromEntries(results) as Raced["results"] };
}

function raced(
  body: (round: number) => boolean,
  most: number,
  startAt: number | undefined,
): RaceResult {
  const began = performance.now();
  const hits: number[] = [];
  let round = 0;
  try {
    for (; round < most; round++) {
      const isLate = () => performance.now() - began > DOCTOR_MS.race;
      // All try for a name in the same moment.
      while (startAt !== undefined && Date.now() < startAt + round && !isLate());
      if (isLate()) break;
      if (body(round)) hits.push(round);
    }
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    const { reason, message } = error;
    return { rounds: round, hits, refused: { reason, message } };
  }
  return { rounds: round, hits };
}
