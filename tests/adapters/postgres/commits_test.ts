/** Where the disk decides how long a commit takes, processes do not wait for each other's. */
import { openPostgres } from "../../../src/adapters/postgres/open.ts";
import { afterEach, assert_, assertEquals } from "../../deps.ts";
import { sized } from "../../support/length.ts";
import { closeOpened, itThere, newDataBase, opened } from "../../support/postgres.ts";
import type { CommitOrders } from "../../support/race/commit_worker.ts";
import { start, until } from "../../support/race/processes.ts";
import { coordOn } from "../../support/scene/over_store.ts";
import { makeTempDir, treeOf, writeOver } from "../../support/scene/scratch.ts";

afterEach(closeOpened);

const PROCESSES = 8;

/**
 * How long a commit takes, how many tasks each process has, and how many times as fast all of them are. Were
 * one commit to wait for another's, it would be once. On a busy machine their other work is in turn.
 */
const SIZE = sized(
  { ms: 0, each: 0, times: 0 },
  { ms: 700, each: 2, times: 2.5 },
  { ms: 5, each: 300, times: 5 },
);

itThere(
  "eight processes commit side by side, where a commit takes long",
  async () => {
    const { place, sql } = await newDataBase();
    await sql.write(
      `CREATE FUNCTION public.linger() RETURNS trigger LANGUAGE plpgsql AS
       'BEGIN PERFORM pg_sleep(${SIZE.ms / 1_000}); RETURN NULL; END'`,
    );
    await sql.write(
      `CREATE CONSTRAINT TRIGGER linger AFTER UPDATE ON coord.task DEFERRABLE INITIALLY DEFERRED
       FOR EACH ROW EXECUTE FUNCTION public.linger()`,
    );
    const { host, port, database, space } = place;
    const url = `postgres://coord@localhost:${port}/${database}?host=${host}&space=${space}`;
    const { tasks } = coordOn(opened(await openPostgres(place)));
    /** Milliseconds in which some processes do their tasks. */
    const timeOf = async (processes: number) => {
      const folder = makeTempDir();
      const go = `${folder}/go`;
      const title = (n: number) => `${processes}: ${n}`;
      const inputs = Array.from(
        { length: processes * SIZE.each },
        (_, n) => ({ title: title(n), runId: "p" }),
      );
      await tasks.enqueueAll(inputs);
      const names = Array.from({ length: processes }, (_, n) => `${folder}/${n}`);
      const children = names.map((ready) => {
        const orders: CommitOrders = { url, runId: ready, ready, go };
        return start("race/commit_worker.ts", orders);
      });
      await until("processes are connected", () => treeOf(folder).length === processes, 60_000);
      const began = Date.now();
      writeOver(go, "");
      const ended = await Promise.all(children.map((child) => child.ended));
      assertEquals(ended.map(({ code }) => code), names.map(() => 0), JSON.stringify(ended));
      return Math.max(...ended.map(({ output }) => Number(output))) - began;
    };
    const one = await timeOf(1);
    const all = await timeOf(PROCESSES);
    const factor = PROCESSES * one / all;
    const rate = (count: number, ms: number) => Math.round(count * SIZE.each * 1_000 / ms);
    console.log(
      `${rate(1, one)} pairs/s of one process, ${rate(PROCESSES, all)} of ${PROCESSES}: ${
        factor.toFixed(1)
      } times`,
    );
    assert_(factor > SIZE.times, `it was ${factor.toFixed(1)} times as fast`);
  },
);
