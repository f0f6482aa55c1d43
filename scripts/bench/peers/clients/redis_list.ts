/** Redis without a library of queues: claiming moves a task from one list to another in one command. */
import { type Connect, PAYLOAD, repeat, RESULT } from "./client.ts";
import { load } from "./packages.ts";

interface Redis {
  lpush(key: string, ...values: string[]): Promise<number>;
  lmove(from: string, to: string, take: "RIGHT", put: "LEFT"): Promise<string | null>;
  multi(): { lrem(key: string, count: number, value: string): Multi };
  quit(): Promise<string>;
}

interface Multi {
  hset(key: string, field: string, value: string): { exec(): Promise<unknown> };
}

export const connect: Connect = async ({ socket = "" }) => {
  const { Redis } = await load<{ Redis: new (socket: string) => Redis }>("ioredis");
  const redis = new Redis(socket);
  const result = JSON.stringify(RESULT);
  const me = `${Deno.pid}`;
  let n = 0;
  const task = () => JSON.stringify({ id: `${me}-${n++}`, payload: PAYLOAD });
  return {
    enqueue: () => redis.lpush("pending", task()),
    async fill(count) {
      for (let left = count; left > 0; left -= 1000) {
        await redis.lpush("pending", ...Array.from({ length: Math.min(left, 1000) }, task));
      }
    },
    work: (until) =>
      repeat(async () => {
        const text = await redis.lmove("pending", "claimed", "RIGHT", "LEFT");
        if (text === null) return false;
        const { id } = JSON.parse(text);
        await redis.multi().lrem("claimed", 1, text).hset("completed", id, result).exec();
      }, until),
    close: () => redis.quit(),
  };
};
