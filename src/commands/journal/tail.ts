import { TAIL_COUNT } from "../../domain/limits.ts";
import type { JsonValue } from "../../domain/json.ts";
import {
  JOURNAL_INPUTS,
  type JournalTail,
  type JournalTailInput,
} from "../../engine/lane/journal.ts";
import type { AnswerCommand, Cell, Table } from "../command.ts";
import { clipped, column } from "../text.ts";
import { JOURNAL, type JournalValue } from "./flags.ts";

export const tail: AnswerCommand<JournalTail, JournalTailInput & JournalValue> = {
  details: "Show the last entries of the lanes' journal, the newest last.",
  examples: ["journal tail", "journal tail -n 100 --json"],
  operands: [],
  flags: {
    count: {
      type: "integer",
      summary: "number of entries",
      placeholder: "N",
      default: TAIL_COUNT.default,
      short: "n",
      field: JOURNAL_INPUTS.tail.count,
    },
    journal: JOURNAL,
  },
  async run(context, { journal: path, ...values }) {
    const journal = await context.journal(path);
    return journal.tail(values);
  },
  text({ entries }) {
    return entries.length === 0 ? "No entries" : entriesTable(entries);
  },
};

/** Entries of a journal as a table. */
export function entriesTable(entries: JournalTail["entries"]): Table {
  return {
    columns: [
      "SEQ",
      column("AT", "time"),
      "OP",
      column("LANE", "main"),
      column("WHO", "agent"),
      "REASON",
    ],
    rows: entries.map((entry) => {
      const lease = entry["lease"];
      const nested = typeof lease === "object" && lease !== null && !Array.isArray(lease)
        ? lease
        : {};
      return [
        cell(entry["seq"]),
        cell(entry["ts"]),
        clipped(entry.op),
        cell(entry["lane"]),
        cell(entry["holder"] ?? nested["holder"] ?? entry["handle"]),
        cell(entry["reason"]),
      ];
    }),
  };
}

function cell(value: JsonValue | undefined): Cell {
  if (typeof value === "number") return value;
  return typeof value === "string" && value !== "" ? clipped(value) : null;
}
