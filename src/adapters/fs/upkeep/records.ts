/** Records that are files of their own, but claims: tasks, reservations with what happened to them, the rest. */
import { claimTimedOut, isTerminal } from "../../../domain/task/claim.ts";
import { idOfStem, isStem } from "../../../domain/ids.ts";
import { parseSighting } from "../../../domain/input/hook/sighting.ts";
import { UNKNOWN_RUN } from "../../../domain/limits.ts";
import {
  parseIntent,
  parseRelease,
  parseReservation,
} from "../../../domain/reservation/reservation.ts";
import { parseTicket } from "../../../domain/glob/holds/ticket.ts";
import { parsePause } from "../../../domain/task/keeping/pause.ts";
import { parseTask } from "../../../domain/task/task.ts";
import { formatTime, writable } from "../../../domain/time.ts";
import { FsKeyFiles, NOTHING_TO_MAKE, parseKeyName } from "../key/files.ts";
import { placeOf, ReservationFiles, slotOf } from "../reservation/files.ts";
import { HostError } from "../../../ports/host.ts";
import { ClaimFiles } from "../task/claim_files.ts";
import { readHead } from "../task/claim_chain.ts";
import { queueOf } from "../task/index/ready_index.ts";
import { raiseFloor } from "../reservation/removal.ts";
import { ORDER } from "../reservation/order.ts";
import type { Mended } from "./damages.ts";
import { checkRecord, namesIn, type Parts, type RecordRule } from "./parts.ts";
import type { Displaced } from "./quarantine.ts";

const IDS = { task: "task_id", reservation: "reservation_id", intent: "intent_id" } as const;

/** The records whose ids are hashes of what they say, and by which listings go. */
const PARSERS = { task: parseTask, reservation: parseReservation, intent: parseIntent } as const;

/**
 * Tasks, reservations or intents.
 *
 * @returns The stems of those that coord wrote, and that say what they said then.
 */
export async function checkDefinitions(
  parts: Parts,
  kind: keyof typeof PARSERS,
): Promise<ReadonlySet<string>> {
  const { damages, quarantine, asked } = parts;
  const folder = `${kind}s`;
  const own = new Set<string>();
  for (const { name } of namesIn(parts, folder)) {
    if (!name.endsWith(".json")) continue;
    const file = `${folder}/${name}`;
    const stem = name.slice(0, -".json".length);
    if (!isStem(stem)) {
      damages.reading(file, () => {
        const stat = parts.fs.lstat(`${parts.layout.root}/${file}`);
        if (stat === undefined) return;
        const found = { class: "foreign", file, reason: "is not named by an id", stat } as const;
        damages.add(found, () => quarantine.move(found));
      });
      continue;
    }
    const id = idOfStem(stem);
    const parse = PARSERS[kind] as (value: unknown, id: string) => object | string;
    const found = checkRecord(parts, file, {
      kind: folder,
      parse: (value) => parse(value, id),
      ...(kind === "task" && { isNeeded: () => isWorkedAt(parts, stem) }),
    });
    if (found === undefined || typeof found.value["nonce"] !== "string" || id === stem) continue;
    const { [IDS[kind]]: _, ...said } = found.value;
    if (await asked.idOf(said) === id) own.add(stem);
    else damages.add({ class: "altered", file, reason: "is not what was written under its id" });
  }
  return own;
}

/** The definition of a task that an agent works at stays until the agent is done: its calls look for it. */
function isWorkedAt({ fs, layout, clock }: Parts, stem: string): boolean {
  try {
    const head = readHead(new ClaimFiles(fs, layout, () => {}), stem);
    return head !== undefined && !isTerminal(head) && !claimTimedOut(head, clock());
  } catch (error) {
    if (error instanceof HostError) return true;
    throw error;
  }
}

/** What happened to reservations, and their places in the order. */
export async function checkReservationFiles(parts: Parts): Promise<void> {
  const { fs, layout, quarantine, damages } = parts;
  for (const { name } of namesIn(parts, "releases")) {
    const stem = stemBefore(name, /^\.json$/);
    if (stem === undefined) continue;
    const id = idOfStem(stem);
    checkRecord(parts, `releases/${name}`, {
      kind: "releases",
      parse: (value) => parseRelease(value, id),
      // Its reservation counts as released, and no other release may take the name.
      mend: (broken) =>
        quarantine.replace(broken, {
          reservation_id: id,
          run_id: UNKNOWN_RUN,
          released_at: formatTime(writable(broken.stat.mtimeMs)),
          reason: "unknown",
        }),
    });
  }
  for (const { name } of namesIn(parts, "heartbeats")) {
    const stem = stemBefore(name, /^\.(json|[1-9]\d{0,15})$/);
    if (stem === undefined) continue;
    const id = idOfStem(stem);
    const never = formatTime(0);
    checkRecord(parts, `heartbeats/${name}`, {
      kind: "heartbeats",
      parse: (value) => slotOf(value, id),
      // A number is taken, whatever it says; the view only says where to begin.
      ...(!name.endsWith(".json") && {
        mend: (broken: Displaced) =>
          quarantine.replace(broken, {
            reservation_id: id,
            run_id: UNKNOWN_RUN,
            last_beat_at: never,
            extended_expires_at: never,
          }),
      }),
    });
  }
  const files = new ReservationFiles(fs, layout, () => {});
  for (const { name } of namesIn(parts, ORDER)) {
    if (!/^\d{16}$/.test(name)) continue;
    const file = `${ORDER}/${name}`;
    checkRecord(parts, file, {
      kind: "places",
      parse: placeOf,
      // A place says nothing any more once the floor is above it.
      mend: (broken) => raiseFloor(files) >= Number(name) ? quarantine.move(broken) : undefined,
    });
  }
  await damages.settle();
}

/** Tickets, paused queues, what runs saw, keys, and what other tools keep. */
export function checkOthers(parts: Parts): void {
  const { layout, fs, quarantine } = parts;
  const said = <T extends object>(what: string, parsed: T | undefined) => parsed ?? `is no ${what}`;
  checkAll(parts, "tickets", /^\d{16}$/, () => ({
    kind: "tickets",
    parse: (value) => said("ticket", parseTicket(value)),
  }));
  for (const { name } of namesIn(parts, "queues")) {
    const queue = name.endsWith(".json") ? queueOf(name.slice(0, -".json".length)) : undefined;
    if (queue === undefined) continue;
    checkRecord(parts, `queues/${name}`, {
      kind: "paused_queues",
      parse: (value) => parsePause(value, queue),
      // Its name pauses the queue, whatever it says.
      mend: (broken) =>
        quarantine.replace(broken, {
          queue,
          paused_at: formatTime(writable(broken.stat.mtimeMs)),
          paused_by: UNKNOWN_RUN,
        }),
    });
  }
  const runs = namesIn(parts, "seen/runs").filter(({ isDirectory }) => isDirectory);
  for (const folder of ["seen/edits", ...runs.map(({ name }) => `seen/runs/${name}`)]) {
    checkAll(parts, folder, /^[0-9a-z]{1,11}$/, () => ({
      kind: "seen_files",
      parse: (value) => said("sighting", parseSighting(value)),
    }));
  }
  checkAll(parts, "dependencies", /\.json$/, () => ({
    kind: "dependencies",
    parse: (value) => value,
  }));
  for (const { name: folder } of namesIn(parts, "keys").filter(({ isDirectory }) => isDirectory)) {
    for (const { name } of namesIn(parts, `keys/${folder}`)) {
      const { queue, number } = parseKeyName(name) ?? {};
      if (queue === undefined || number === undefined) continue;
      const keys = new FsKeyFiles(fs, layout, { folder, queue }, NOTHING_TO_MAKE);
      checkRecord(parts, `keys/${folder}/${name}`, {
        kind: "keys",
        parse: (value) => keys.parse(value).kind === "torn" ? "says nothing of a key" : value,
        // So does a tombstone that was lifted, and the number stays taken.
        mend: (broken): Mended => quarantine.replace(broken, { tombstone: number - 1 }),
      });
    }
  }
}

function checkAll<T extends object>(
  parts: Parts,
  folder: string,
  names: RegExp,
  rule: (name: string) => RecordRule<T>,
): void {
  for (const { name } of namesIn(parts, folder)) {
    if (names.test(name)) checkRecord(parts, `${folder}/${name}`, rule(name));
  }
}

function stemBefore(name: string, ending: RegExp): string | undefined {
  const stem = name.slice(0, Math.max(0, name.indexOf(".")));
  return isStem(stem) && ending.test(name.slice(stem.length)) ? stem : undefined;
}
