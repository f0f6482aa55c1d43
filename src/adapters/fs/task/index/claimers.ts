/**
 * What claimers had lately: `index/claimers/<mark>`, a line of JSON for each kind of claimer that has
 * something. It grants nothing, and only says which tasks wait for no claimer at all.
 */
import { taskStatus } from "../../../../domain/task/claim.ts";
import { stemOfId } from "../../../../domain/ids.ts";
import { hash } from "../../../../domain/journal/hash.ts";
import { canonicalJson, isObject, parseJson } from "../../../../domain/json.ts";
import {
  CLAIMER_MS,
  isClaimable,
  mayTake,
  needsOf,
  type Wanted,
} from "../../../../domain/task/task.ts";
import { HostError, type HostFs } from "../../../../ports/host.ts";
import type { UnmetNeeds } from "../../../../ports/tasks.ts";
import { readNote } from "../../disk/record_file.ts";
import { writeNote } from "../../disk/staging.ts";
import type { Layout } from "../../layout.ts";
import type { ClaimChainFiles } from "../claim/chain_files.ts";
import { readHead } from "../claim_chain.ts";
import { ReadyIndex } from "./ready_index.ts";

/** Milliseconds until it is noted again. */
const AGAIN_MS = 60_000;

/** Milliseconds after which a note goes. */
const GONE_MS = 86_400_000;

/** Lists of texts, which a note that another program wrote may not have. */
interface Claimer {
  readonly has: readonly string[];
  /** `null` for all. */
  readonly queues: readonly string[] | null;
}

export class Claimers {
  readonly #folder: string;
  readonly #notedAt = new Map<string, number>();

  constructor(readonly fs: HostFs, readonly layout: Layout) {
    this.#folder = `${layout.index}/claimers`;
  }

  /** Takes note of a claimer, whether or not it gets a task. */
  note({ has = [], queues = [] }: Wanted, now: number): void {
    const claimer: Claimer = {
      has: sorted(has),
      queues: queues.length === 0 ? null : sorted(queues),
    };
    const text = canonicalJson(claimer);
    if (now - (this.#notedAt.get(text) ?? -Infinity) < AGAIN_MS) return;
    this.#notedAt.set(text, now);
    const { tmp } = this.layout;
    writeNote(this.fs, { tmp, index: this.#folder }, hash(text), `${now} ${text}`);
    for (const { path, at } of this.#notes()) if (now - at > GONE_MS) this.fs.remove(path);
  }

  /** Sets of needs, by queue, of tasks that wait for no claimer of the last hour; none where it cannot look. */
  unmet(claims: ClaimChainFiles, now: number): UnmetNeeds[] {
    try {
      return this.#unmet(claims, now);
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      return [];
    }
  }

  #unmet(claims: ClaimChainFiles, now: number): UnmetNeeds[] {
    const ready = new ReadyIndex(this.fs, `${this.layout.index}/ready`);
    const waiting = ready.needing((task) => {
      const head = readHead(claims, stemOfId(task.task_id));
      return isClaimable(taskStatus(task, head, now));
    });
    if (waiting.length === 0) return [];
    const lately = this.#notes().flatMap(({ at, has, queues }) =>
      now - at > CLAIMER_MS ? [] : { has, queues: queues ?? undefined }
    );
    return waiting.filter((task) => !lately.some((claimer) => mayTake(task, claimer)))
      .map((task) => ({ queue: task.queue, needs: needsOf(task), task_id: task.task_id }));
  }

  #notes(): (Claimer & { readonly path: string; readonly at: number })[] {
    return (this.fs.list(this.#folder) ?? []).flatMap(({ name }) => {
      const path = `${this.#folder}/${name}`;
      const [, at, text = ""] = /^(\d+) (.*)$/.exec(readNote(this.fs, path) ?? "") ?? [];
      const claimer = parseJson(text);
      return isClaimer(claimer) ? [{ ...claimer, path, at: Number(at) }] : [];
    });
  }
}

function sorted(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort();
}

function isClaimer(value: unknown): value is Claimer {
  const isList = (list: unknown) =>
    Array.isArray(list) && list.every((text) => typeof text === "string");
  return isObject(value) && isList(value["has"]) &&
    (value["queues"] === null || isList(value["queues"]));
}
