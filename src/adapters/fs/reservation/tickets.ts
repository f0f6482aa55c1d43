/**
 * Tickets as files, `tickets/<number>`: FORMAT.md, "Tickets".
 *
 * Guarantees: a ticket that is taken after another one is there has the higher number. Steps: list the
 * names; choose a number above them all, and not below the clock's microseconds; link the staged file
 * to that name, or choose again where it is taken; and when that took long, give it back and begin again,
 * since others may have come meanwhile. A reader sees a whole ticket or none. Nothing is synced: who
 * waits is a process, and no process outlives its machine. Needs exclusive creation and rename.
 */
import {
  isTicketLive,
  parseTicket,
  type Ticket,
  type TicketRecord,
} from "../../../domain/glob/holds/ticket.ts";
import { TICKET_MS } from "../../../domain/limits.ts";
import type { Clock } from "../../../domain/time.ts";
import type { Host, HostFs } from "../../../ports/host.ts";
import type { TicketStore } from "../../../ports/tickets.ts";
import { readRecord, recordBytes } from "../disk/record_file.ts";
import { StagedFile, stageFile } from "../disk/staging.ts";
import type { Layout } from "../layout.ts";
import { FolderWatch } from "../watch/folder_watch.ts";

const NAME = /^\d{16}$/;

export class FsTickets implements TicketStore {
  readonly #fs: HostFs;

  /** @param steady Milliseconds on a clock that never jumps. */
  constructor(
    readonly host: Host,
    readonly layout: Layout,
    readonly clock: Clock,
    readonly steady: () => number = () => performance.now(),
  ) {
    this.#fs = host.fs;
  }

  async take(record: TicketRecord): Promise<number> {
    const staged = this.#staged(record);
    try {
      while (true) {
        const began = this.steady();
        const number = Math.max(this.#lastLive() + 1, Math.floor(this.clock() * 1000));
        if (!staged.create(nameOf(number))) continue;
        if (this.steady() - began <= TICKET_MS.late) return number;
        this.#fs.remove(this.#path(number));
      }
    } finally {
      staged.discard();
    }
  }

  async keep({ number, record }: Ticket): Promise<boolean> {
    if (this.#fs.lstat(this.#path(number)) === undefined) return false;
    this.#staged(record).replace(nameOf(number));
    return true;
  }

  async leave(number: number): Promise<void> {
    this.#fs.remove(this.#path(number));
  }

  async list(): Promise<readonly Ticket[]> {
    return this.#numbers().flatMap((number) => this.#read(number) ?? []);
  }

  watch(onChange: () => void, onError: (error: unknown) => void): { close(): void } {
    const watch = new FolderWatch(this.host, this.layout, onChange, onError);
    watch.start(["tickets"]);
    return watch;
  }

  /** The last ticket that counts. Those that lapsed are removed on the way, and what is none. */
  #lastLive(): number {
    const now = this.clock();
    let last = 0;
    for (const number of this.#numbers()) {
      const ticket = this.#read(number);
      if (ticket !== undefined && isTicketLive(ticket, now)) last = number;
      else this.#fs.remove(this.#path(number));
    }
    return last;
  }

  #numbers(): number[] {
    const names = this.#fs.list(this.layout.tickets) ?? [];
    return names.flatMap(({ name }) => NAME.test(name) ? Number(name) : [])
      .filter(Number.isSafeInteger).sort((a, b) => a - b);
  }

  #read(number: number): Ticket | undefined {
    const found = readRecord(this.#fs, this.#path(number));
    const record = found.kind === "record" ? parseTicket(found.value) : undefined;
    return record && { number, record };
  }

  #staged(record: TicketRecord): StagedFile {
    const stage = () => stageFile(this.#fs, this.layout.tmp, recordBytes(record), false);
    return new StagedFile(this.#fs, this.layout.tickets, stage);
  }

  #path(number: number): string {
    return `${this.layout.tickets}/${nameOf(number)}`;
  }
}

function nameOf(number: number): string {
  return String(number).padStart(16, "0");
}
