/** Requests as any program on this machine can make them, well-formed or not. */
import { connect } from "node:net";

/** What came back before the connection was closed. */
export interface Came {
  /** 0 where nothing came. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sends these bytes, and resolves when the other side has closed the connection. */
export function sendRaw(port: number, text: string): Promise<Came> {
  return new Promise((resolve) => {
    let got = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    socket.on("data", (bytes) => got += bytes);
    // One that is reset has said all that it will.
    socket.on("error", () => {});
    socket.on("close", () => resolve(cameIn(got)));
  });
}

function cameIn(text: string): Came {
  const end = text.indexOf("\r\n\r\n");
  const [first = "", ...lines] = text.slice(0, Math.max(end, 0)).split("\r\n");
  const headers = lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
  });
  return {
    status: Number(first.split(" ")[1] ?? 0),
    headers: Object.fromEntries(headers),
    body: end < 0 ? "" : text.slice(end + 4),
  };
}

/** A request. */
export interface Ask {
  readonly method?: string;
  readonly path: string;
  /** In their order; `host` is added where there is none. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly body?: string;
}

/** Its text. */
export function requestText(port: number, { method = "GET", path, headers = [], body }: Ask) {
  const host = headers.some(([name]) => name === "host") ? [] : [["host", `127.0.0.1:${port}`]];
  const length = body === undefined
    ? []
    : [["content-length", String(new TextEncoder().encode(body).length)]];
  const lines = [...host, ...headers, ...length].map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n${body ?? ""}`;
}

/** Makes a request. */
export function ask(port: number, request: Ask): Promise<Came> {
  return sendRaw(port, requestText(port, request));
}

/** An event of a stream. */
export interface StreamEvent {
  readonly event: string;
  // deno-lint-ignore no-explicit-any
  readonly data: any;
}

/** A stream of events that is read as it comes. */
export class EventReader implements Disposable {
  readonly #socket;
  #text = "";
  #isOver = false;
  #wake = () => {};

  constructor(port: number, path: string) {
    this.#socket = connect(port, "127.0.0.1", () => {
      this.#socket.write(requestText(port, { path }));
    });
    const woken = () => this.#wake();
    this.#socket.on("data", (bytes) => {
      this.#text += bytes;
      woken();
    });
    this.#socket.on("error", () => {});
    this.#socket.on("close", () => {
      this.#isOver = true;
      woken();
    });
  }

  /** The next event, of this name where one is given; `undefined` when the stream has ended. */
  async next(name?: string): Promise<StreamEvent | undefined> {
    while (true) {
      const found = /event: (\w+)\r?\ndata: (.*)\r?\n\r?\n/.exec(this.#text);
      if (found === null) {
        if (this.#isOver) return undefined;
        await new Promise<void>((resolve) => this.#wake = resolve);
        continue;
      }
      const [whole, event = "", data = ""] = found;
      this.#text = this.#text.slice(found.index + whole.length);
      if (name === undefined || event === name) return { event, data: JSON.parse(data) };
    }
  }

  /** Reads no more, and keeps the connection. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}
