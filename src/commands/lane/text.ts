/** How lanes look to people. */
import type {
  LaneAcquired,
  LaneItem,
  LaneScavenged,
  LaneVerdict,
} from "../../engine/lane/types.ts";
import type { Block, Cell } from "../command.ts";
import { WHOLE } from "../../domain/glob/tree.ts";
import { agentText, clipped, column, duration } from "../text.ts";

/** Globs that a line names; the others are counted. */
const SHOWN_GLOBS = 4;

/** `src/api/**, docs, 7 more` */
export function treeText(tree: readonly string[]): string {
  const shown = tree.slice(0, SHOWN_GLOBS).map(clipped);
  const more = tree.length - shown.length;
  return [...shown, ...(more > 0 ? [`${more} more`] : [])].join(", ");
}

/** What a lease holds, for people. */
export function holdText({ tree, name_only }: Pick<LaneItem, "tree" | "name_only">): string {
  if (name_only === true) return "(the name alone)";
  return treeText(tree.length === 0 ? WHOLE : tree);
}

/** Seconds as people say them. */
export function secondsText(seconds: number | null): Cell {
  return seconds === null ? null : duration(seconds);
}

/** What was granted, or would be, and what had to make room. */
export function decisionBlocks(value: LaneAcquired | LaneVerdict): Block[] {
  const grant = value.status === "acquired" ? value : undefined;
  const fields = {
    outcome: value.outcome,
    lane: value.lane,
    lane_kind: value.lane_kind === "" ? undefined : value.lane_kind,
    tree: value.tree.length === 0 ? undefined : treeText(value.tree),
    owner: value.owner,
    loop_ts: value.loop_ts === "" ? undefined : value.loop_ts,
    fence: value.fence,
    ttl: grant && duration(grant.ttl_seconds),
    reason: value.reason,
  };
  const heading = grant === undefined ? "WOULD EVICT" : "EVICTED";
  return [{ fields }, ...scavengedBlocks(value.scavenged, heading)];
}

function scavengedBlocks(scavenged: readonly LaneScavenged[], heading: string): Block[] {
  if (scavenged.length === 0) return [];
  return ["", {
    columns: [
      column(heading, "main"),
      column("HOLDER", "agent"),
      "FENCE",
      column("SILENT FOR", "time"),
    ],
    rows: scavenged.map(({ lane, holder, fence, evidence }) => [
      clipped(lane),
      agentText(holder),
      fence,
      duration(evidence.silent_seconds),
    ]),
  }];
}

/** Leases as a table. */
export function leaseTable(leases: readonly LaneItem[]): Block {
  return {
    columns: [
      column("LANE", "main"),
      column("STATUS", "state"),
      column("HOLDER", "agent"),
      "FENCE",
      column("SILENT FOR", "time"),
      column("TTL", "time"),
      "EXCLUSIVE",
      column("TREE", "main"),
    ],
    rows: leases.map((lease) => [
      clipped(lease.lane),
      lease.status,
      lease.holder === "" ? null : agentText(lease.holder),
      lease.fence,
      secondsText(lease.silent_seconds),
      secondsText(lease.ttl_seconds),
      lease.exclusive ? "yes" : null,
      holdText(lease),
    ]),
  };
}
