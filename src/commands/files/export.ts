import { jsonLine } from "../../domain/json.ts";
import type { ExportDocument } from "../../engine/watch/transfer/export.ts";
import type { StreamCommand } from "../command.ts";
import { EXCHANGE_FORMAT } from "./format.ts";

interface ExportValues {
  readonly format?: "coord" | "beads";
}

export const exportAll: StreamCommand<ExportDocument, ExportValues> = {
  stream: true,
  isData: true,
  details:
    "Print everything of the workspace, one JSON document a line: paused queues, tasks with their " +
    "attempts and ends, live reservations, intents and lanes. The first line says " +
    "what it is. The last has the kind end; without it the export was cut off. Agents may work " +
    "meanwhile: each task comes once, as it stood when it was read.\n\n" +
    "With --format beads every task is an issue as bd has it in .beads/issues.jsonl.",
  examples: [
    "export > backup.ndjson",
    "export --format beads > .beads/issues.jsonl",
  ],
  operands: [],
  flags: {
    format: EXCHANGE_FORMAT,
  },
  async run(context, { format }) {
    const { exchange } = await context.open();
    if (format !== "beads") return exchange.export();
    // Issues have fields of their own.
    return exchange.exportBeads() as AsyncIterable<object> as AsyncIterable<ExportDocument>;
  },
  text: (document: ExportDocument) => jsonLine(document),
};
