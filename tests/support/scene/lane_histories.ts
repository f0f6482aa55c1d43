/**
 * Random histories of lanes. Writers decide on the state as it is and append at once or much later,
 * as paused processes do, which makes many entries come too late. They may share the journal with
 * `dos`, which heeds no lease, and with a disk that tears lines.
 */
import { arbitrate } from "../../../src/domain/lane/arbiter.ts";
import { checkpointEntry } from "../../../src/domain/journal/checkpoint.ts";
import { type Applied, LaneState } from "../../../src/domain/journal/fold.ts";
import type { Lease } from "../../../src/domain/lane/lease.ts";
import { settlementEntry } from "../../../src/domain/journal/settlement.ts";
import { parseTaxonomy } from "../../../src/domain/lane/taxonomy_file.ts";
import { encodeLine, type JournalEntry, type WalLine } from "../../../src/domain/journal/line.ts";
import * as entries from "../../../src/domain/journal/entries.ts";
import { START } from "./lanes.ts";
import type { Random } from "../random.ts";

/** A history, line by line, with what the fold made of its entries. */
export interface History {
  readonly lines: readonly WalLine[];
  readonly applied: readonly Applied[];
}

const TAXONOMY = parseTaxonomy({
  lanes: {
    api: { tree: ["src/api/**"], kind: "k" },
    web: { tree: ["src/web/**"], kind: "k" },
    docs: { tree: ["docs/*.md"] },
    all: { tree: ["rel"], exclusive: true },
    deploy: {},
    "@freeze": { exclusive: true },
  },
  autopick: ["api", "web", "docs"],
  kinds: { k: { max_concurrent: 2 } },
});

const LANES = [
  ...["", "api", "web", "docs", "all", "x", "y", "z"],
  ...["@x", "@y", "deploy", "@deploy", "freeze"],
];

const TREES = ["src/**", "src/api/a.ts", "**/*.md", "docs/**", "src/web/x", "lib/[ab]*", "lib/b?"];

/** Who takes part besides writers of coord. */
export interface Company {
  /** Dos, and a disk that damages lines at rest. */
  readonly foreign?: boolean;
  /** Writers that die in the middle of a line, which spoils the line that another one appends then. */
  readonly torn?: boolean;
}

/** A random history of about a number of lines. */
export function randomHistory(random: Random, length: number, company: Company = {}): History {
  return new Story(random, company).run(length);
}

class Story {
  readonly #lines: WalLine[] = [];
  readonly #applied: Applied[] = [];
  readonly #pending: JournalEntry[][] = [];
  readonly #state = new LaneState();
  #now = START;
  #nonce = 0;

  constructor(readonly random: Random, readonly company: Company) {}

  run(length: number): History {
    const { random } = this;
    while (this.#lines.length < length) {
      this.#now += random.below(20 * 60_000);
      if (random.chance(0.3) && this.#pending.length > 0) this.#flush();
      else if (this.company.foreign && random.chance(0.3)) this.#disturb();
      else {
        const decided = this.#decide();
        if (random.chance(0.35)) this.#pending.push(decided);
        else decided.forEach((entry) => this.#append(entry));
      }
    }
    while (this.#pending.length > 0) this.#flush();
    return { lines: this.#lines, applied: this.#applied };
  }

  /** Appends the next line of a writer that was paused, which repeats it when it was spoilt. */
  #flush(): void {
    const at = this.random.below(this.#pending.length);
    const lines = this.#pending[at] ?? [];
    const next = lines.shift();
    if (this.company.torn && this.random.chance(0.3)) this.#spoil(next);
    if (next !== undefined) this.#append(next);
    if (lines.length === 0) this.#pending.splice(at, 1);
  }

  /** An entry whose line is spoilt; another writer decides before it comes again. */
  #spoil(entry: JournalEntry | undefined): void {
    if (entry === undefined) return;
    const raw = `{"op":"ACQ${encodeLine(entry)}`;
    const line: WalLine = { kind: "corrupt", reason: "is not JSON", raw };
    this.#lines.push(line);
    this.#state.lose(line);
    this.#pending.push(this.#decide());
  }

  #append(entry: JournalEntry): void {
    this.#lines.push({ kind: "entry", entry });
    const applied = this.#state.apply(entry);
    this.#applied.push(applied);
    const settled = settlementEntry(this.#stamp(), applied, this.#state);
    if (settled !== undefined && entry["nonce"] !== undefined) this.#append(settled);
  }

  #stamp(ahead = 1) {
    return { seq: this.#state.seq + ahead, now: this.#clock(), nonce: `n${this.#nonce++}` };
  }

  /**
   * What the clock of some writer says: most are right, others are off by minutes, hours or years.
   */
  #clock(): number {
    const { random } = this;
    const off = random.chance(0.6) ? 0 : random.pick([1, 60, 20 * 24 * 60, 30 * 365 * 24 * 60]);
    return this.#now + (random.chance(0.5) ? off : -off) * random.below(60_000);
  }

  /** The entries that one writer of coord wants to append now. */
  #decide(): JournalEntry[] {
    const { random } = this;
    const lease = this.#anyLease();
    const dice = random.below(10);
    if (lease === undefined || dice < 5) return this.#acquire();
    if (dice < 6) return [entries.heartbeatEntry(this.#stamp(), lease)];
    if (dice < 8) return [entries.releaseEntry(this.#stamp(), lease, "done")];
    if (dice < 9) {
      const adoption = {
        holder: this.#owner(),
        host_id: "h",
        pid: 1 + random.below(9),
        reason: "",
      };
      return [
        entries.adoptEntry(this.#stamp(), lease, { ...adoption, baseSeq: this.#state.lastSeq }),
      ];
    }
    const evidence = {
      ...{ last_beat_at: "", silent_seconds: 1, ttl_seconds: 1, grace_seconds: 1 },
      pid_alive: null,
    };
    const scavenge = { baseSeq: this.#state.lastSeq, by: this.#owner() };
    return [entries.scavengeEntry(this.#stamp(), lease, evidence, scavenge)];
  }

  #acquire(): JournalEntry[] {
    if (!("lanes" in TAXONOMY)) throw new TypeError("The taxonomy is bad");
    const { random } = this;
    const lane = random.pick(LANES);
    const tree = "xyz".includes(lane) && lane !== "" || !lane.startsWith("@") && random.chance(0.3)
      ? Array.from({ length: 1 + random.below(2) }, () => random.pick(TREES))
      : [];
    const [owner, loopTs] = [this.#owner(), `t${random.below(6)}`];
    const request = { lane, tree, kind: random.pick(["", "k"]), owner, loopTs };
    const scene = { leases: this.#state.leases, taxonomy: TAXONOMY, now: this.#clock(), host: "h" };
    const verdict = arbitrate(request, scene);
    const baseSeq = this.#state.lastSeq;
    if (verdict.outcome === "refuse") {
      return [entries.refuseEntry(this.#stamp(), {
        ...{ lane, tree, holder: owner, loop_ts: loopTs, host_id: random.pick(["h", "h2", ""]) },
        ...{ reason: verdict.reason, reason_class: verdict.why, baseSeq },
        conflicts: verdict.blockers.map(({ lane }) => ({ lane })),
      })];
    }
    if (verdict.existing !== undefined) return [];
    const evictions = verdict.evictions.map(({ lease, evidence }, i) =>
      entries.scavengeEntry(this.#stamp(1 + i), lease, evidence, { baseSeq, by: owner })
    );
    const { hold } = verdict;
    const lease = {
      ...{
        lane: hold.lane,
        lane_kind: hold.kind,
        tree: hold.tree.globs,
        exclusive: hold.exclusive,
        name_only: hold.tree.isEmpty || undefined,
      },
      ...{ holder: owner, loop_ts: loopTs, host_id: "h", pid: 1 },
      ttl_seconds: 60 * (1 + random.below(30)),
    };
    const decision = { baseSeq, maxConcurrent: hold.maxConcurrent, reason: verdict.reason };
    const stamp = this.#stamp(1 + evictions.length);
    return [...evictions, entries.acquireEntry(stamp, lease, decision)];
  }

  /** Something that coord would not write. */
  #disturb(): void {
    const { random } = this;
    const lease = this.#anyLease();
    const identity = lease !== undefined && random.chance(0.7)
      ? { lane: lease.lane, loop_ts: lease.loop_ts }
      : { lane: random.pick(["api", "x", "dos", ""]), loop_ts: random.pick(["", "d1", "d2"]) };
    const seqs = [{}, { seq: this.#state.seq + 1 }, { seq: this.#state.seq }, { seq: 1 }];
    const absurd = [2 ** 48, 2 ** 48 - 1, 2 ** 53, 1e308, -1, 1.5].map((seq) => ({ seq }));
    const ahead = random.chance(0.1) ? absurd : [{ seq: this.#state.seq + 5 }, { seq: "x" }];
    const seq = random.pick([...seqs, ...ahead]);
    const tree = random.pick([["src/**"], [], ["docs"], ["../bad"], "src"]);
    const dice = random.below(8);
    if (dice === 0) {
      this.#lines.push({ kind: "corrupt", reason: "is not JSON", raw: `{torn ${this.#nonce++}` });
    } else if (dice === 1 && random.chance(0.3)) {
      const leases = checkpointEntry(this.#state, 0)["leases"];
      this.#append({ op: "CHECKPOINT", leases: leases ?? [], seq_watermark: this.#state.seq });
    } else {
      const ops = ["ACQUIRE", "ACQUIRE", "RELEASE", "HEARTBEAT", "ADOPT", "SCAVENGE", "RECONCILE"];
      const op = random.pick([...ops, "SPAWN", "ENFORCE"]);
      const heartbeat_at = new Date(this.#now).toISOString();
      const fields = { holder: this.#owner(), tree, exclusive: random.chance(0.1), children: [1] };
      const lease = random.chance(0.5) ? { lease: fields } : fields;
      this.#append({ op, ...identity, ...seq, heartbeat_at, ...lease } as JournalEntry);
    }
  }

  #anyLease(): Lease | undefined {
    const live = this.#state.live();
    return live.length === 0 ? undefined : this.random.pick(live);
  }

  #owner(): string {
    return this.random.pick(["a", "b", "c", "unknown"]);
  }
}
