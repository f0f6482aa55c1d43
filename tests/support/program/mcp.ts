/** Clients of the Model Context Protocol, in both of its eras. */
import process from "node:process";
import { fileURLToPath } from "node:url";
import { main } from "../../../src/cli/main.ts";
import { initOn } from "../../../src/workspace/open.ts";
import type { Clock } from "../../../src/domain/time.ts";
import { detectHost } from "../../../src/host/detect.ts";
import { type Client, mcpClient, type Transport } from "../../deps.ts";
import { fakeHost, type FakeOptions } from "../fake/host.ts";
import { makeTempDir } from "../scene/scratch.ts";

/** The protocol with a handshake, and the one without. */
export const ERAS = ["2025-11-25", "2026-07-28"] as const;

export type Era = typeof ERAS[number];

/** A client, and the server that it speaks to. */
export interface Served {
  readonly client: Client;
  /** Calls a tool. */
  call(name: string, args?: object, meta?: object): Promise<Answer>;
  /** What the server wrote to standard error so far. */
  errors(): string;
  /** Ends the server's input; resolves to the server's exit code. */
  end(): Promise<number>;
}

/** What a tool answered. */
export interface Answer {
  readonly text: string;
  readonly isError: boolean;
  // deno-lint-ignore no-explicit-any
  readonly value: any;
}

/** A folder with a workspace. */
export async function workspace(): Promise<string> {
  const dir = makeTempDir();
  initOn(await detectHost(), dir, {});
  return dir;
}

/** Lines that come one by one. */
export class Lines implements AsyncIterable<Uint8Array> {
  readonly #lines: Uint8Array[] = [];
  #ended = false;
  #wake: () => void = () => {};

  push(line: string): void {
    this.#lines.push(new TextEncoder().encode(`${line}\n`));
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator]() {
    for (;;) {
      const line = this.#lines.shift();
      if (line !== undefined) yield line;
      else if (this.#ended) return;
      else await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }
}

/** A server within this process. */
export function serverIn(
  dir: string,
  { onLine = () => {}, clock, ...options }: Pick<FakeOptions, "env" | "above"> & {
    readonly onLine?: (line: string) => void;
    readonly clock?: Clock;
  } = {},
) {
  const input = new Lines();
  const host = fakeHost({ args: ["mcp"], cwd: dir, ...options, stdin: input });
  const { write } = host;
  host.write = (stream, text) => {
    write(stream, text);
    if (stream === "stdout") { for (const line of text.trimEnd().split("\n")) onLine(line); }
  };
  return { input, host, code: main(host, clock) };
}

/** A client of a server within this process. */
export async function serve(
  dir: string,
  { era = ERAS[0], ...options }: Pick<FakeOptions, "env" | "above"> & {
    readonly era?: Era;
    readonly clock?: Clock;
  } = {},
): Promise<Served> {
  const transport: Transport = {
    start: async () => {},
    send: async (message) => server.input.push(JSON.stringify(message)),
    close: async () => server.input.end(),
  };
  const server = serverIn(dir, {
    ...options,
    onLine: (line) => transport.onmessage?.(JSON.parse(line)),
  });
  const client = await connected(transport, era);
  return {
    ...caller(client),
    errors: () => server.host.err,
    async end() {
      await client.close();
      return server.code;
    },
  };
}

/** What starts coord from source, on the runtime that runs the test. */
export function fromSource(): readonly [command: string, ...args: string[]] {
  const root = fileURLToPath(new URL("../../../", import.meta.url));
  const args = "Deno" in globalThis ? ["run", "-A", "--config", `${root}deno.json`] : [];
  return [process.execPath, ...args, `${root}cli.ts`];
}

/** A client of a server that is a process of its own. */
export async function start(
  [command, ...args]: readonly [command: string, ...args: string[]],
  cwd: string,
  era: Era,
  env: Readonly<Record<string, string>> = {},
): Promise<Omit<Served, "errors" | "end"> & AsyncDisposable> {
  const { StdioClientTransport } = await mcpClient();
  const all = { ...env, PATH: process.env["PATH"] ?? "" };
  const home = process.env["HOME"];
  const transport = new StdioClientTransport({
    command,
    args: [...args, "mcp"],
    cwd,
    env: home === undefined ? all : { ...all, HOME: home },
  });
  const client = await connected(transport, era);
  return { ...caller(client), [Symbol.asyncDispose]: () => client.close() };
}

/** A client that has connected. */
export async function connected(transport: Transport, era: Era): Promise<Client> {
  const { Client } = await mcpClient();
  const mode = era === ERAS[0] ? "legacy" as const : { pin: era };
  const client = new Client({ name: "test", version: "1" }, { versionNegotiation: { mode } });
  await client.connect(transport);
  return client;
}

/** Calls tools by a client. */
export function caller(client: Client): Pick<Served, "client" | "call"> {
  return {
    client,
    async call(name, args = {}, _meta) {
      const params = { name, arguments: { ...args }, ...(_meta && { _meta: { ..._meta } }) };
      const { content, structuredContent, isError } = await client.callTool(params);
      const [first] = content;
      return {
        text: first?.type === "text" ? first.text : "",
        isError: isError === true,
        value: structuredContent,
      };
    },
  };
}

/** The next resources that the server says have changed. */
export function updates(client: Client): { next(): Promise<string> } {
  const seen: string[] = [];
  let wake = () => {};
  client.setNotificationHandler("notifications/resources/updated", ({ params: { uri } }) => {
    seen.push(uri);
    wake();
  });
  return {
    async next() {
      for (;;) {
        const uri = seen.shift();
        if (uri !== undefined) return uri;
        await new Promise<void>((resolve) => wake = resolve);
      }
    },
  };
}
