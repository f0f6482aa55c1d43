/** HTTP on the loopback interface. On all runtimes, by way of Node's modules. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { hostError } from "../map_error.ts";

/** The one address that is listened on. */
export const LOOPBACK = "127.0.0.1";

/** Bytes of a request's line and headers. */
const HEAD_BYTES = 8_192;

/** Milliseconds in which the head of a request must be there, and then its body. */
const ARRIVAL_MS = 5_000;

/** Connections at a time; more are closed at once. */
const CONNECTIONS = 64;

/** Milliseconds in which the reader of a stream must have taken what was written last. */
const BEHIND_MS = 30_000;

/** What a client asks. */
export interface HttpRequest {
  readonly method: string;
  /** The path and the query, as they came. */
  readonly target: string;
  /** All values of a header, which is named in lower case. */
  values(name: string): readonly string[];
  /** The body; `undefined` where it is longer than that, or does not come in time. */
  body(maxBytes: number): Promise<string | undefined>;
}

/** What is answered as a whole. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** An answer that goes on until either side ends it. */
export interface HttpStream {
  /** Whether what was written last still waits to be taken: what is written now only adds to it. */
  readonly isBehind: boolean;
  write(text: string): void;
  end(): void;
}

/** What is reported of a stream. */
export interface HttpStreamEvents {
  /** The reader has caught up. */
  readonly onReady: () => void;
  /** The stream has ended, by either side. */
  readonly onEnd: () => void;
}

/** How a request is answered: once, by either. */
export interface HttpReply {
  send(answer: HttpAnswer): void;
  stream(headers: HttpAnswer["headers"], events: HttpStreamEvents): HttpStream;
}

/** A server that listens. */
export interface HttpServer {
  readonly port: number;
  /** Ends it, and all connections. */
  close(): void;
}

/**
 * Serves on the loopback interface. Each connection is for one request.
 *
 * @param port Where to listen, 0 for a port that is free.
 */
export function serveHttp(
  port: number,
  onRequest: (request: HttpRequest, reply: HttpReply) => void,
): Promise<HttpServer> {
  const server = createServer({
    maxHeaderSize: HEAD_BYTES,
    headersTimeout: ARRIVAL_MS,
    requestTimeout: ARRIVAL_MS,
    connectionsCheckingInterval: ARRIVAL_MS / 2,
  }, (request, response) => onRequest(requestOf(request), replyTo(response)));
  const sockets = new Set<{ destroy(): void }>();
  let isClosed = false;
  server.on("connection", (socket) => {
    // One that was on its way when the server ended still comes.
    if (isClosed || sockets.size >= CONNECTIONS) return void socket.destroy();
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  return new Promise((resolve, reject) => {
    server.once("error", (error) => reject(hostError(error, "listen on", `${LOOPBACK}:${port}`)));
    server.listen(port, LOOPBACK, () =>
      resolve({
        port: (server.address() as AddressInfo).port,
        close() {
          isClosed = true;
          server.close();
          for (const socket of sockets) socket.destroy();
        },
      }));
  });
}

function requestOf(request: IncomingMessage): HttpRequest {
  const { method = "", url = "", rawHeaders } = request;
  return {
    method,
    target: url,
    values: (name) =>
      rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === name),
    body: (maxBytes) => bodyOf(request, maxBytes),
  };
}

function bodyOf(request: IncomingMessage, maxBytes: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const chunks: Uint8Array[] = [];
    let length = 0;
    const end = (body: string | undefined) => {
      clearTimeout(timer);
      resolve(body);
    };
    const timer = setTimeout(() => end(undefined), ARRIVAL_MS);
    request.on("data", (chunk: Uint8Array) => {
      length += chunk.length;
      if (length > maxBytes) return end(undefined);
      chunks.push(chunk);
    });
    request.on("end", () => {
      const bytes = new Uint8Array(length);
      let at = 0;
      for (const chunk of chunks) {
        bytes.set(chunk, at);
        at += chunk.length;
      }
      end(new TextDecoder().decode(bytes));
    });
    request.on("error", () => end(undefined));
    request.on("close", () => end(undefined));
  });
}

function replyTo(response: ServerResponse): HttpReply {
  // A connection that breaks is closed, and that is all there is to it.
  response.on("error", () => {});
  return {
    send({ status, headers, body }) {
      const bytes = new TextEncoder().encode(body);
      response.writeHead(status, {
        ...headers,
        "content-length": String(bytes.length),
        connection: "close",
      });
      response.end(bytes);
    },
    stream(headers, { onReady, onEnd }) {
      let isBehind = false;
      let timer: ReturnType<typeof setTimeout> | undefined;
      response.on("drain", () => {
        clearTimeout(timer);
        isBehind = false;
        onReady();
      });
      response.on("close", () => {
        clearTimeout(timer);
        onEnd();
      });
      response.writeHead(200, { ...headers, connection: "close" });
      return {
        get isBehind() {
          return isBehind;
        },
        write(text) {
          if (response.write(text) || isBehind) return;
          isBehind = true;
          timer = setTimeout(() => response.destroy(), BEHIND_MS);
        },
        end: () => void response.end(),
      };
    },
  };
}
