import { enveloped } from "../../src/cli/envelope.ts";
import { jsonLine } from "../../src/domain/json.ts";
import { VERSION } from "../../src/domain/version.ts";
import { assertEquals, it } from "../deps.ts";

const CALL = { exitCode: 0, durationMs: 1.23456, now: 0, warnings: ["careful"], status: "ok" };
const HEAD = `"coord_version":"${VERSION}","schema_version":"${VERSION}","schema":1,`;

const envelopeLine = (value: object, call: typeof CALL) => jsonLine(enveloped(value, call));

it("enveloped() puts the envelope before the value's fields", () => {
  assertEquals(
    envelopeLine({ status: "claimed", n: 1 }, CALL),
    `{"ok":true,${HEAD}"exit_code":0,"duration_ms":1.235,` +
      `"timestamp":"1970-01-01T00:00:00.000Z","warnings":["careful"],"status":"claimed","n":1}`,
  );
});

it("enveloped() gives a status to a value that has none", () => {
  assertEquals(JSON.parse(envelopeLine({ n: 1 }, CALL)).status, "ok");
});

it("enveloped() is not ok with any other exit code", () => {
  const parsed = JSON.parse(envelopeLine({ status: "empty" }, { ...CALL, exitCode: 1 }));
  assertEquals([parsed.ok, parsed.exit_code, parsed.status], [false, 1, "empty"]);
});

it("enveloped() lets no field of a record pass for one of the envelope", () => {
  const forged = {
    ok: "yes",
    exit_code: 9,
    warnings: "none",
    timestamp: 1,
    schema: 7,
    error: null,
  };
  const parsed = JSON.parse(envelopeLine(forged, CALL));
  assertEquals([parsed.ok, parsed.exit_code, parsed.warnings, parsed.timestamp, parsed.schema], [
    true,
    0,
    ["careful"],
    "1970-01-01T00:00:00.000Z",
    1,
  ]);
  assertEquals(parsed.error, null);
});

it("enveloped() is one line for readers that split lines generously", () => {
  const line = envelopeLine({ title: "a\nb\u0085c\u2028d" }, CALL);
  assertEquals(/[\n\r\v\f\u0085\u2028\u2029]/.test(line), false);
  assertEquals(JSON.parse(line).title, "a\nb\u0085c\u2028d");
});
