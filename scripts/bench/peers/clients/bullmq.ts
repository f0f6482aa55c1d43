/** BullMQ as its manual shows it: a worker that calls a function for each task, one at a time. */
import { Completions, type Connect, PAYLOAD, RESULT } from "./client.ts";
import { load } from "./packages.ts";

interface Bullmq {
  Queue: new (name: string, options: object) => {
    add(name: string, data: object): Promise<unknown>;
    addBulk(jobs: readonly { name: string; data: object }[]): Promise<unknown>;
    close(): Promise<void>;
  };
  Worker: new (name: string, process: () => Promise<unknown>, options: object) => BullWorker;
}

interface BullWorker {
  on(event: "completed", listener: () => void): void;
  waitUntilReady(): Promise<unknown>;
  run(): Promise<void>;
  close(): Promise<void>;
}

const NAME = "tasks";

export const connect: Connect = async ({ socket }) => {
  const { Queue, Worker } = await load<Bullmq>("bullmq");
  const connection = { path: socket, maxRetriesPerRequest: null };
  const queue = new Queue(NAME, { connection });
  const options = { connection, concurrency: 1, autorun: false };
  const completions = new Completions();
  let worker: BullWorker | undefined;
  return {
    enqueue: () => queue.add("task", PAYLOAD),
    async fill(count) {
      for (let left = count; left > 0; left -= 1000) {
        const jobs = Array.from({ length: Math.min(left, 1000) }, () => ({
          name: "task",
          data: PAYLOAD,
        }));
        await queue.addBulk(jobs);
      }
    },
    async prepare() {
      worker = new Worker(NAME, () => Promise.resolve(RESULT), options);
      worker.on("completed", () => completions.add());
      await worker.waitUntilReady();
    },
    async work(until) {
      const running = worker?.run();
      const done = await completions.done(until);
      await worker?.close();
      await running;
      return done;
    },
    close: () => queue.close(),
  };
};
