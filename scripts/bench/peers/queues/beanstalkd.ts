/** beanstalkd with its log on disk. */
import { ALL, denoWorker, type Peer } from "./peer.ts";
import { missing, startServer } from "./server.ts";

export const BEANSTALKD: Peer = {
  name: "beanstalkd, -f0",
  keeps: ALL,
  durable: true,
  note: "a completed task is deleted; no result is kept",
  absent: () => missing("beanstalkd"),
  async start({ dir, env }) {
    const socket = `${dir}/beanstalkd`;
    const line = ["beanstalkd", "-l", `unix:${socket}`, "-b", dir, "-f0"];
    const server = await startServer(line, { env, socket });
    return {
      worker: denoWorker("beanstalkd", { socket }),
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  },
};
