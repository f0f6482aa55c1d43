/** graphile-worker as its manual shows it: a worker that calls a function for each task, one at a time. */
import { Completions, type Connect, PAYLOAD } from "./client.ts";
import { load } from "./packages.ts";

/** What is used of `graphile-worker`. */
interface GraphileWorker {
  makeWorkerUtils(options: object): Promise<{
    migrate(): Promise<void>;
    addJob(name: string, payload: object): Promise<unknown>;
    addJobs(jobs: readonly { identifier: string; payload: object }[]): Promise<unknown>;
    release(): Promise<void>;
  }>;
  runTaskList(options: object, tasks: Record<string, () => void>, pool: object): {
    gracefulShutdown(): Promise<void>;
    promise: Promise<void>;
  };
  Logger: new (factory: () => () => void) => object;
}

interface Pool {
  on(event: string, listener: () => void): void;
  end(): Promise<void>;
}

interface Emitter {
  on(event: "job:complete", listener: () => void): unknown;
}

const NAME = "task";

export const connect: Connect = async ({ host }) => {
  const { makeWorkerUtils, runTaskList, Logger } = await load<GraphileWorker>("graphile-worker");
  const { Pool } = await load<{ Pool: new (options: object) => Pool }>("pg");
  const { EventEmitter } = await import("node:events");
  const pgPool = new Pool({ host, user: "bench", database: "postgres", max: 4 });
  for (const event of ["error", "connect"]) pgPool.on(event, () => {}); // or it warns of their lack
  const logger = new Logger(() => () => {});
  const utils = await makeWorkerUtils({ pgPool, logger });
  await utils.migrate();
  return {
    enqueue: () => utils.addJob(NAME, PAYLOAD),
    async fill(count) {
      for (let left = count; left > 0; left -= 1000) {
        const jobs = Array.from({ length: Math.min(left, 1000) }, () => ({
          identifier: NAME,
          payload: PAYLOAD,
        }));
        await utils.addJobs(jobs);
      }
    },
    async work(until) {
      const completions = new Completions();
      const events: Emitter = new EventEmitter();
      events.on("job:complete", completions.add);
      const options = { concurrency: 1, noHandleSignals: true, logger, events };
      const pool = runTaskList(options, { [NAME]: () => {} }, pgPool);
      const done = await completions.done(until);
      await pool.gracefulShutdown();
      await pool.promise;
      return done;
    },
    async close() {
      await utils.release();
      await pgPool.end();
    },
  };
};
