/** A process that appends to a journal and compacts it; the race tests start several. */
import process from "node:process";
import { FsJournal } from "../../../src/adapters/fs/lane/journal.ts";
import { FsMutex } from "../../../src/adapters/fs/lane/mutex.ts";
import { detectHost } from "../../../src/host/detect.ts";
import { halt } from "../scene/journals.ts";
import { Random } from "../random.ts";
import { appendLine } from "../race/lines.ts";

/** What a worker is given. */
export interface JournalOrders {
  readonly journal: string;
  /** Where it writes down the handles of entries that were kept. */
  readonly report: string;
  readonly worker: string;
  readonly seed: number;
  readonly staleMs: number;
  readonly rounds: number;
  /** How likely a turn ends with a compaction. */
  readonly compaction: number;
}

const orders = JSON.parse(process.argv[2] ?? "") as JournalOrders;
const host = await detectHost();
const random = new Random(orders.seed);
const warn = (message: string) => console.log(message);
const mutex = new FsMutex(host, `${orders.journal}.lock`, orders.staleMs);
const journal = new FsJournal(host, orders.journal, Date.now, warn, mutex);

for (let round = 0; round < orders.rounds; round++) {
  const outcome = await journal.open(20_000);
  if (outcome.status !== "open") throw new Error(JSON.stringify(outcome.holder));
  using session = outcome.session;
  const handle = `${orders.worker}-${round}`;
  const answer = session.append([halt(session.read().fold.seq + 1, handle)]);
  if (answer === "kept") appendLine(orders.report, handle);
  if (random.chance(orders.compaction)) session.compact();
}
