/** Faults at one file operation after the other, until an attempt ends before it comes to the fault. */
import { HostError, type HostErrorReason } from "../../../src/ports/host.ts";
import { assert_, assertEquals } from "../../deps.ts";
import type { Fault } from "./faulty_fs.ts";
import { isLong } from "../length.ts";

/** What came of doing something with a fault in the file system. */
export interface Attempt {
  /** The operation that the fault hit; `undefined` when there were fewer. */
  readonly hit: string | undefined;
  readonly error: unknown;
  /** What is wrong afterwards. */
  readonly problems: readonly string[];
}

/** How faults are tried. */
export interface Tries {
  attempt(fault: Fault): Promise<Attempt>;
  /** How many operations to go on by. */
  stride(): number;
  /** The first operation; default 1. */
  readonly from?: number;
}

const CODES: readonly HostErrorReason[] = ["no_space", "permission", "read_only"];

/**
 * Cuts off at every operation, and leaves the torn ones half done as well.
 *
 * @param isCut Whether an error comes of the cut.
 * @returns The operation that there was no more.
 */
export async function cutOffAnywhere(
  { attempt, stride, from = 1 }: Tries,
  isCut: (error: unknown) => boolean,
  torn: readonly string[] = ["createNew"],
): Promise<number> {
  for (let at = from;; at += stride()) {
    const cut = await attempt({ kind: "off", at, torn: false });
    assertEquals(cut.problems, [], `cut off at operation ${at}, ${cut.hit}`);
    if (cut.hit === undefined) return at;
    assert_(cut.error === undefined || isCut(cut.error), `at ${at}: ${cut.error}`);
    if (!torn.includes(cut.hit)) continue;
    const half = await attempt({ kind: "off", at, torn: true });
    assertEquals(half.problems, [], `torn at operation ${at}`);
  }
}

/**
 * Lets every operation fail.
 *
 * @param check Throws when an error is not what a failure with this code may come to.
 * @returns The operation that there was no more.
 */
export async function failAnywhere(
  { attempt, stride, from = 1 }: Tries,
  check: (error: unknown, code: HostErrorReason, at: number) => void,
): Promise<number> {
  for (let at = from;; at += stride()) {
    let hit: string | undefined;
    for (const code of isLong() ? CODES : [CODES[at % CODES.length] as HostErrorReason]) {
      const failed = await attempt({ kind: "error", at, code });
      hit = failed.hit;
      assertEquals(failed.problems, [], `${code} at operation ${at}, ${failed.hit}`);
      if (failed.error !== undefined) check(failed.error, code, at);
    }
    if (hit === undefined) return at;
  }
}

/** For {@link failAnywhere}: the failure itself. */
export function isFailure(error: unknown, code: HostErrorReason, at: number): void {
  assert_(error instanceof HostError, `at ${at}: ${error}`);
  assertEquals(error.reason, code);
}
