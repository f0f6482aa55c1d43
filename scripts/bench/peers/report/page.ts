/** The figures of `docs/peers.md`, from what a run found. */
import { measuredOn, quantity, short } from "../../../support/figures.ts";
import { count, disk, goalRows, isMet, NAMES } from "./goals.ts";
import type { Figure, PeerResults, QueueRow, Value } from "./results.ts";

/** All of the part, as Markdown. */
export function peerPage(results: PeerResults): string {
  return [
    `${measuredOn(results)} ${roundsOf(results)}`,
    ...goals(results),
    ...losses(results.queues),
    ...queues(results, "claim + complete", "Claim and complete"),
    ...queues(results, "enqueue", "Enqueue"),
    ...figures(
      results.processes,
      "Whole processes",
      "The time of a process from its start to its end.",
    ),
    ...figures(results.figures, "Other figures", ""),
    ...absent(results),
  ].filter((part) => part !== "").join("\n\n");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function roundsOf({ rounds }: PeerResults): string {
  return rounds === 1
    ? "**Each value is of one round alone.**"
    : `Each value is the median of ${rounds} rounds.`;
}

function times({ median, spread: [from, to] }: Value): string {
  return `${ratio(median)} × (${ratio(from)} to ${ratio(to)})`;
}

/** A ratio, of which a small one keeps a digit that is not 0. */
function ratio(value: number): string {
  return value > 0 && value < 0.095 ? value.toPrecision(1) : short(value);
}

function goals(results: PeerResults): string[] {
  const all = goalRows(results);
  const missed = all.filter((row) => isMet(row) === false).length;
  const unknown = all.filter((row) => isMet(row) === undefined).length;
  const rows = all.map((row) => {
    const { atLeast, atMost } = row.goal;
    const goal = atLeast !== undefined ? `≥ ${atLeast} ×` : `≤ ${atMost} ×`;
    const met = isMet(row);
    const result = row.result === undefined ? "not measured" : times(row.result);
    return [row.figure, result, goal + (met === false ? ", **missed**" : "")];
  });
  return [
    "### Goals",
    `Of ${all.length} goals, ${missed} were missed and ${unknown} were not measured.`,
    table(["figure", "result", "goal"], rows),
  ];
}

/** Where coord is slower, said before any table shows it: a row for each peer that is faster anywhere. */
function losses(rows: readonly QueueRow[]): string[] {
  const held = rows.filter(({ coord_by_this: by, peer }) =>
    by !== undefined && peer !== NAMES.floor
  );
  const peers = new Set(
    held.filter(({ coord_by_this: by }) => by !== undefined && by.median < 1)
      .map(({ peer }) => peer),
  );
  const title = "### Where coord is slower";
  if (peers.size === 0) return [title, "Nowhere in this run."];
  const cases = [...new Set(held.map(({ job, processes }) => `${job}, ${count(processes)}`))];
  const delays = [...new Set(held.map((row) => row.sync_ms))];
  return [
    title,
    `coord's tasks a second by those of each queue that is faster anywhere, with ${
      delays.map(disk).join(", ")
    }. Less than 1, in bold, means that coord is slower.`,
    table(
      ["queue", ...cases],
      [...peers].map((peer) => [
        peer,
        ...cases.map((each) =>
          delays.map((delay) => {
            const row = held.find((row) =>
              row.peer === peer && row.sync_ms === delay &&
              `${row.job}, ${count(row.processes)}` === each
            );
            const by = row?.coord_by_this?.median;
            return by === undefined ? "?" : by < 1 ? `**${ratio(by)}**` : ratio(by);
          }).join(", ")
        ),
      ]),
    ),
  ];
}

/** A table for each duration of a sync. */
function queues({ queues }: PeerResults, job: QueueRow["job"], title: string): string[] {
  const rows = queues.filter((row) => row.job === job);
  const delays = [...new Set(rows.map((row) => row.sync_ms))];
  const processes = [...new Set(rows.map((row) => row.processes))];
  const peers = [...new Set(rows.map((row) => row.peer))];
  if (rows.length === 0) return [];
  const tables = delays.flatMap((delay) => [
    `With ${disk(delay)}, tasks a second:`,
    table(
      [
        "queue",
        ...processes.flatMap((each) => [count(each), "coord ÷ it"]),
        "syncs a task",
        "a power cut may take",
      ],
      peers.map((peer) => {
        const of = (each: number) =>
          rows.find((row) => row.peer === peer && row.sync_ms === delay && row.processes === each);
        const any = rows.find((row) => row.peer === peer && row.sync_ms === delay);
        const name = any?.note === undefined ? peer : `${peer} (${any.note})`;
        const cells = processes.flatMap((each) => [rate(of(each)), by(of(each))]);
        const syncs = processes.map((each) => syncsOf(of(each))).join(" / ");
        return [name, ...cells, syncs, any?.keeps === "everything" ? "nothing" : any?.keeps ?? ""];
      }),
    ),
  ]);
  return [`### ${title}`, ...tables];
}

function rate(row: QueueRow | undefined): string {
  if (row === undefined) return "";
  const { median, spread: [from, to] } = row.rate;
  const slowed = row.not_slowed && row.sync_ms > 0 ? ", not slowed" : "";
  return `${median.toFixed(0)} (${from.toFixed(0)} to ${to.toFixed(0)})${slowed}`;
}

function by(row: QueueRow | undefined): string {
  return row?.coord_by_this === undefined ? "" : times(row.coord_by_this);
}

function syncsOf(row: QueueRow | undefined): string {
  return row === undefined ? "" : short(row.syncs);
}

function figures(rows: readonly Figure[], title: string, text: string): string[] {
  if (rows.length === 0) return [];
  const cells = rows.map(({ figure, unit, value, against, ratio }) => [
    figure,
    quantity(value.median, unit),
    against === undefined ? "" : quantity(against.median, unit),
    ratio === undefined ? "" : times(ratio),
  ]);
  return [`### ${title}`, text, table(["figure", "median", "held against", "result"], cells)];
}

function absent({ absent }: PeerResults): string[] {
  if (absent.length === 0) return [];
  const lines = absent.map(({ peer, reason }) => `- ${peer}: ${reason}`);
  return ["### Not measured", lines.join("\n")];
}
