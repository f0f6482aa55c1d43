import { DIALECTS } from "../../../../src/commands/hook/dialects.ts";
import { speakerOf } from "../../../../src/domain/input/hook/speaker.ts";
import type { JsonObject } from "../../../../src/domain/json.ts";
import { assertEquals, it } from "../../../deps.ts";
import { RECORDED } from "./payloads.ts";

for (const each of RECORDED) {
  const { host, called, what, payload, event, moment, session, agent, cwd = "/w", writes } = each;
  it(`the dialect of ${host} reads ${what}${called ? ` that ${called} is to hear` : ""}`, async () => {
    assertEquals(speakerOf(called ?? host, payload as JsonObject), host);
    const dialect = await DIALECTS[host]?.();
    const read = dialect?.read(payload as JsonObject, event);
    assertEquals(read, { moment, session, agent, cwd: cwd ?? undefined, writes });
  });
}

it("every dialect has payloads, and reads an empty one as no edit", async () => {
  assertEquals([...new Set(RECORDED.map(({ host }) => host))].sort(), Object.keys(DIALECTS).sort());
  for (const load of Object.values(DIALECTS)) {
    const dialect = await load();
    assertEquals(dialect.read({}, undefined).writes, []);
    assertEquals(dialect.read({}, undefined).moment, "other");
  }
});
