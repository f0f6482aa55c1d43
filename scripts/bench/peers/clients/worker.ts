/**
 * A process that works on a queue as its standard input says, a line of JSON each; it answers with a line
 * each. Runs on Deno, on Bun and, bundled, on Node.
 *
 * Usage: worker.ts CLIENT CONFIG
 */
import process from "node:process";
import { createInterface } from "node:readline";
import { type Connect, now, repeat } from "./client.ts";

const [name = "", config = "{}"] = process.argv.slice(2);
// Deno would load every file that a template of a path could mean, and the packages of all.
const extension = import.meta.url.split(".").at(-1);
const module = new URL(`./${name}.${extension}`, import.meta.url).href;
const { connect }: { connect: Connect } = await import(module);
const client = await connect(JSON.parse(config));

async function begin({ at }: { at: number }): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, at - now())));
}

/** What a line may ask for. */
const orders: Record<string, (order: { at: number; ms: number; count: number }) => unknown> = {
  fill: ({ count }) => client.fill(count),
  async enqueue(order) {
    await begin(order);
    return await repeat(() => client.enqueue(), order.at + order.ms);
  },
  prepare: () => client.prepare?.(),
  next: () => client.next?.(),
  async one() {
    const from = now();
    await client.enqueue();
    return from;
  },
  /** Claims and ends tasks one after another: how long each took, milliseconds. */
  async each({ count }) {
    const times: number[] = [];
    for (let n = 0; n < count; n++) {
      const from = now();
      await client.next?.();
      times.push(now() - from);
    }
    return times;
  },
  async work(order) {
    await begin(order);
    return await client.work(order.at + order.ms);
  },
  /** A number of callers at once, each one call after another. */
  async callers(order) {
    await begin(order);
    const one = () => repeat(() => client.enqueue(), order.at + order.ms);
    const all = await Promise.all(Array.from({ length: order.count }, one));
    const count = all.reduce((sum, done) => sum + done.count, 0);
    return { count, last: Math.max(...all.map(({ last }) => last)) };
  },
};

console.log("ready");
for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line);
  const answer = await orders[order.do]?.(order);
  console.log(JSON.stringify(answer ?? null));
}
await client.close();
process.exit(0);
