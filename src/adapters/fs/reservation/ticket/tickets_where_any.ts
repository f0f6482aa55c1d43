/** Tickets that are loaded where any call waits: most meet none, and look once into a folder. */
import type { Clock } from "../../../../domain/time.ts";
import type { Host } from "../../../../ports/host.ts";
import type { TicketStore } from "../../../../ports/tickets.ts";
import { BarrenFolders } from "../../disk/folder_mark.ts";
import type { Layout } from "../../layout.ts";

/** The tickets of a workspace. */
export function ticketsWhereAny(host: Host, layout: Layout, clock: Clock): TicketStore {
  let loaded: TicketStore | undefined;
  const barren = new BarrenFolders(host.fs);
  const tickets = async () => {
    const { FsTickets } = await import("./tickets.ts");
    return loaded ??= new FsTickets(host, layout, clock);
  };
  return {
    take: async (record) => await (await tickets()).take(record),
    keep: async (ticket) => await (await tickets()).keep(ticket),
    leave: async (number) => await (await tickets()).leave(number),
    async list() {
      const names = () => barren.within(layout.root, () => host.fs.list(layout.tickets)) ?? [];
      if (loaded === undefined && names().length === 0) return [];
      return await (await tickets()).list();
    },
    watch(onChange, onError) {
      // What a caller waits for it has found before.
      return loaded?.watch(onChange, onError) ?? { close() {} };
    },
  };
}
