/** Tickets: who waits for holds that others have, and since when. */
import type { Holding, WaiterConflict } from "./comparison.ts";
import { addressOutlines } from "./holds.ts";
import { isObject } from "../../json.ts";
import { TICKET_MS } from "../../limits.ts";
import { formatTime, parseTime } from "../../time.ts";

/** What a ticket says. */
export interface TicketRecord {
  /** Who waits. */
  readonly run_id: string;
  /** What for, as a reservation would name it; of a lane that is a name alone nothing. */
  readonly addresses: readonly string[];
  /** The addresses among them that are files. */
  readonly files?: readonly string[];
  /** The lane that it waits for. */
  readonly lane?: string;
  /** The linked worktree that a reservation is to be made in; empty in the main checkout. */
  readonly worktree?: string;
  /** The runs whose holds are in its way, as they were found last. */
  readonly waits_for: readonly string[];
  /** Since when it waits, ISO 8601 UTC. */
  readonly since: string;
  /** When it lapses unless it is renewed, ISO 8601 UTC. */
  readonly expires_at: string;
}

/** A ticket in its place: lower numbers come first. */
export interface Ticket {
  readonly number: number;
  readonly record: TicketRecord;
}

/** Whether a ticket counts. An end that no ticket of a right clock can have is none. */
export function isTicketLive({ record }: Ticket, now: number): boolean {
  const end = parseTime(record.expires_at) ?? 0;
  return now < end && end <= now + 2 * TICKET_MS.ttl;
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((each) => typeof each === "string");

/** The ticket in a record; `undefined` when it is none. */
export function parseTicket(value: unknown): TicketRecord | undefined {
  if (!isObject(value)) return undefined;
  const { run_id, addresses, files, lane, worktree, waits_for, since, expires_at } = value;
  if (typeof run_id !== "string" || !isTexts(addresses) || !isTexts(waits_for)) return undefined;
  if (typeof since !== "string" || typeof expires_at !== "string") return undefined;
  return {
    run_id,
    addresses,
    ...(isTexts(files) ? { files } : {}),
    ...(typeof lane === "string" ? { lane } : {}),
    ...(typeof worktree === "string" ? { worktree } : {}),
    waits_for,
    since,
    expires_at,
  };
}

/** A ticket to be compared with what another agent wants. */
export function heldTicket({ number, record }: Ticket): Holding<WaiterConflict> {
  const { run_id, lane, expires_at } = record;
  return {
    key: `ticket ${number}`,
    runId: run_id,
    since: number,
    outlines: () => addressOutlines(record),
    conflict: ({ address, their_address, ...unsure }) => ({
      kind: "waiter",
      exclusive: true,
      address,
      their_address,
      run_id,
      ...(lane === undefined ? {} : { lane }),
      since: formatTime(parseTime(record.since) ?? 0),
      branch: null,
      operation: null,
      expires_at,
      ...unsure,
    }),
  };
}
