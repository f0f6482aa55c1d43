/**
 * Tickets as files, `tickets/<number>`: FORMAT.md, "Tickets". ticket_chain.ts is how one is taken.
 *
 * Guarantees: a ticket that is taken after another one is there has the higher number. A reader sees a
 * whole ticket or none. Nothing is synced: who waits is a process, and no process outlives its
 * machine. Needs exclusive creation and rename.
 */
import {
  isTicketLive,
  parseTicket,
  type Ticket,
  type TicketRecord,
} from "../../../../domain/glob/holds/ticket.ts";
import type { Clock } from "../../../../domain/time.ts";
import type { Host, HostFs } from "../../../../ports/host.ts";
import type { TicketStore } from "../../../../ports/tickets.ts";
import { BarrenFolders } from "../../disk/folder_mark.ts";
import { readRecord, recordBytes } from "../../disk/record_file.ts";
import { StagedFile, stageFile } from "../../disk/staging.ts";
import type { Layout } from "../../layout.ts";
import { takeTicket } from "./ticket_chain.ts";
import { FolderWatch } from "../../watch/folder_watch.ts";

const NAME = /^\d{16}$/;

export class FsTickets implements TicketStore {
  readonly #fs: HostFs;
  readonly #barren: BarrenFolders;

  /** @param steady Milliseconds on a clock that never jumps. */
  constructor(
    readonly host: Host,
    readonly layout: Layout,
    readonly clock: Clock,
    readonly steady: () => number = () => performance.now(),
  ) {
    this.#fs = host.fs;
    this.#barren = new BarrenFolders(host.fs);
  }

  async take(record: TicketRecord): Promise<number> {
    const staged = this.#staged(record);
    try {
      return takeTicket({
        list: () => this.#numbers(),
        look: (number) => this.#look(number),
        create: (number) => staged.create(nameOf(number)),
        remove: (number) => void this.#fs.remove(this.#path(number)),
        now: () => Math.floor(this.clock() * 1000),
        steady: this.steady,
      });
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

  #numbers(): number[] {
    const { root, tickets } = this.layout;
    const names = this.#barren.within(root, () => this.#fs.list(tickets)) ?? [];
    return names.flatMap(({ name }) => NAME.test(name) ? Number(name) : [])
      .filter(Number.isSafeInteger).sort((a, b) => a - b);
  }

  /** What is no ticket counts as one that lapsed. */
  #look(number: number): "live" | "lapsed" | "gone" {
    const ticket = this.#read(number);
    if (ticket !== undefined) return isTicketLive(ticket, this.clock()) ? "live" : "lapsed";
    return this.#fs.lstat(this.#path(number)) === undefined ? "gone" : "lapsed";
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
