import { COORD, FLOOR } from "../../../scripts/bench/peers/queues/files_and_sqlite.ts";
import { round } from "../../../scripts/bench/peers/rounds.ts";
import { buildShim, type SyncShim } from "../../../scripts/bench/peers/sync_shim.ts";
import { assert_, assertEquals, it } from "../../deps.ts";
import { itWith } from "../../support/program/programs.ts";

/** A shim that slows and counts nothing. */
const NO_SHIM: SyncShim = {
  env: {},
  delay() {},
  skip() {},
  count: () => 0,
  [Symbol.dispose]() {},
};

for (const peer of [FLOOR, COORD]) {
  it(`round() measures ${peer.name}, and ends its processes`, async () => {
    const dir = await Deno.makeTempDir();
    const size = { ms: 50, pending: 5, warm: { ms: 30, tasks: 1 } };
    const samples = await round(peer, { dir, env: {} }, 1, [0], size, NO_SHIM);
    assertEquals(samples.map(({ syncMs }) => syncMs), [0]);
    const [{ enqueue, work } = { enqueue: undefined, work: undefined }] = samples;
    assert_(enqueue !== undefined && enqueue.rate > 0 && work.rate > 0);
    await Deno.remove(dir, { recursive: true });
  });
}

itWith("gcc")("buildShim() makes syncs late, counts them, and can leave them out", async () => {
  const dir = await Deno.makeTempDir();
  using shim = await buildShim(dir);
  const timed = async (option: string) => {
    const start = performance.now();
    const command = new Deno.Command("sync", { args: [option, dir], env: shim.env });
    const { success } = await command.output();
    assert_(success);
    return performance.now() - start;
  };
  await timed("--data");
  assertEquals(shim.count(), 1);
  shim.delay(1_000);
  assert_(await timed("--file-system") >= 1_000);
  assertEquals(shim.count(), 2);
  shim.skip(true);
  assert_(await timed("--data") < 1_000);
  assertEquals(shim.count(), 2);
  await Deno.remove(dir, { recursive: true });
});
