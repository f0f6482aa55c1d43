/** What every part of the engine works with. */
import type { Timers } from "../async/timers.ts";
import { DEFAULTS, type Overriding } from "../domain/input/configuration.ts";
import type { Clock } from "../domain/time.ts";
import type { Agreement } from "../ports/agreement.ts";
import type { Checkout, Whereabout } from "../ports/checkout.ts";
import type { CursorFile } from "../ports/cursor_file.ts";
import type { Processes } from "../ports/processes.ts";
import type { Sightings } from "../ports/sightings.ts";
import type { Examine, FoundBy, Store } from "../ports/store.ts";
import type { Warn } from "../ports/warnings.ts";
import type { Sha256 } from "./content_id.ts";

/** What a workspace is opened with; the clock is its store's. */
export type Opening = Omit<Context, "clock">;

export interface Context extends TaskContext, ForecastContext {
  readonly store: Store;
  /** The machine's, like the checkout. */
  readonly processes: Processes;
  /** A file on the machine in which a consumer of the stream keeps its position. */
  readonly cursorFile: (path: string) => CursorFile;
  /** What runs saw of files on this machine; default nothing is known. */
  readonly sightings?: () => Sightings;
  /** What the caller or its environment named as the store, without secrets; default neither did. */
  readonly namedStore?: Overriding;
  /** How the workspace was found. */
  readonly foundBy?: FoundBy;
  /** What a program that is to work in it needs in its environment; default where it lies. */
  readonly environment?: Readonly<Record<string, string>>;
  /** How the workspace may be lost where it lies, if it may. */
  readonly exposure?: () => string | undefined;
  /** Tries what the store rests on; default there is nothing to try. */
  readonly examine?: Examine;
  /** What is around the workspace on this machine; default nothing is known. */
  readonly around?: () => Promise<Whereabout>;
}

/** What the queue works with. */
export interface TaskContext extends CommonContext {
  readonly store: Pick<Store, "tasks">;
}

/** What the reservations work with. */
export interface ReservationContext extends CommonContext {
  readonly store: Pick<Store, "reservations">;
  /** The machine's: an agent's clone is where the agent is. */
  readonly checkout: Pick<Checkout, "named" | "worktree" | "branch">;
}

/** What predictions work with. */
export interface ForecastContext extends ReservationContext {
  readonly checkout: Checkout;
}

/** What all of them work with. */
interface CommonContext {
  /** The store's. */
  readonly clock: Clock;
  readonly warn: Warn;
  /** What a team agreed on; default nothing. */
  readonly agreement?: Agreement;
  /** Default the platform's. */
  readonly timers?: Timers;
  /** Default the platform's, which takes a thread. */
  readonly sha256?: Sha256;
}

type Seconds = "ttl" | "claim_ttl" | "retention";

/** Seconds that the caller gives, else those that the team agreed on. */
export async function agreedSeconds(
  { agreement }: CommonContext,
  key: Seconds,
  given: number | undefined,
): Promise<number | undefined> {
  return given ?? (await agreement?.team())?.config[key];
}

/** The same, else the default. */
export async function secondsOf(
  context: CommonContext,
  key: Exclude<Seconds, "retention">,
  given: number | undefined,
): Promise<number> {
  return await agreedSeconds(context, key, given) ?? DEFAULTS[key];
}

/** What becomes of exclusive reservations that overlap between checkouts of one repository. */
export async function worktreesOf(
  { agreement }: Pick<CommonContext, "agreement">,
): Promise<"warn" | "block"> {
  return agreement?.worktrees() ?? (await agreement?.team())?.config.worktrees ??
    DEFAULTS.worktrees;
}

/** 32 random hex digits, from the platform's cryptographic source. */
export function nonce(): string {
  return crypto.randomUUID().replaceAll("-", "");
}
