/**
 * Numbers in a journal that no writer of coord gives: they stop nothing, and no fence goes back.
 */
import { assert_, assertEquals, it } from "../../deps.ts";
import { encodeLine, type JournalEntry } from "../../../src/domain/journal/line.ts";
import { workspace } from "../../support/scene/workspace.ts";

const JOURNAL = "lanes/lane-journal.jsonl";

/** As they may stand in a line; some are no JSON number that a program can hold. */
const NUMBERS = [
  "281474976710656",
  "281474976710655",
  "9007199254740991",
  "9007199254740992",
  "1e15",
  "1e308",
  "1e999",
  "-1",
  "1.5",
  '"7"',
  "null",
  "[]",
];

/** Lines with a number in some place. */
const LINES: Readonly<Record<string, (number: string) => string>> = {
  "an entry's seq": (n) => `{"op":"SPAWN","lane":"z","loop_ts":"z","seq":${n}}`,
  "a grant's seq": (n) => `{"op":"ACQUIRE","lane":"z","loop_ts":"z","tree":["z"],"seq":${n}}`,
  "a grant's base_seq": (n) =>
    `{"op":"ACQUIRE","lane":"z","loop_ts":"z","tree":["z"],"base_seq":${n}}`,
  "a corrupt line's seq": (n) => `{"op":"SPAWN","lane":"z","seq":${n},"x`,
};

/** A workspace with one grant, to which a line is added. */
async function scene(line: string) {
  const place = await workspace();
  const owner = "me";
  const fenceOf = async (lane: string): Promise<number> => {
    const { lanes } = place.open();
    const grant = await lanes.acquire({ lane, tree: [lane], owner });
    assert_(grant.status === "acquired", `${line}: ${lane} is ${grant.status}`);
    assertEquals((await lanes.check({ lane, fence: grant.fence })).status, "current", line);
    return grant.fence;
  };
  const fences = [await fenceOf("first")];
  place.host.fs.append(`${place.path}/${JOURNAL}`, new TextEncoder().encode(`${line}\n`));
  return {
    ...place,
    owner,
    fences,
    take: async (lane: string) => fences.push(await fenceOf(lane)),
  };
}

it("lanes go on after a line with an absurd number, and no fence goes back", async () => {
  for (const [what, lineOf] of Object.entries(LINES)) {
    for (const number of NUMBERS) {
      const line = lineOf(number);
      const at = `${what} ${number}`;
      const { open, fences, take, owner } = await scene(line);
      await take("a");
      assertEquals((await open().journal.compact()).status, "compacted", at);
      await take("b");
      for (const lane of ["first", "a"]) {
        assertEquals((await open().lanes.release({ lane, owner })).status, "released", at);
      }
      assertEquals((await open().lanes.heartbeat({ lane: "b", owner })).status, "ok", at);
      assertEquals((await open().journal.compact()).status, "compacted", at);
      await take("a");
      assertEquals(fences, [...new Set(fences)].sort((a, b) => a - b), at);
      assert_(fences.every((fence) => Number.isSafeInteger(fence)), at);
    }
  }
});

it("lanes go on after a checkpoint of another program with an absurd number", async () => {
  for (const field of ["seq", "seq_watermark"]) {
    for (const number of NUMBERS) {
      const at = `${field} ${number}`;
      const lease =
        `{"lane":"first","loop_ts":"1","holder":"me","tree":["first"],"fence":${number}}`;
      const line = `{"op":"CHECKPOINT","leases":[${lease}],"${field}":${number}}`;
      const { open, fences, take, owner } = await scene(line);
      for (const lane of ["a", "b", "c"]) {
        await take(lane);
        const { status } = await open().journal.compact();
        assertEquals(status === "compacted" || status === "nothing_to_compact", true, at);
      }
      assertEquals((await open().lanes.release({ lane: "first", owner })).status, "released", at);
      await take("first");
      assertEquals(fences, [...new Set(fences)].sort((a, b) => a - b), at);
    }
  }
});

it("verify() names every line whose number cannot be, and only these", async () => {
  for (const number of NUMBERS.filter((number) => number !== "null")) {
    const { open, take } = await scene(`{"op":"SPAWN","lane":"z","loop_ts":"z","seq":${number}}`);
    await take("a");
    const { status, problems } = await open().journal.verify();
    assertEquals(
      { number, status, found: problems.map(({ line, kind }) => ({ line, kind })) },
      { number, status: "damaged", found: [{ line: 2, kind: "seq" }] },
    );
    assertEquals((await open().journal.compact()).status, "compacted");
    const after = await open().journal.verify();
    assertEquals(after.problems.map(({ line, kind }) => ({ line, kind })), [{
      line: 2,
      kind: "seq",
    }], number);
  }
  const { open, take } = await scene('{"op":"SPAWN","lane":"z","loop_ts":"z"}');
  await take("a");
  assertEquals((await open().journal.verify()).status, "sound", "dos need not number its lines");
});

it("encodeLine() seals an absurd number as it is, and it stops nothing either", async () => {
  const entry: JournalEntry = {
    op: "CHECKPOINT",
    seq: 2 ** 53 - 1,
    seq_watermark: 2 ** 53,
    leases: [],
  };
  const { fences, take } = await scene(encodeLine(entry));
  await take("a");
  await take("b");
  assertEquals(fences, [1, 2, 3]);
});
