import type { ClaimRecord } from "../../../src/domain/task/claim.ts";
import type { JsonObject } from "../../../src/domain/json.ts";
import {
  mayHaveRun,
  mentionsRun,
  parseSegmentHead,
  parseSegmentLine,
  placesIn,
  recordsOf,
  runsOf,
  segmentBytes,
  type SegmentLine,
  segmentLine,
  segmentLines,
  tableNear,
  tableOf,
} from "../../../src/domain/task/segment.ts";
import { compareTasks, type TaskRecord } from "../../../src/domain/task/task.ts";
import { formatTime } from "../../../src/domain/time.ts";
import { assert_, assertEquals, it } from "../../deps.ts";
import { newSeed, type Random } from "../../support/random.ts";

function recordsBy(random: Random): { task: JsonObject; claim: JsonObject } {
  const stem = Array.from({ length: 64 }, () => random.below(16).toString(16)).join("");
  const task_id = `sha256:${stem}`;
  const at = formatTime(Date.UTC(2026, 10, 21) + random.below(1_000_000));
  const task = {
    created_at: random.chance(0.9) ? at : at.replace("Z", "+00:00"),
    created_by: "p",
    payload: { text: random.pick(["", "ü\u2028", '"],[', `,"${stem.slice(0, 8)}"]`]) },
    priority: random.below(3),
    queue: random.pick(["default", "__proto__"]),
    tags: random.pick([[], ["a"]]),
    task_id,
    title: "t",
    ttl_seconds: random.pick([60, 86_400]),
  };
  const claim = {
    attempt: random.pick([1, 2]),
    claim_nonce: "n",
    claimed_at: at,
    claimer_run_id: random.pick(["a", 'b"c\\', "ü\u2028\u0085", "claimer_run_id"]),
    error: random.chance(0.5) ? null : "no",
    expires_at: random.chance(0.5) ? at : formatTime(Date.parse(at) + 3_600_000),
    fence: random.pick([1, 3]),
    heartbeat_at: random.chance(0.5) ? at : formatTime(Date.UTC(2026, 10, 22)),
    result: random.chance(0.5) ? null : { n: 1 },
    status: random.pick(["completed", "failed", "cancelled"]),
    task_id,
    transition: random.pick([2, 7]),
  };
  return { task, claim };
}

function lineBy(
  random: Random,
): { line: SegmentLine; records: { task: JsonObject; claim: JsonObject } } {
  const records = recordsBy(random);
  const line = segmentLine(
    records.task as unknown as TaskRecord,
    records.claim as unknown as ClaimRecord,
    records,
    random.below(1e12),
  );
  assert_(line !== undefined);
  return { line, records };
}

it("segmentLine() is read as the records that it was made of, and no part of it is a line", () => {
  const random = newSeed("segment lines");
  for (let n = 0; n < 200; n++) {
    const { line, records } = lineBy(random);
    assertEquals(parseSegmentLine(line.text), line);
    assertEquals(recordsOf(line), records);
    const cut = random.below(line.text.length);
    const part = parseSegmentLine(line.text.slice(0, cut));
    // A payload may hold what a line ends with; then the rest is missing.
    assert_(part === undefined || recordsOf(part) === undefined, line.text.slice(0, cut));
  }
});

it("segmentLine() makes none of records that would not be read again as they are", () => {
  const { task: { priority: _, ...task }, claim } = recordsBy(newSeed("foreign"));
  const parsed = { ...task, priority: 0 } as unknown as TaskRecord;
  const line = segmentLine(parsed, claim as unknown as ClaimRecord, { task, claim }, 1);
  assertEquals(line, undefined);
});

it("segmentLine() leaves out what is usual, and what lacks that is read again without it", () => {
  const { task, claim } = recordsBy(newSeed("usual segment lines"));
  const at = String(task["created_at"]).replace("+00:00", "Z");
  const usual = {
    task: { ...task, created_at: at, payload: {}, tags: [], ttl_seconds: 86_400 },
    claim: {
      ...claim,
      ...{
        attempt: 1,
        claimed_at: at,
        claimer_run_id: "a",
        error: null,
        fence: 1,
        heartbeat_at: at,
      },
      ...{ expires_at: formatTime(Date.parse(at) + 3_600_000), result: null, transition: 2 },
    },
  };
  const textOf = (records: typeof usual) => {
    const [first, end] = Object.values(records) as unknown as [TaskRecord, ClaimRecord];
    const line = segmentLine(first, end, records, 1);
    assert_(line !== undefined);
    assertEquals(recordsOf(line), records);
    return line.text;
  };
  const rest = textOf(usual).replace(/^.*?,(?={)/, "");
  const ending = String(task["task_id"]).slice(7, 15);
  assertEquals(
    rest,
    `{"created_by":"p","payload":{},"title":"t"},` +
      `{"claim_nonce":"n","claimed_at":"${at}","claimer_run_id":"a","result":null},"${ending}"]`,
  );
  for (const [kind, keys] of [["task", ["tags", "ttl_seconds"]], ["claim", ["attempt"]]] as const) {
    for (const key of keys) {
      const { [key]: _, ...lacking } = usual[kind] as JsonObject;
      textOf({ ...usual, [kind]: lacking });
    }
  }
});

it("a line of an older coord, which leaves out less, is read as it was", () => {
  const stem = "0011223344556677".repeat(4);
  const text = `["${stem}",1,0,1763719200000,"completed","q",` +
    `{"created_by":"p","payload":{},"tags":[],"title":"t"},` +
    `{"attempt":1,"claim_nonce":"n","claimed_at":"2026-11-21T10:00:00Z","result":1},` +
    `"${stem.slice(0, 16)}"]`;
  const line = parseSegmentLine(text);
  assert_(line !== undefined);
  const task_id = `sha256:${stem}`;
  assertEquals(recordsOf(line), {
    task: {
      ...{ created_at: "2025-11-21T10:00:00.000Z", created_by: "p", payload: {}, priority: 0 },
      ...{ queue: "q", tags: [], task_id, title: "t" },
    },
    claim: {
      ...{ attempt: 1, claim_nonce: "n", claimed_at: "2026-11-21T10:00:00Z", error: null },
      ...{ heartbeat_at: "2026-11-21T10:00:00Z", result: 1, status: "completed", task_id },
    },
  });
});

it("segmentBytes() puts lines in the order of a listing, and its table finds each", () => {
  const random = newSeed("segment table");
  for (const count of [0, 1, 2, 127, 128, 129, 700, 3_000]) {
    const lines = Array.from({ length: count }, () => lineBy(random).line);
    const text = new TextDecoder().decode(segmentBytes(lines));
    const start = text.indexOf("\n") + 1;
    const head = parseSegmentHead(text.slice(0, start));
    assert_(head !== undefined);
    assertEquals(head.tasks, count);
    const bytes = new TextEncoder().encode(text).subarray(start);
    const decoder = new TextDecoder();
    const sorted = [...lines].sort((a, b) => compareTasks(a.order, b.order));
    assertEquals([...segmentLines(text)], sorted);
    const found = (prefix: string, part: ReturnType<typeof tableOf>) =>
      placesIn(
        decoder.decode(bytes.subarray(part.from, part.from + part.length)),
        prefix,
        part,
        head,
      );
    let near = 0;
    for (const { stem, text: line } of lines) {
      const place = found(stem, tableOf(head));
      assertEquals(place?.length, 1);
      const at = place?.[0] ?? 0;
      assertEquals(decoder.decode(bytes.subarray(at, bytes.indexOf(10, at))), line);
      const quick = found(stem, tableNear(head, stem));
      if (quick === undefined) continue;
      near++;
      assertEquals(quick, place);
    }
    // Ids are random: of 3,000 one set in a thousand lies askew by more than half of the part.
    assert_(near >= count / 2, `${near} of ${count} are near their places`);
    assertEquals(found("0".repeat(64), tableOf(head)), []);
    const runs = runsOf(head) ?? { from: NaN, length: NaN };
    const keys = decoder.decode(bytes.subarray(runs.from, runs.from + runs.length));
    assertEquals(keys.length, runs.length);
    for (const line of lines) {
      const { claimer_run_id: runId } = recordsOf(line)?.claim ?? {};
      if (typeof runId !== "string") continue;
      assert_(mayHaveRun(keys, runId) && mentionsRun(line, runId), runId);
    }
    assertEquals(mayHaveRun(keys, "no run"), false);
  }
});
