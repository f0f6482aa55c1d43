/** Processes of one holder that extend one reservation, while others want it and some are killed or stopped. */
import { initWorkspace } from "../../src/adapters/fs/layout.ts";
import { KEPT_BEATS } from "../../src/domain/limits.ts";
import { detectHost } from "../../src/host/detect.ts";
import { assert_, assertEquals, itIf } from "../deps.ts";
import { isHeavy, sized } from "../support/length.ts";
import { newSeed } from "../support/random.ts";
import type { BeatOrders } from "../support/race/beat_worker.ts";
import { type Child, signal, sleep, start } from "../support/race/processes.ts";
import { openReservations } from "../support/scene/reservation_files.ts";
import { makeTempDir } from "../support/scene/scratch.ts";

const host = await detectHost();
const WORKERS = 4;

itIf(isHeavy(), "processes race for seconds: COORD_HEAVY=1")(
  "heartbeats of racing processes all count, keep others out and leave few files, also when some are killed",
  async () => {
    const random = newSeed("beats");
    const { path: workspace } = initWorkspace(host, makeTempDir());
    const { reservations } = openReservations(workspace, Date.now);
    const input = { addresses: ["x"], exclusive: true, ttl: 3_600 };
    const answer = await reservations.reserve({ ...input, runId: "a" });
    assert_(answer.status === "reserved");
    const { reservation_id: id } = answer;
    const beats = sized(100, 300, 20_000);
    const begin = () => {
      const seed = random.below(2 ** 31);
      const orders: BeatOrders = { workspace, id, runId: "a", beats, seed };
      return start("race/beat_worker.ts", orders);
    };
    const children = Array.from({ length: WORKERS }, begin);
    const running = new Set<Child>(children);
    const watched = (child: Child) => void child.ended.then(() => running.delete(child));
    children.forEach(watched);
    let kills = sized(1, 4, 40);
    let most = 0;
    const count = () => host.fs.list(`${workspace}/heartbeats`)?.length ?? 0;
    while (running.size > 0) {
      await sleep(20 + random.below(60));
      most = Math.max(most, count());
      const other = await reservations.reserve({ ...input, runId: "b" });
      assertEquals(other.status, "conflict");
      if (running.size === 0) break;
      const child = random.pick([...running]);
      const choice = random.below(100);
      if (choice < 30) {
        signal(child.pid, "SIGSTOP");
        await sleep(random.below(100));
        signal(child.pid, "SIGCONT");
      } else if (kills > 0 && choice < 50) {
        kills--;
        child.kill();
        const next = begin();
        children.push(next);
        running.add(next);
        watched(next);
      }
    }
    const ends: string[] = [];
    for (const { ended } of children) {
      const { code, output } = await ended;
      assert_(code === 0 || code === null, output);
      const lines = output.split("\n").filter((line) => /^\d{4}-.*Z$/.test(line));
      assertEquals(output.includes("warned"), false, output);
      ends.push(...lines.slice(-1));
    }
    const [item] = (await openReservations(workspace, Date.now).reservations.list()).reservations;
    assert_(ends.length >= WORKERS && item !== undefined);
    assert_(item.expires_at >= (ends.sort().at(-1) ?? ""), `${item.expires_at}: one is lost`);
    // Each killed process leaves a file at most, and each that is under way some of one time.
    const limit = 2 * KEPT_BEATS + 3 + children.length + WORKERS * KEPT_BEATS;
    assert_(most <= limit, `${most} files of heartbeats, more than ${limit}`);
    for (let n = 0; n <= 2 * KEPT_BEATS; n++) await reservations.heartbeat({ id, runId: "a" });
    assert_(count() <= 2 * KEPT_BEATS + 3 + children.length, `${count()} files are left`);
    console.log(`${children.length} processes, ${most} files at most, ${count()} at last`);
  },
);
