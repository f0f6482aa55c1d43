/** What an agent is to know when it begins: who it is, what it holds, its task, what others hold. */
import * as fields from "../../domain/input/fields.ts";
import { sameRun } from "../../domain/input/run_id.ts";
import { quoted } from "../../domain/text.ts";
import type { Lanes } from "../lane/lanes.ts";
import type { LaneItem } from "../lane/types.ts";
import type { Reservations } from "../reservation/reservations.ts";
import type { ReservationItem } from "../reservation/types.ts";
import type { AgentList } from "../watch/agents.ts";
import { checkInput } from "../input.ts";

/**
 * Who begins, and how much it is to read.
 *
 * @example
 * ```ts
 * import { initWorkspace, openWorkspace } from "@coord/coord";
 *
 * const project = await Deno.makeTempDir();
 * await initWorkspace(project);
 * const coord = await openWorkspace({ dir: project });
 * const addresses = ["src/tax.ts"];
 * await coord.reservations.reserve({ addresses, runId: "agent-2", exclusive: true });
 * const { lines } = await coord.prime({ runId: "agent-1" });
 * console.assert(lines[1]?.startsWith('"agent-2" holds "src/tax.ts" until'));
 * ```
 */
export interface PrimeInput {
  /** Who begins. */
  readonly runId: string;
  /** UTF-8 bytes of all lines, 200 to 65536, default 800. */
  readonly maxBytes?: number;
}

/** What an agent is to know. */
export interface PrimeAnswer {
  /** `idle` when the run holds nothing and no other run does: then there are no lines. */
  readonly status: "ready" | "idle";
  /** Who begins. */
  readonly run_id: string;
  /** For the agent; where some did not fit, the last one says how many. */
  readonly lines: readonly string[];
  /** How many lines were left out for the sake of the bound. */
  readonly left_out: number;
}

/** Bytes of all lines. */
export const PRIME_BYTES = { min: 200, max: 65_536, default: 800 } as const;

/** The fields of the input, for the library and the command line alike. */
export const PRIME_FIELDS = {
  runId: fields.identifier,
  maxBytes: fields.integer(PRIME_BYTES),
} as const;

/** What says what is held at the moment. */
interface Holds {
  readonly reservations: Pick<Reservations, "list">;
  readonly lanes: Pick<Lanes, "live">;
  agents(): Promise<AgentList>;
}

/** Bytes of the run's own id from which on less of it is shown. */
const MAX_NAME_BYTES = 90;

const encoder = new TextEncoder();

/** Says what an agent is to know of what is held. */
export async function prime(holds: Holds, input: PrimeInput): Promise<PrimeAnswer> {
  checkInput(input, PRIME_FIELDS, ["runId"]);
  const { runId, maxBytes = PRIME_BYTES.default } = input;
  const { reservations = [] } = await holds.reservations.list({ kind: "reservation" });
  const { leases: lanes } = await holds.lanes.live();
  const { agents } = await holds.agents();
  const isOwn = (run: string) => sameRun(run, runId);
  const laneRun = ({ run_id, holder }: LaneItem) => run_id ?? holder;
  const mine = [
    ...agents.filter(({ run_id }) => isOwn(run_id)).flatMap(({ task }) =>
      task === null
        ? []
        : [`Your task: ${quoted(task.title, 200)}, yours until ${task.expires_at}.`]
    ),
    ...reservations.filter(({ run_id }) => isOwn(run_id)).map((item) =>
      `You hold ${reservedText(item)}.`
    ),
    ...lanes.filter((lane) => isOwn(laneRun(lane))).map(({ lane }) =>
      `You hold lane ${quoted(lane, 80)}.`
    ),
  ];
  const near = foldersOf(reservations.filter(({ run_id }) => isOwn(run_id)));
  const others = [
    ...reservations.filter(({ run_id }) => !isOwn(run_id)).toSorted((a, b) =>
      rank(a, near) - rank(b, near)
    ).map((item) => `${quoted(item.run_id, 80)} holds ${reservedText(item)}.`),
    ...lanes.filter((lane) => !isOwn(laneRun(lane))).map((lane) =>
      `${quoted(laneRun(lane), 80)} holds lane ${quoted(lane.lane, 80)}.`
    ),
  ];
  const lines = [...mine, ...others];
  if (lines.length === 0) return { status: "idle", run_id: runId, lines, left_out: 0 };
  const name = quoted(runId, 80);
  const shown = encoder.encode(name).length > MAX_NAME_BYTES ? quoted(runId, 20) : name;
  const first = `coord knows you as ${shown}. Others edit here too; do not edit what ` +
    "they hold.";
  const bytes = (texts: readonly string[]) => encoder.encode(texts.join("\n")).length;
  for (let kept = lines.length;; kept--) {
    const more = lines.length - kept;
    const rest = more === 0 ? [] : [`${more} more: coord list, coord lane live`];
    const all = [first, ...lines.slice(0, kept), ...rest];
    if (kept === 0 || bytes(all) <= maxBytes) {
      return { status: "ready", run_id: runId, lines: all, left_out: more };
    }
  }
}

/** The addresses of a reservation that a line names. */
const MAX_NAMED = 3;

function reservedText({ addresses, exclusive, expires_at, note }: ReservationItem): string {
  const named = addresses.slice(0, MAX_NAMED).map((address) => quoted(address, 100)).join(", ");
  const more = addresses.length > MAX_NAMED ? ` and ${addresses.length - MAX_NAMED} more` : "";
  const says = note === undefined ? "" : `, saying ${quoted(note, 100)}`;
  return `${named}${more}${exclusive === true ? "" : " (a notice)"} until ${expires_at}${says}`;
}

function foldersOf(items: readonly ReservationItem[]): ReadonlySet<string> {
  return new Set(items.flatMap(({ addresses }) => addresses.map(folderOf)));
}

function folderOf(address: string): string {
  return address.slice(0, Math.max(address.lastIndexOf("/"), 0));
}

/** What lies in a folder of one's own holds comes first, then what is held exclusively. */
function rank({ addresses, exclusive }: ReservationItem, near: ReadonlySet<string>): number {
  const isNear = addresses.some((address) => near.has(folderOf(address)));
  return (isNear ? 0 : 2) + (exclusive === true ? 0 : 1);
}
