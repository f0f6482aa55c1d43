/** pg-boss: its own calls, one task at a time. */
import { type Connect, PAYLOAD, repeat, RESULT } from "./client.ts";
import { load } from "./packages.ts";

/** What is used of `pg-boss`. */
interface PgBoss {
  on(event: "error", listener: (error: Error) => void): void;
  start(): Promise<unknown>;
  stop(options: object): Promise<void>;
  createQueue(name: string): Promise<void>;
  send(name: string, data: object): Promise<string | null>;
  insert(name: string, jobs: readonly { data: object }[]): Promise<unknown>;
  fetch(name: string): Promise<{ id: string }[]>;
  complete(name: string, id: string, result: object): Promise<unknown>;
}

const NAME = "tasks";

export const connect: Connect = async ({ host }) => {
  const { PgBoss } = await load<{ PgBoss: new (options: object) => PgBoss }>("pg-boss");
  const boss = new PgBoss({
    host,
    user: "bench",
    database: "postgres",
    supervise: false,
    schedule: false,
  });
  boss.on("error", (error) => {
    throw error;
  });
  await boss.start();
  await boss.createQueue(NAME);
  return {
    enqueue: () => boss.send(NAME, PAYLOAD),
    async fill(count) {
      for (let left = count; left > 0; left -= 1000) {
        const jobs = Array.from({ length: Math.min(left, 1000) }, () => ({ data: PAYLOAD }));
        await boss.insert(NAME, jobs);
      }
    },
    work: (until) =>
      repeat(async () => {
        const [job] = await boss.fetch(NAME);
        if (job === undefined) return false;
        await boss.complete(NAME, job.id, RESULT);
      }, until),
    close: () => boss.stop({ graceful: false, close: true }),
  };
};
