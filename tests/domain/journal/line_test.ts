import { assert_, assertEquals, it } from "../../deps.ts";
import {
  encodeLine,
  identityOf,
  type JournalEntry,
  mayHaveBeen,
  parseLine,
  seqProblem,
} from "../../../src/domain/journal/line.ts";
import { heartbeatEntry } from "../../../src/domain/journal/entries.ts";
import { acquire, replay, stamp, START } from "../../support/scene/lanes.ts";

it("parseLine() reads what encodeLine() wrote, whatever the text holds", () => {
  for (
    const text of ["plain", 'a"b\\', "é😀", "\u0085\u2028\u2029\u0000\u001b[2J\u009b", "\ud800x"]
  ) {
    const entry: JournalEntry = { op: "HALT", seq: 3, reason: text, handle: "h" };
    const line = encodeLine(entry);
    assertEquals(parseLine(line + "\n"), { kind: "entry", entry });
    // deno-lint-ignore no-control-regex
    assert_(!/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(line), line);
  }
});

it("encodeLine() sorts the keys, so that equal entries are equal lines", () => {
  assertEquals(
    encodeLine({ seq: 1, op: "SPAWN", lane: "b", a: { z: 1, y: 2 } } as JournalEntry),
    '{"a":{"y":2,"z":1},"lane":"b","op":"SPAWN","seq":1,"crc":"6618b670"}',
  );
});

it("parseLine() says why a line is no entry, and skips blank ones", () => {
  const reasonOf = (text: string) => {
    const line = parseLine(text);
    return line?.kind === "corrupt" ? line.reason : line?.kind;
  };
  assertEquals(parseLine(""), undefined);
  assertEquals(parseLine(" \r"), undefined);
  assertEquals(reasonOf('{"op":"ACQUIRE","la'), "is not JSON");
  assertEquals(reasonOf("[1]"), "is not a JSON object");
  assertEquals(reasonOf('{"seq":1}'), "has no valid op");
  assertEquals(reasonOf('{"op":7}'), "has no valid op");
  assertEquals(reasonOf('{"op":"RELEASE","lane":["api"]}'), "has no valid lane or loop_ts");
  assertEquals(
    reasonOf(`{"op":"X","a":${"[".repeat(500)}${"]".repeat(500)}}`),
    "is nested too deep",
  );
});

it("parseLine() keeps unknown operations and unknown fields", () => {
  const entry = { op: "ENFORCE", tool: "bash", children: [{ pid: 5 }], seq: 9 };
  assertEquals(parseLine(JSON.stringify(entry)), { kind: "entry", entry });
});

it("encodeLine() keeps a line that cannot be read, and parseLine() still calls it corrupt", () => {
  const line = parseLine('{"op":"ACQ\u2028');
  assert_(line?.kind === "corrupt");
  assertEquals(parseLine(encodeLine(line)), { ...line, isKept: true });
  const long = encodeLine({ kind: "corrupt", reason: "is not JSON", raw: "x".repeat(5000) });
  assert_(long.length < 1200, "it is cut");
});

it("parseLine() reads a corrupt line that dos kept", () => {
  assertEquals(parseLine('{"_line": 4, "_raw": "{tor", "op": "_CORRUPT"}'), {
    kind: "corrupt",
    reason: "is not JSON",
    raw: "{tor",
    isKept: true,
  });
});

it("acquireEntry() writes the fields of dos on the entry and in the lease", () => {
  const entry = acquire(7, { run_id: "r", ttl_seconds: 90 }, { baseSeq: 6, maxConcurrent: 2 });
  const shared = {
    lane: "api",
    lane_kind: "",
    tree: ["src/api/**"],
    loop_ts: "api-1",
    host_id: "here",
    pid: 100,
    ttl_minutes: 1.5,
  };
  assertEquals(entry, {
    ...shared,
    op: "ACQUIRE",
    seq: 7,
    ts: "2026-06-01T00:00:00.000Z",
    nonce: "nonce-7",
    prev_holder: null,
    reason: "free",
    base_seq: 6,
    max_concurrent: 2,
    lease: {
      ...shared,
      holder: "a",
      acquired_at: "2026-06-01T00:00:00.000Z",
      ttl_seconds: 90,
      exclusive: false,
      run_id: "r",
    },
  });
});

it("heartbeatEntry() names the grant that it renews", () => {
  const [lease] = replay([acquire(1)]).live();
  assert_(lease !== undefined);
  assertEquals(heartbeatEntry(stamp(2, START + 1000), lease), {
    op: "HEARTBEAT",
    seq: 2,
    ts: "2026-06-01T00:00:01.000Z",
    nonce: "nonce-2",
    lane: "api",
    loop_ts: "api-1",
    holder: "a",
    host_id: "here",
    fence: 1,
    heartbeat_at: "2026-06-01T00:00:01.000Z",
  });
});

it("parseLine() takes no line whose text is not what was summed up", () => {
  const line = encodeLine(acquire(7));
  const other = line.replace('"lane":"api"', '"lane":"bpi"');
  assert_(other !== line);
  assertEquals(parseLine(other), {
    kind: "corrupt",
    reason: "does not match its check sum",
    raw: other,
  });
});

it("parseLine() reads a line in which one bit was flipped as it was, or not at all", () => {
  const entry = acquire(7, { holder: "é😀" });
  const bytes = new TextEncoder().encode(encodeLine(entry));
  let harmless = 0;
  for (let at = 0; at < bytes.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const flipped = bytes.slice();
      flipped[at] = (bytes[at] ?? 0) ^ 1 << bit;
      const line = parseLine(new TextDecoder().decode(flipped));
      if (line?.kind === "corrupt") continue;
      // The sum itself was hit, and now looks like an unknown field.
      const { op, seq, lane, lease, loop_ts } = line?.entry ?? { op: "" };
      assertEquals({ op, seq, lane, lease, loop_ts }, {
        ...{ op: entry.op, seq: entry["seq"], lane: entry["lane"] },
        ...{ lease: entry["lease"], loop_ts: entry["loop_ts"] },
      });
      harmless++;
    }
  }
  assert_(harmless < 100, `${harmless} of ${bytes.length * 8} were read`);
});

it("mayHaveBeen() returns whether a line that is lost may have granted something", () => {
  const missing = "so a lease may be missing";
  assertEquals(mayHaveBeen('{"lane":"api","op":"ACQUIRE","se'), `it was an ACQUIRE, ${missing}`);
  assertEquals(mayHaveBeen('{"op": "CHECKPOINT", "x'), `it was a CHECKPOINT, ${missing}`);
  assertEquals(
    mayHaveBeen('{"op":"HEARTBEAT","seq":1x{"op":"RELEASE"}'),
    "it was a HEARTBEAT and a RELEASE",
  );
  assertEquals(mayHaveBeen('{"op":"HALT","x"{"op":"ADOPT"}'), `it was an ADOPT, ${missing}`);
  const unknown = `it may have been an ACQUIRE or a CHECKPOINT, ${missing}`;
  assertEquals(mayHaveBeen('{"lane":"api","op":"ACQ'), unknown);
  assertEquals(mayHaveBeen('{"op":"ACQUIRF"}'), unknown);
  assertEquals(mayHaveBeen(""), unknown);
});

it("identityOf() takes a number of any length for its digits, as dos does", () => {
  const lane = (text: string) => {
    const line = parseLine(`{"op":"ACQUIRE","lane":"a","loop_ts":${text}}`);
    return line?.kind === "entry" ? identityOf(line.entry)?.loop_ts : line?.reason;
  };
  assertEquals(["7", "12345678901234567890", "null", '"x"', "[1]", "{}"].map(lane), [
    ...["7", "12345678901234567890", "", "x"],
    ...["has no valid lane or loop_ts", "has no valid lane or loop_ts"],
  ]);
});

it("seqProblem() says which number does not count, as it stands in the line", () => {
  const problem = (text: string, lastSeq = 5) => {
    const line = parseLine(text);
    return line?.kind === "entry"
      ? seqProblem(line.entry, { seq: lastSeq, lastSeq })
      : line?.reason;
  };
  const of = (seq: string) => problem(`{"op":"SPAWN","seq":${seq}}`);
  assertEquals(["6", "500", "5", "281474976710656", "1e999", "-1", '"7"', "[{}]", "null"].map(of), [
    ...[undefined, undefined, "has seq 5 after 5", "has seq 281474976710656, far ahead of 5"],
    "has seq 1e999, which no entry can have: it does not count",
    "has seq -1, which no entry can have: it does not count",
    'has seq "7", which no entry can have: it does not count',
    "has seq [{}], which no entry can have: it does not count",
    undefined,
  ]);
  assertEquals(
    problem('{"op":"CHECKPOINT","seq":4,"seq_watermark":4503599627370497}'),
    "has seq_watermark 4503599627370497, which no entry can have: it does not count",
  );
  assertEquals(problem('{"op":"X","seq":281474976710657}', 2 ** 48), undefined);
});
