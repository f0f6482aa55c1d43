/**
 * Two processes and a power cut: the first is killed at one operation after the other, or one of
 * its syncs fails; the second repeats what the first did, or builds on it, and is answered; then
 * the power goes. Whatever either of them was answered must hold afterwards.
 */
import type { HostFs } from "../../../src/ports/host.ts";
import { assertEquals } from "../../deps.ts";
import { CoordError } from "../../../src/domain/errors.ts";
import { HostError } from "../../../src/ports/host.ts";
import { CHANGES, type Fault, faulty, PowerOff } from "./faulty_fs.ts";
import { ForgetfulFs, type Loss, stepwise } from "./power_cut.ts";
import { isHeavy, sized } from "../length.ts";
import type { Random } from "../random.ts";
import { makeTempDir, removeTree } from "../scene/scratch.ts";

/** What two processes do in a workspace of their own. */
export interface Story {
  readonly name: string;
  /** A workspace as it lies on the disk when the first process starts. */
  begin(): Promise<Begun>;
}

/** One run of a story. */
export interface Begun extends Disposable {
  /** What can be lost; beside it there is room for what names named before. */
  readonly folder: string;
  readonly fs: HostFs;
  first(fs: HostFs): Promise<unknown>;
  second(fs: HostFs): Promise<unknown>;
  /** What was answered and does not hold, after the restart. */
  lost(): Promise<readonly string[]>;
}

const LOSSES: readonly Loss[] = ["all", "folders", "last", "scattered", "bytes"];

/**
 * Plays a story with one fault after the other; returns the first thing that is lost.
 *
 * @param stride How many faults to go on by.
 */
async function firstLoss(
  story: Story,
  random: Random,
  stride: () => number = () => 1,
): Promise<string | undefined> {
  const rounds = sized(1, 1, 10);
  for (const kind of ["off", "error"] as const) {
    for (let at = 1, isHit = true; isHit; at += stride()) {
      for (const loss of isHeavy() ? LOSSES : ["all" as const, random.pick(LOSSES)]) {
        for (let round = 0; round < (loss === "all" ? 1 : rounds); round++) {
          const fault: Fault = kind === "off"
            ? { kind, at, torn: random.chance(0.5), among: CHANGES }
            : failedSync(at);
          const played = await play(story, fault, loss, random);
          isHit = played.hit !== undefined;
          if (played.lost.length > 0) return reportOf(story, fault, loss, played);
        }
      }
    }
  }
  return undefined;
}

/** The fault of one sync, by its number. */
export function failedSync(at: number): Fault {
  return { kind: "error", at, code: "other", among: ["syncFile", "syncDir", "syncNames"] };
}

/** How a story went: the operation that failed, and what is lost. */
interface Played {
  readonly hit: string | undefined;
  readonly lost: readonly string[];
}

function reportOf({ name }: Story, { kind, at }: Fault, loss: Loss, { hit, lost }: Played): string {
  return `${name}, ${kind} at ${at} (${hit}), ${loss}: ${lost.join("; ")}`;
}

async function play(
  story: Story,
  fault: Fault,
  loss: Loss,
  random: Random,
): Promise<Played> {
  using begun = await story.begin();
  const { folder, fs } = begun;
  const attic = makeTempDir();
  using cleanup = new DisposableStack();
  cleanup.defer(() => removeTree(attic));
  const forgetful = new ForgetfulFs(fs, folder, attic, true);
  const first = faulty(forgetful.fs, fault);
  try {
    await begun.first(stepwise(first.fs));
  } catch (error) {
    if (!isOf(error, fault)) throw error;
  }
  await begun.second(stepwise(forgetful.fs));
  forgetful.cut(random, loss);
  return { hit: first.hit, lost: await begun.lost() };
}

function isOf(error: unknown, { kind }: Fault): boolean {
  if (error instanceof SuppressedError) return true;
  return kind === "off"
    ? error instanceof PowerOff
    : error instanceof HostError || error instanceof CoordError;
}

/** Plays a story: nothing may be lost. Everyday some of the faults are left out. */
export async function assertNothingLost(story: Story, random: Random): Promise<void> {
  const stride = () => isHeavy() ? 1 : 1 + random.below(80);
  assertEquals(await firstLoss(story, random, stride), undefined);
}

/** Plays a story with one fault, many times: nothing may be lost. */
export async function assertSurvives(story: Story, fault: Fault, random: Random): Promise<void> {
  for (let round = 0; round < sized(12, 40, 200); round++) {
    const loss = random.pick(["last", "scattered"] as const);
    const played = await play(story, fault, loss, random);
    assertEquals(played.lost.length > 0 ? reportOf(story, fault, loss, played) : "", "");
  }
}

/**
 * Plays a story whose processes forget a sync: something must be lost, or the rig proves nothing.
 */
export async function assertNoticed(story: Story, random: Random): Promise<void> {
  for (let tries = 0; tries < 20; tries++) {
    const loss = await firstLoss(story, random);
    if (loss !== undefined) return console.log(loss);
  }
  throw new Error(`${story.name}: nothing was lost without that sync`);
}
