/**
 * What concerns one run: its holds as they are about to lapse, are lost or are wanted by others, and
 * what becomes of its tasks. What the run does itself is no news to it.
 */
import type { Outline } from "../../domain/glob/address_outline.ts";
import { addressOutlines, holdsMeet, treeOutlines } from "../../domain/glob/holds/holds.ts";
import { sameRun } from "../../domain/input/run_id.ts";
import type { JsonObject, JsonValue } from "../../domain/json.ts";
import { COMPARE_EFFORT, COMPARE_STEPS } from "../../domain/limits.ts";
import { intentExpiry, type IntentRecord } from "../../domain/reservation/reservation.ts";
import type { FeedRun } from "../../ports/feed.ts";
import type { Expiries } from "./expiry.ts";
import type { Happening } from "./happenings.ts";
import { presentData } from "./present.ts";

/** Where a stream is. */
interface Moment {
  readonly run: FeedRun;
  readonly expiries: Expiries;
  readonly now: number;
}

interface OwnHold {
  readonly kind: "reservation" | "lane";
  readonly id: string;
  readonly outlines: readonly Outline[];
}

export class Concerns {
  /** What the run holds or held, to be compared, by kind and id. */
  readonly #holds = new Map<string, OwnHold>();
  /** Who had what last: a claim, a lease. */
  readonly #holders = new Map<string, JsonValue | undefined>();
  /** What the run had and another has now; each is reported once. */
  readonly #lost = new Set<string>();

  constructor(readonly runId: string) {}

  /** Whether something that happened concerns the run. Asked of everything, in its order. */
  async include(happening: Happening, moment: Moment): Promise<boolean> {
    const { kind, id, type } = happening;
    const key = `${kind}/${id}`;
    if (type === "removed") this.#gone(key);
    else if (type !== "expired" && type !== "expiring") this.#seen(happening);
    if (type === "known") return false;
    if (this.#lost.delete(key)) return true;
    const data = type === "removed"
      ? happening.data
      : await presentData(happening, happening.data, moment.run, moment.now);
    return await this.#concerns({ type, kind, id, data } as Happening, moment);
  }

  async #concerns({ type, kind, id, data }: Happening, moment: Moment): Promise<boolean> {
    const { run } = moment;
    const isNew = type === "added" || type === "snapshot";
    const lapses = type === "expired" || type === "expiring";
    switch (kind) {
      case "reservation":
        if (this.#isOwn(data.run_id)) return lapses || isLiveSnapshot(type, data);
        return isNew && data.status === "live" &&
          await this.#isWanted(addressOutlines(namedAddresses(data)), moment);
      case "intent":
        return isNew && !this.#isOwn(data.run_id) &&
          await this.#isWanted(addressOutlines(namedAddresses(data)), moment) &&
          await isOpenIntent(data, moment);
      case "release":
        return type === "added" && (!this.#isOwn(data.run_id) || data.reason === "expired") &&
          this.#isOwn((await run.data({ kind: "reservation", id }))?.run_id);
      case "task":
        return this.#isOwn(data.created_by) && (type === "expired" || isOpenSnapshot(type, data));
      case "claim":
        if (this.#isOwn(data.claimer_run_id)) return lapses || isOpenSnapshot(type, data);
        return type !== "removed" && type !== "expiring" &&
          this.#isOwn((await run.data({ kind: "task", id }))?.created_by);
      case "lane":
        if (isAnnouncement(data)) return data.op === "halted" && this.#isNamed(data);
        if (this.#isOwn(runOfLane(data))) {
          return lapses || type === "snapshot" || type === "removed" && data.op === "expired";
        }
        return isNew && await this.#isWanted(treeOutlines(namedTree(data)), moment);
      default:
        return false;
    }
  }

  #seen({ kind, id, data }: Happening): void {
    const key = `${kind}/${id}`;
    if (kind === "claim") this.#passes(key, data.claimer_run_id, endsByOther(data));
    else if (kind === "lane" && !isAnnouncement(data)) {
      this.#passes(key, runOfLane(data));
      if (!this.#isOwn(runOfLane(data))) this.#holds.delete(key);
      else this.#holds.set(key, { kind, id, outlines: treeOutlines(namedTree(data)) });
    } else if (kind === "reservation" && this.#isOwn(data.run_id)) {
      this.#holds.set(key, { kind, id, outlines: addressOutlines(namedAddresses(data)) });
    }
  }

  #gone(key: string): void {
    this.#holds.delete(key);
    this.#holders.delete(key);
  }

  #isOwn(runId: JsonValue | undefined): boolean {
    return typeof runId === "string" && sameRun(runId, this.runId);
  }

  /** Whether a stop decision names the run, or a lane that it holds. */
  #isNamed({ handle, lane }: JsonObject): boolean {
    if (this.#isOwn(handle)) return true;
    return typeof lane === "string" &&
      [...this.#holds.keys()].some((key) => key.startsWith(`lane/${lane}@`));
  }

  /** Whether it overlaps what the run holds at `now`. */
  async #isWanted(theirs: readonly Outline[], { run, expiries, now }: Moment): Promise<boolean> {
    const [effort, steps] = [{ left: COMPARE_EFFORT }, { left: COMPARE_STEPS }];
    for (const { kind, id, outlines } of this.#holds.values()) {
      if (!expiries.isAhead(kind, id, now)) continue;
      if (holdsMeet(outlines, theirs, effort, steps) === undefined) continue;
      // At the start a release comes after what was held before it.
      if (kind === "lane" || await run.data({ kind: "release", id }) === undefined) return true;
    }
    return false;
  }

  #passes(key: string, holder: JsonValue | undefined, isEnded = false): void {
    const had = this.#isOwn(this.#holders.get(key));
    this.#holders.set(key, isEnded ? undefined : holder);
    if (had && (isEnded || !this.#isOwn(holder))) this.#lost.add(key);
  }
}

/** Whether another run than the one that had it ended a task. */
function endsByOther({ status, cancelled_by, claimer_run_id }: JsonObject): boolean {
  return status === "cancelled" && typeof cancelled_by === "string" &&
    cancelled_by !== claimer_run_id;
}

function isLiveSnapshot(type: Happening["type"], { status }: JsonObject): boolean {
  return type === "snapshot" && status === "live";
}

/** Of a task or a claim. */
function isOpenSnapshot(type: Happening["type"], { status = "claimed" }: JsonObject): boolean {
  return type === "snapshot" && ["pending", "claimed", "timed_out"].includes(String(status));
}

async function isOpenIntent(data: JsonObject, { run, now }: Moment): Promise<boolean> {
  const { reservation_id: id } = data;
  if (typeof id !== "string") return intentExpiry(data as unknown as IntentRecord) > now;
  const name = { kind: "reservation", id } as const;
  const reservation = await run.data(name);
  return reservation !== undefined &&
    (await presentData(name, reservation, run, now)).status === "live";
}

function isAnnouncement({ op }: JsonObject): boolean {
  return op === "spawned" || op === "halted";
}

function runOfLane({ run_id, holder }: JsonObject): JsonValue | undefined {
  return run_id ?? holder;
}

function namedAddresses({ addresses, files }: JsonObject) {
  return { addresses: texts(addresses), files: texts(files) };
}

function namedTree({ tree, files, name_only }: JsonObject) {
  return { tree: texts(tree), files: texts(files), name_only: name_only === true };
}

function texts(value: JsonValue | undefined): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
}
