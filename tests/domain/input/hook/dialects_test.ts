import { DIALECTS } from "../../../../src/commands/hook/dialects.ts";
import { SAMPLES } from "../../../../src/domain/input/hook/sample.ts";
import { speakerOf } from "../../../../src/domain/input/hook/speaker.ts";
import { isObject, type JsonObject } from "../../../../src/domain/json.ts";
import { assertEquals, it } from "../../../deps.ts";
import { RECORDED } from "./payloads.ts";

for (const each of RECORDED) {
  const { host, called, what, payload, event, moment, session, agent, cwd = "/w", writes } = each;
  it(`the dialect of ${host} reads ${what}${called ? ` that ${called} is to hear` : ""}`, async () => {
    assertEquals(speakerOf(called ?? host, payload as JsonObject), host);
    const dialect = await DIALECTS[host]?.();
    const read = dialect?.read(payload as JsonObject, event);
    const { reads = [], shell } = each;
    assertEquals(read, { moment, session, agent, cwd: cwd ?? undefined, writes, reads, shell });
  });
}

it("every dialect has payloads and a sample, and reads an empty one as no edit", async () => {
  assertEquals([...new Set(RECORDED.map(({ host }) => host))].sort(), Object.keys(DIALECTS).sort());
  assertEquals(Object.keys(SAMPLES).sort(), Object.keys(DIALECTS).sort());
  for (const load of Object.values(DIALECTS)) {
    const dialect = await load();
    assertEquals(dialect.read({}, undefined).writes, []);
    assertEquals(dialect.read({}, undefined).reads, []);
    assertEquals(dialect.read({}, undefined).moment, "other");
  }
});

/** All values like this one with one part of it replaced. */
function* spoiled(value: unknown): Generator<unknown> {
  yield* [null, 7, true, "", "x", [], [7, null, { path: 7 }], {}, { path: {} }];
  if (typeof value !== "object" || value === null) return;
  for (const [key, part] of Object.entries(value)) {
    for (const other of spoiled(part)) yield { ...value, [key]: other };
  }
}

it("every dialect reads names and paths, whatever a payload has in their places", async () => {
  for (const { host, payload, event } of RECORDED) {
    const dialect = await DIALECTS[host]?.();
    for (const other of spoiled(payload)) {
      if (!isObject(other)) continue;
      const read = dialect?.read(other as JsonObject, event);
      const { session = "s", agent = "a", cwd = "c", writes = [] } = read ?? {};
      const odd = [session, agent, cwd, ...writes].filter((name) =>
        typeof name !== "string" || name === ""
      );
      assertEquals(odd, [], `${host}: ${JSON.stringify(other)}`);
    }
  }
});
