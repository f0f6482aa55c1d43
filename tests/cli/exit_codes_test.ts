import { exitCodeOfValue, exitCodes, failureOf } from "../../src/cli/exit_codes.ts";
import { CoordError, type CoordErrorCode } from "../../src/domain/errors.ts";
import { HostError } from "../../src/ports/host.ts";
import { assertEquals, it } from "../deps.ts";

it("exitCodeOfValue() is 1 for an honest no, 5 for a busy lock, 75 for a vain wait", () => {
  const codes = Object.fromEntries(
    [
      ...["empty", "refused", "conflict", "not_holder", "already_released", "terminal"],
      ...[
        "stale_fence",
        "lock_busy",
        "timeout",
        "claimed",
        "completed",
        "failed",
        "cancelled",
        "ok",
      ],
    ].map((status) => [status, exitCodeOfValue({ status })]),
  );
  assertEquals(codes, {
    empty: 1,
    refused: 1,
    conflict: 1,
    not_holder: 1,
    already_released: 1,
    terminal: 1,
    stale_fence: 1,
    lock_busy: 5,
    timeout: 75,
    claimed: 0,
    completed: 0,
    failed: 0,
    cancelled: 0,
    ok: 0,
  });
});

it("exitCodeOfValue() is 0 without a status, and for one that is no text", () => {
  assertEquals([exitCodeOfValue({}), exitCodeOfValue({ status: 1 })], [0, 0]);
});

it("failureOf() maps every code of a CoordError", () => {
  const codes: CoordErrorCode[] = [
    ...["bad_args", "bad_id", "bad_task_id", "bad_queue", "bad_payload"] as const,
    ...["no_workspace", "io_error", "internal", "not_found"] as const,
  ];
  assertEquals(
    codes.map((code) => failureOf(new CoordError(code, "no", { a: 1 }))),
    [64, 64, 64, 64, 64, 2, 3, 3, 4].map((exitCode, at) => ({
      status: codes[at] ?? "internal",
      exitCode,
      error: "no",
      details: { a: 1 },
    })),
  );
});

it("failureOf() takes what the machine refuses for an I/O error", () => {
  assertEquals(failureOf(new HostError("no_space", "write", "/w/x")), {
    status: "io_error",
    exitCode: 3,
    error: 'Cannot write "/w/x": no space left on the device or quota reached',
    details: { reason: "no_space", path: "/w/x" },
  });
});

it("failureOf() takes anything else for a bug, and shows no stack", () => {
  assertEquals(
    [new TypeError("x is undefined"), "thrown text", new Error("")].map((thrown) =>
      failureOf(thrown)
    ),
    ["x is undefined", "thrown text", "no message"].map((message) => ({
      status: "internal" as const,
      exitCode: 3,
      error: `Internal error: ${message}`,
      details: {},
    })),
  );
});

it("exitCodes() lists every status once, with the code that it has", () => {
  const listed = exitCodes().flatMap(({ code, statuses }) =>
    statuses.map((status) => [status, code] as const)
  );
  assertEquals(new Set(listed.map(([status]) => status)).size, listed.length);
  for (const [status, code] of listed) {
    const refused = exitCodeOfValue({ status });
    const failed = refused === 0 ? failureOf(new CoordError(status as CoordErrorCode, "")) : null;
    assertEquals(failed?.exitCode ?? refused, code, status);
  }
  assertEquals(exitCodes().map(({ code }) => code), [0, 1, 2, 3, 4, 5, 64, 75, 130]);
});
