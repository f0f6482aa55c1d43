/**
 * The protocol over standard input and output: one message a line. What is no message is reported on
 * standard error and left out.
 */
import { split } from "../commands/files/stdin_pieces.ts";
import { isObject, jsonLine, parseInput } from "../domain/json.ts";
import type { Host } from "../ports/host.ts";

/** What speaks the protocol; in the package for npm it is a file of its own. */
export type Sdk = typeof import("../deps/mcp.ts");

type Message = ReturnType<Sdk["parseMessage"]>;

const NEWLINE = 10;

/** What happens around the messages. */
interface Around {
  /** Is awaited before a message goes on, and those behind it. */
  arriving(message: Message): Promise<void>;
  /** Is called when the answer to a request has been written. */
  answered(id: string | number): void;
  report(problem: string): void;
}

export class StdioTransport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: Message) => void;
  /** Resolves when the client has gone. */
  readonly ended: Promise<void>;
  #end: () => void = () => {};

  constructor(readonly sdk: Sdk, readonly host: Host, readonly around: Around) {
    this.ended = new Promise((resolve) => this.#end = resolve);
  }

  async start(): Promise<void> {
    void this.#read().finally(() => this.close());
  }

  async send(message: Message): Promise<void> {
    try {
      this.host.write("stdout", `${jsonLine(message)}\n`);
    } catch (error) {
      await this.close();
      throw error;
    }
    if (!("method" in message) && message.id !== undefined) this.around.answered(message.id);
  }

  async close(): Promise<void> {
    this.onclose?.();
    this.#end();
  }

  async #read(): Promise<void> {
    try {
      for await (const line of split(this.host.stdin(), NEWLINE)) {
        const text = line && new TextDecoder().decode(line).trim();
        if (text !== "") await this.#receive(text);
      }
    } catch (error) {
      this.around.report(error instanceof Error ? error.message : String(error));
    }
  }

  async #receive(text: string | undefined): Promise<void> {
    const { message, answer, problem } = text === undefined
      ? { problem: "it is too long" }
      : this.#parsed(text);
    if (message !== undefined) {
      await this.around.arriving(message);
      this.onmessage?.(message);
    } else if (answer !== undefined) await this.send(answer);
    else this.around.report(`A line is no message: ${problem}`);
  }

  /** What a text is: a message, a request that would not be kept as it is, with its answer, or neither. */
  #parsed(text: string): { message?: Message; answer?: Message; problem?: string } {
    const { parseMessage, ProtocolErrorCode } = this.sdk;
    try {
      const input = parseInput(text);
      if (typeof input !== "string") return { message: parseMessage(input.value) };
      const request: unknown = JSON.parse(text);
      const id = isObject(request) ? request["id"] : undefined;
      if (typeof id !== "string" && typeof id !== "number") return { problem: `it ${input}` };
      const error = { code: ProtocolErrorCode.InvalidParams, message: `The request ${input}` };
      return { answer: { jsonrpc: "2.0", id, error } };
    } catch (error) {
      return {
        problem: error instanceof SyntaxError ? error.message : "it is not one of JSON-RPC",
      };
    }
  }
}
