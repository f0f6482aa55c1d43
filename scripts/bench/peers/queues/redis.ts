/** Redis: a plain list, and BullMQ. */
import { PACKAGE_OPTIONS, packageMissing, type PackageName } from "../clients/packages.ts";
import { ALL, denoWorker, type Peer } from "./peer.ts";
import { missing, startServer } from "./server.ts";

function redis(client: string, name: string, needs: PackageName, appendfsync: string): Peer {
  const durable = appendfsync === "always";
  return {
    name: `${name}, appendfsync ${appendfsync}`,
    keeps: durable ? ALL : "up to a second may be lost",
    durable,
    absent: async () => await missing("redis-server") ?? await packageMissing(needs),
    async start({ dir, env }) {
      const socket = `${dir}/redis`;
      const server = await startServer([
        "redis-server",
        ...["--port", "0", "--unixsocket", socket, "--dir", dir, "--save", ""],
        ...["--appendonly", "yes", "--appendfsync", appendfsync],
      ], { env, socket });
      return {
        worker: denoWorker(client, { socket }, PACKAGE_OPTIONS),
        [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
      };
    },
  };
}

export const BULLMQ = redis("bullmq", "BullMQ", "bullmq", "always");

export const REDISES: readonly Peer[] = [
  redis("redis_list", "Redis, a list", "ioredis", "always"),
  redis("redis_list", "Redis, a list", "ioredis", "everysec"),
  BULLMQ,
  redis("bullmq", "BullMQ", "bullmq", "everysec"),
];
