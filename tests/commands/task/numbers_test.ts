/** Numbers that a double cannot hold: refused from a caller, kept as they are from another tool. */
import { main } from "../../../src/cli/main.ts";
import { assert_, assertEquals, assertStringIncludes, it } from "../../deps.ts";
import { fakeHost, scratch } from "../../support/fake/host.ts";

const NOW = Date.UTC(2026, 10, 21, 9, 30);
const BIG = "1234567890123456789";
const CHANGES = `holds the number ${BIG}, which would become 1234567890123456800; ` +
  "put it in quotes to keep it as it is";
const STEM = "3f2b8c1e-5d0a-4b6f-9a53-0d6a2f3b4c5d";

async function workspace() {
  const folder = scratch();
  const call = async (args: string[], stdin = "") => {
    const host = fakeHost({ args: [...args, "--json"], cwd: folder.path, stdin });
    const code = await main(host, () => NOW);
    return { code, out: host.out, err: host.err };
  };
  await call(["init"]);
  const { fs } = fakeHost();
  const root = `${folder.path}/.coord`;
  return {
    call,
    put(name: string, text: string) {
      fs.makeDir(`${root}/${name.split("/")[0]}`);
      fs.createNew(`${root}/${name}`, new TextEncoder().encode(text));
    },
    read: (name: string) => new TextDecoder().decode(fs.read(`${root}/${name}`)),
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

function errorOf({ out }: { out: string }): string {
  return JSON.parse(out).error;
}

it("enqueue and complete refuse a number that would be rounded, and keep it in quotes", async () => {
  using w = await workspace();
  const payload = await w.call(["enqueue", "t", "--run-id", "p", "--payload", `{"id":${BIG}}`]);
  const line = await w.call(
    ["enqueue", "--stdin", "--run-id", "p"],
    `{"title":"t","payload":{"ids":["x",${BIG}]}}\n{"title":"u","priority":1,"priority":2}\n`,
  );
  const quoted = await w.call(["enqueue", "t", "--run-id", "p", "--payload", `{"id":"${BIG}"}`]);
  const claimed = await w.call(["claim", "--run-id", "a"]);
  const { task_id } = JSON.parse(claimed.out);
  const result = await w.call(
    ["complete", task_id, "--run-id", "a", "--result", `{"n":[1e400]}`],
  );
  assertEquals(
    { payload: payload.code, line: line.code, quoted: quoted.code, result: result.code },
    { payload: result.code, line: result.code, quoted: 0, result: result.code },
  );
  assertStringIncludes(errorOf(payload), CHANGES);
  assertStringIncludes(errorOf(line), `line 1 ${CHANGES}`);
  assertStringIncludes(errorOf(line), `line 2 holds the key "priority" twice in one object`);
  assertStringIncludes(claimed.out, `"payload":{"id":"${BIG}"}`);
  assertStringIncludes(errorOf(result), "holds the number 1e400, which is too large");
});

it("claim, heartbeat, tasks, watch and complete keep the numbers of another tool's records", async () => {
  using w = await workspace();
  w.put(
    `tasks/${STEM}.json`,
    `{"title":"t","created_at":"2026-11-21T09:00:00.5+00:00","payload":{"id":${BIG},"e":1e400}}`,
  );
  w.put(
    `claims/${STEM}.json`,
    `{"claimer_run_id":"m","claimed_at":"2026-11-21T09:00:00Z","expires_at":"2026-11-21T09:01:00Z",` +
      `"muse_seq":-${BIG}}`,
  );
  const claimed = await w.call(["claim", "--run-id", "a"]);
  assertStringIncludes(claimed.out, `"payload":{"id":${BIG},"e":1e400}`);
  await w.call(["heartbeat", STEM, "--run-id", "a"]);
  const completed = await w.call(["complete", STEM, "--run-id", "a"]);
  const view = w.read(`claims/${STEM}.json`);
  for (const text of [claimed.out, completed.out, view, w.read(`claims/${STEM}.end`)]) {
    assertStringIncludes(text, `"muse_seq":-${BIG}`);
  }
  assertStringIncludes((await w.call(["tasks"])).out, `"payload":{"id":${BIG},"e":1e400}`);
  const streamed = await w.call(["watch", "--once"]);
  assert_(
    streamed.out.includes(`"muse_seq":-${BIG}`) && streamed.out.includes(`{"id":${BIG},"e":1e400}`),
    streamed.out,
  );
});

it("a heartbeat keeps the numbers of another tool's heartbeat of a reservation", async () => {
  using w = await workspace();
  const made = JSON.parse((await w.call(["reserve", "src/a", "--run-id", "a"])).out);
  const stem = made.reservation_id.slice("sha256:".length);
  w.put(
    `heartbeats/${stem}.json`,
    `{"run_id":"a","last_beat_at":"2026-11-21T09:29:00Z","extended_expires_at":` +
      `"2026-11-21T09:59:00Z","tick":${BIG}}`,
  );
  await w.call(["heartbeat", stem, "--run-id", "a"]);
  assertStringIncludes(w.read(`heartbeats/${stem}.json`), `"tick":${BIG}`);
});
