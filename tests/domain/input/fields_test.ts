import { assert_, assertEquals, it } from "../../deps.ts";
import * as fields from "../../../src/domain/input/fields.ts";
import type { InputRule } from "../../../src/domain/input/rule.ts";
import * as taskFields from "../../../src/domain/task/fields.ts";
import * as reservationFields from "../../../src/domain/reservation/fields.ts";
import * as limits from "../../../src/domain/limits.ts";

function accepts(rule: InputRule, ...values: unknown[]) {
  for (const value of values) {
    assertEquals(rule.problems(value), [], JSON.stringify(value)?.slice(0, 60));
  }
}

function refuses(rule: InputRule, ...values: unknown[]) {
  for (const value of values) {
    const problems = rule.problems(value);
    assert_(problems.length === 1, `one problem with ${JSON.stringify(value)?.slice(0, 60)}`);
  }
}

it("identifier takes 1 to 256 characters without controls, separators or outer spaces", () => {
  accepts(fields.identifier, "a", "agent 7", "日本", "x".repeat(limits.MAX_IDENTIFIER), "unknown");
  refuses(fields.identifier, "", "x".repeat(limits.MAX_IDENTIFIER + 1), " a", "a ", "\u00a0a");
  refuses(
    fields.identifier,
    "a\nb",
    "a\u0085b",
    "a\u2028b",
    "a\u2029b",
    "a\u0000",
    "a\u007f",
    "\x1b[0m",
  );
  refuses(fields.identifier, "\ud800", 5, null);
});

it("holderId refuses the run id of an unknown agent", () => {
  accepts(fields.holderId, "agent-1");
  refuses(fields.holderId, limits.UNKNOWN_RUN, "");
});

it("queue takes 1 to 64 of its characters", () => {
  accepts(taskFields.queue, "default", "A-Z_09", "q".repeat(limits.MAX_QUEUE));
  refuses(taskFields.queue, "", "a b", "ä", "../x", "a\n", "q".repeat(limits.MAX_QUEUE + 1));
});

it("title takes any length but not nothing", () => {
  accepts(taskFields.title, "x", "x".repeat(10_000));
  refuses(taskFields.title, "", "   ", "\n\t", "\ud800");
});

it("tags takes 32 of 64 characters", () => {
  accepts(taskFields.tags, [], ["a"], Array(limits.MAX_TAGS).fill("t".repeat(limits.MAX_TAG)));
  refuses(taskFields.tags, Array(limits.MAX_TAGS + 1).fill("a"), ["t".repeat(limits.MAX_TAG + 1)]);
  refuses(taskFields.tags, [""], ["a\nb"], "a", [5]);
});

it("payload takes an object of at most 65536 bytes", () => {
  const room = limits.MAX_PAYLOAD_BYTES - `{"a":""}`.length;
  accepts(taskFields.payload, {}, { a: "x".repeat(room) });
  refuses(taskFields.payload, { a: "x".repeat(room + 1) }, { a: "é".repeat(room / 2 + 1) });
  refuses(taskFields.payload, [], "x", 5, null, { a: Infinity }, { a: "\ud800" });
});

it("every bounded number takes its bounds and nothing beyond", () => {
  const bounded: [InputRule, { min: number; max: number }][] = [
    [taskFields.priority, limits.PRIORITY],
    [taskFields.taskTtl, limits.TASK_TTL_S],
    [taskFields.claimTtl, limits.CLAIM_TTL_S],
    [fields.extension, limits.EXTENSION_S],
    [reservationFields.reservationTtl, limits.RESERVATION_TTL_S],
    [fields.grace, limits.GRACE_S],
    [fields.wait, limits.WAIT_S],
    [taskFields.listLimit, limits.LIST_LIMIT],
  ];
  for (const [rule, { min, max }] of bounded) {
    accepts(rule, min, max);
    refuses(rule, min - 1, max + 1, NaN, "5");
  }
  refuses(taskFields.claimTtl, 1.5);
  accepts(fields.wait, 0.5);
});

it("errorText takes 4096 characters", () => {
  accepts(taskFields.errorText, "", "e".repeat(limits.MAX_ERROR));
  refuses(taskFields.errorText, "e".repeat(limits.MAX_ERROR + 1));
});

it("operation takes the words of the trade", () => {
  accepts(reservationFields.operation, "rename", "merge");
  refuses(reservationFields.operation, "", "Rename", "refactor", null);
});

it("reason takes one line of 256 characters", () => {
  accepts(fields.reason, "completed", "agent-7 has crashed", "r".repeat(limits.MAX_REASON));
  refuses(fields.reason, "", "r".repeat(limits.MAX_REASON + 1), "a\nb", "a\u2028b", "\x1b[0m");
});

it("detail takes 4096 characters, line breaks too", () => {
  accepts(fields.detail, "", "two\nlines", "d".repeat(limits.MAX_DETAIL));
  refuses(fields.detail, "d".repeat(limits.MAX_DETAIL + 1), "\ud800");
});

it("recordId takes prefixes of 6 to 64 hex digits with or without the name of the hash", () => {
  accepts(fields.recordId, "abcdef", "ABCDEF", "sha256:abcdef", "a".repeat(64));
  refuses(fields.recordId, "abcde", "a".repeat(65), "xyzxyz", "sha256:", "", "md5:abcdef");
});
