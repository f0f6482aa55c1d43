/**
 * Lines of the lanes' journal: one JSON object each, in the format of `dos lease-lane`. Unknown
 * operations and fields are kept and mean nothing here.
 *
 * A line of coord ends in a check sum of what is before it. Without it a disk that flips one bit in a
 * name would make up a lease; a line that has none was written by `dos` and is taken at its word.
 */
import { crc32 } from "./crc.ts";
import {
  canonicalJson,
  escapeLines,
  isObject,
  isTooDeep,
  type JsonObject,
  parseJson,
} from "../json.ts";
import type { LeaseIdentity } from "../lane/lease.ts";
import { MAX_CHECKPOINT_SEQ, MAX_CORRUPT_KEPT, MAX_SEQ, MAX_SEQ_LEAP } from "../limits.ts";

const OPS = [
  ...["ACQUIRE", "RELEASE", "HEARTBEAT", "ADOPT", "SPAWN", "HALT", "REFUSE", "SCAVENGE"] as const,
  ...["RECONCILE", "CHECKPOINT"] as const,
] as const;

/** The operations that coord writes. */
export type Op = typeof OPS[number];

/** One entry, as it was written. */
export type JournalEntry = JsonObject & { readonly op: string };

/** A line that is no entry. */
export interface CorruptLine {
  readonly kind: "corrupt";
  readonly reason: string;
  readonly raw: string;
  /** Whether compaction has kept it, and counted it. */
  readonly isKept?: true;
}

/** One line of the journal that is not blank. */
export type WalLine = { readonly kind: "entry"; readonly entry: JournalEntry } | CorruptLine;

/** The operation under which compaction keeps a line that cannot be read. */
const CORRUPT = "_CORRUPT";

/**
 * Reads one line.
 *
 * @returns `undefined` for a blank one.
 */
export function parseLine(text: string): WalLine | undefined {
  const raw = text.trim();
  if (raw === "") return undefined;
  const corrupt = (reason: string): WalLine => ({ kind: "corrupt", reason, raw });
  const body = unsealed(raw);
  let value: unknown;
  try {
    value = parseJson(body ?? raw);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return corrupt("is not JSON");
  }
  if (body !== undefined && sealed(body) !== raw) return corrupt("does not match its check sum");
  if (!isObject(value)) return corrupt("is not a JSON object");
  if (isTooDeep(value)) return corrupt("is nested too deep");
  const { op } = value;
  if (typeof op !== "string" || op === "") return corrupt("has no valid op");
  if (op === CORRUPT) return keptCorrupt(value, raw);
  if (identityOf(value) === undefined) return corrupt("has no valid lane or loop_ts");
  return { kind: "entry", entry: { ...value, op } };
}

/** A line that an earlier compaction kept. */
function keptCorrupt({ _raw, _reason }: JsonObject, line: string): WalLine {
  return {
    kind: "corrupt",
    reason: typeof _reason === "string" ? _reason : "is not JSON",
    raw: typeof _raw === "string" ? _raw : line,
    isKept: true,
  };
}

/** One line, without its end. Keys are sorted, and nothing in it can be taken for a line's end. */
export function encodeLine(line: JournalEntry | WalLine): string {
  return sealed(escapeLines(canonicalJson(recordOf(line))));
}

/** Adds the check sum to a JSON object as its last field. */
function sealed(body: string): string {
  return `${body.slice(0, -1)},"crc":"${crc32(body)}"}`;
}

/** A line without its check sum; `undefined` when it has none. */
function unsealed(line: string): string | undefined {
  const at = line.length - ',"crc":"01234567"}'.length;
  return /^,"crc":"[0-9a-f]{8}"\}$/.test(line.slice(at)) ? `${line.slice(0, at)}}` : undefined;
}

/** Operations after which a lease is there that was not, or not so. */
const GRANTS = ["ACQUIRE", "ADOPT", "RECONCILE", "CHECKPOINT"];

/**
 * What a line that cannot be read may have been, for people; it decides how bad that is.
 *
 * @param raw As much of the line as there is.
 */
export function mayHaveBeen(raw: string): string {
  const ops = [...raw.matchAll(/"op"\s*:\s*"([A-Z]+)"/g)].map(([, op]) => op as string);
  const missing = "so a lease may be missing";
  const grant = ops.find((op) => GRANTS.includes(op));
  if (grant !== undefined) return `it was ${withArticle(grant)}, ${missing}`;
  const isLegible = ops.length > 0 && ops.every((op) => OPS.some((known) => known === op));
  if (isLegible) return `it was ${ops.map(withArticle).join(" and ")}`;
  return `it may have been an ACQUIRE or a CHECKPOINT, ${missing}`;
}

/** The highest `seq` that a line which cannot be read still shows. */
export function legibleSeq(raw: string): number | undefined {
  const all = [...raw.matchAll(/"seq"\s*:\s*(\d+)/g)].map(([, digits]) => seqField(Number(digits)));
  return all.reduce((a, b) => a === undefined || b !== undefined && b > a ? b : a, undefined);
}

/** Whether a last line without its end counts for something: it had been written whole. */
export function isWhole(line: WalLine | undefined): line is WalLine {
  return line?.kind === "entry" ||
    line?.kind === "corrupt" && /,"crc":"[0-9a-f]{8}"\}/.test(line.raw);
}

function withArticle(op: string): string {
  return `${op.startsWith("A") ? "an" : "a"} ${op}`;
}

function recordOf(line: JournalEntry | WalLine): JsonObject {
  if (!isLine(line)) return line;
  if (line.kind === "entry") return line.entry;
  const raw = line.raw.slice(0, MAX_CORRUPT_KEPT).toWellFormed();
  return { op: CORRUPT, _raw: raw, _reason: line.reason };
}

function isLine(line: JournalEntry | WalLine): line is WalLine {
  return !("op" in line);
}

/** Which lease an entry speaks of; `undefined` when what it says is no text. */
export function identityOf(entry: JsonObject): LeaseIdentity | undefined {
  const nested = isObject(entry["lease"]) ? entry["lease"] : {};
  const [lane, loop_ts] = [textOf(entry["lane"]), textOf(entry["loop_ts"])];
  if (lane === undefined || loop_ts === undefined) return undefined;
  if (lane !== "" || loop_ts !== "") return { lane, loop_ts };
  const [within, key] = [textOf(nested["lane"]), textOf(nested["loop_ts"])];
  return within === undefined || key === undefined ? undefined : { lane: within, loop_ts: key };
}

/** What `dos` takes for a text: numbers in their digits, and nothing for what is empty. */
function textOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (value === undefined || value === null || value === false || value === 0) return "";
  if (typeof value === "number") return String(value);
  // A number with more digits than a double has; it is kept as it was written.
  return typeof value === "object" && !Array.isArray(value) && !isObject(value)
    ? JSON.stringify(value)
    : undefined;
}

/**
 * The number that an entry gives itself; `undefined` when it is none, or too high to be believed.
 *
 * @param next What a writer who knows all that came before gives.
 */
export function seqField(value: unknown, next = 0): number | undefined {
  return within(value, Math.max(MAX_SEQ, next));
}

/** A number that a checkpoint gives; `undefined` when it is none, or too high to be believed. */
export function checkpointField(value: unknown): number | undefined {
  return within(value, MAX_CHECKPOINT_SEQ);
}

/** A number that the fold counted and a writer wrote down, such as `base_seq`. */
export function countField(value: unknown): number | undefined {
  return within(value, Number.MAX_SAFE_INTEGER);
}

/** A value as it stands in its line. */
function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

function within(value: unknown, max: number): number | undefined {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= max
    ? value
    : undefined;
}

/**
 * What is wrong with the number that an entry gives itself, for people.
 *
 * @param before What came before it.
 */
export function seqProblem(
  entry: JournalEntry,
  before: { readonly seq: number; readonly lastSeq: number },
): string | undefined {
  const { seq, lastSeq } = before;
  const isCheckpoint = entry.op === "CHECKPOINT";
  for (const field of isCheckpoint ? ["seq", "seq_watermark"] : ["seq"]) {
    const given = entry[field];
    if (given === undefined || given === null) continue;
    const number = isCheckpoint ? checkpointField(given) : seqField(given, seq + 1);
    const said = `has ${field} ${shown(given)}`;
    if (number === undefined) return `${said}, which no entry can have: it does not count`;
    if (isCheckpoint) continue;
    if (number <= lastSeq) return `has seq ${number} after ${lastSeq}`;
    if (number > seq + MAX_SEQ_LEAP) return `has seq ${number}, far ahead of ${seq}`;
  }
  return undefined;
}
