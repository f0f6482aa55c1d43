import { MAX_RECORD_BYTES } from "../../domain/limits.ts";
import {
  IMPORT_INPUT,
  type Imported,
  type ImportInput,
  type ImportRefused,
} from "../../engine/watch/transfer/import.ts";
import type { AnswerCommand, CommandContext } from "../command.ts";
import { OPTIONAL_RUN_ID } from "../flags.ts";
import { EXCHANGE_FORMAT } from "./format.ts";
import { lines, standardInput } from "./stdin_pieces.ts";

type ImportValues = ImportInput & { readonly file?: string };

/** Bytes of a line: two records, with what their escapes add. */
const MAX_LINE = 4 * MAX_RECORD_BYTES;

/** Lines between two reports of progress. */
const PROGRESS_LINES = 1_000;

export const importAll: AnswerCommand<Imported | ImportRefused, ImportValues> = {
  details:
    "Add the tasks of a coord export, from a file or from standard input. They keep their ids, keys, " +
    "dependencies, attempts and ends. A task that a run had is pending again: its attempt counts as " +
    "given back. Reservations, intents and lanes belong to runs that live elsewhere, and are left out. " +
    "The same lines once more change nothing.\n\n" +
    "A task that is there and should be another one is a conflict. With error nothing is written, " +
    "and all conflicts are named. skip leaves what is there. update changes its priority, or ends " +
    "it; what it cannot change is a conflict still.\n\n" +
    "With --format beads the lines are the issues of bd, as .beads/issues.jsonl has them. The labels " +
    "become tags, what blocks an issue comes before it, and the whole issue is in the payload.",
  examples: [
    "import backup.ndjson",
    "import --on-conflict skip < backup.ndjson",
    "import --format beads .beads/issues.jsonl",
  ],
  grows: true,
  operands: [{
    name: "FILE",
    summary: "what to import (default: standard input)",
    as: "file",
  }],
  flags: {
    format: { ...EXCHANGE_FORMAT, field: IMPORT_INPUT.format },
    "on-conflict": {
      type: "text",
      placeholder: "WHAT",
      choices: ["error", "skip", "update"],
      default: "error",
      summary: "when a task is there and is another",
      field: IMPORT_INPUT.onConflict,
    },
    queue: {
      type: "text",
      placeholder: "NAME",
      default: "default",
      summary: "the queue of the issues of beads",
      field: IMPORT_INPUT.queue,
    },
    "run-id": OPTIONAL_RUN_ID,
  },
  async run(context, { file, ...input }) {
    const { exchange } = await context.open();
    return exchange.import(textLines(context, file), input);
  },
  text(value) {
    if (value.status === "conflict") return value.error;
    const { status: _, ...counts } = value;
    return { fields: { ...counts } };
  },
};

/** The lines of the input as text, or what is wrong with them. */
async function* textLines(
  { host, progress, bytes }: CommandContext,
  file: string | undefined,
): AsyncGenerator<string | { wrong: string }, void> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const input = file === undefined ? standardInput(host) : bytes(file);
  let number = 0;
  for await (const piece of lines(input, MAX_LINE)) {
    if (++number % PROGRESS_LINES === 0) progress(`${number} lines read`);
    if (piece === undefined) {
      yield { wrong: `is longer than ${MAX_LINE} bytes` };
      continue;
    }
    let text: string | undefined;
    try {
      text = decoder.decode(piece);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
    yield text ?? { wrong: "is not UTF-8 text" };
  }
  progress(`writing what ${number} lines say`);
}
