import { type HttpStream, serveHttp } from "../../../src/host/people/http.ts";
import { assertEquals, it } from "../../deps.ts";
import { EventReader } from "../../support/program/http.ts";
import { until } from "../../support/program/working.ts";

/** More than the buffers of a connection take. */
const MUCH = `event: much\ndata: "${"x".repeat(1_000_000)}"\n\n`;

/** Chunks after which a reader that takes none must be behind: far above what systems buffer. */
const MOST_CHUNKS = 100;

it("a stream says when its reader is behind, and when it has caught up", async () => {
  let stream: HttpStream | undefined;
  let ready = 0;
  let ended = 0;
  const server = await serveHttp(0, (_request, reply) => {
    stream = reply.stream({ "content-type": "text/event-stream" }, {
      onReady: () => ready++,
      onEnd: () => ended++,
    });
    stream.write(`event: first\ndata: 1\n\n`);
  });
  const reader = new EventReader(server.port, "/");
  await reader.next("first");
  reader.pause();
  let written = 0;
  const isBehind = () => {
    if (stream?.isBehind === false && written++ < MOST_CHUNKS) stream.write(MUCH);
    return stream?.isBehind === true;
  };
  await until("the reader is behind", isBehind);
  const before = ready;
  reader.resume();
  await until("it has caught up", () => ready > before && stream?.isBehind === false);
  stream?.write(`event: last\ndata: 2\n\n`);
  assertEquals((await reader.next("last"))?.data, 2);
  assertEquals(ended, 0);
  reader[Symbol.dispose]();
  await until("the stream has ended", () => ended === 1);
  server.close();
});

it("a server that is closed ends its streams, and no more connections are taken", async () => {
  let ended = 0;
  const server = await serveHttp(0, (_request, reply) => {
    const stream = reply.stream({}, { onReady: () => {}, onEnd: () => ended++ });
    stream.write(`event: first\ndata: 1\n\n`);
  });
  using reader = new EventReader(server.port, "/");
  await reader.next("first");
  server.close();
  assertEquals(await reader.next(), undefined);
  await until("the stream has ended", () => ended === 1);
  using late = new EventReader(server.port, "/");
  assertEquals(await late.next(), undefined);
});
