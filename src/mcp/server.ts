/**
 * The server of the Model Context Protocol: tools and resources over standard input and output, in both
 * eras of the protocol. It ends when its input does. It keeps nothing alive for an agent: what an agent
 * reserved or claimed stays until its time has passed, as if a command had done it. What was granted, and
 * whose answer reaches no client, is given back.
 */
import type { RequestId, Server } from "../deps/mcp.ts";
import { type CallMeta, callRun } from "../domain/input/hook/call.ts";
import { SERVER_RUN } from "../domain/input/run_id.ts";
import { jsonLine } from "../domain/json.ts";
import { VERSION } from "../domain/version.ts";
import { fromHere } from "../commands/paths.ts";
import type { Coord } from "../engine/coord.ts";
import type { Host } from "../ports/host.ts";
import { openOn } from "../workspace/open.ts";
import type { Opening } from "../workspace/store/options.ts";
import { exitCodeOfValue, failureOf } from "../cli/exit_codes.ts";
import { sanitize } from "../cli/sanitize.ts";
import { checkedArguments } from "./arguments.ts";
import { type Called, CALLS } from "./calls.ts";
import { listedResources, RESOURCES } from "./resources.ts";
import { Subscriptions } from "./subscriptions.ts";
import { listedTools, type ToolName, TOOLS } from "./tools.ts";
import { type Sdk, StdioTransport } from "./transport.ts";

/** What a client may give its model before any call; hosts cut it at 2 KB. */
export const INSTRUCTIONS =
  "Several agents share this checkout. Reserve what you will edit before you edit it, and release it " +
  "when you are done; a reservation ends by itself after its ttl seconds. ok false is an answer, not a " +
  "failure: others hold it, so do something else, or call again with wait_seconds. Each answer says as " +
  "which run_id you acted; where you are another run elsewhere (coord whoami in a shell, or what a hook " +
  "said), give that as run_id. The command coord does more: coord help.";

/** Milliseconds that a client may keep a list that never changes. */
const LIST_TTL_MS = 86_400_000;

/** Serves until standard input ends. */
export async function serveMcp(host: Host, options: Opening): Promise<void> {
  await new McpServer(await import("../deps/mcp.ts"), host, options).serve();
}

class McpServer {
  readonly #sdk: Sdk;
  readonly #host: Host;
  readonly #options: Opening;
  /** Who the caller is where nothing says it; numbers of processes repeat in containers. */
  readonly #own = `${SERVER_RUN}${crypto.randomUUID().slice(0, 13)}`;
  readonly #running = new Set<Promise<unknown>>();
  /** What to do should an answer not be written, by the request. */
  readonly #undelivered = new Map<RequestId, () => Promise<unknown>>();
  /** The resources that a client of the older era has subscribed to. */
  readonly #subscribed = new Set<string>();
  readonly #subscriptions: Subscriptions;
  #changed: (uri: string) => void = () => {};

  constructor(sdk: Sdk, host: Host, options: Opening) {
    this.#sdk = sdk;
    this.#host = host;
    this.#options = options;
    this.#subscriptions = new Subscriptions(
      () => this.#open(() => {}),
      (uri) => this.#changed(uri),
      (error) => this.#report(`Changes are not noticed: ${failureOf(error).error}`),
    );
  }

  async serve(): Promise<void> {
    const transport = new StdioTransport(this.#sdk, this.#host, {
      arriving: async (message) => {
        if (!("method" in message)) return;
        const { method } = message;
        // Before the client hears that it has subscribed, so that no change is missed.
        if (method === "resources/subscribe" || method === "subscriptions/listen") {
          await this.#subscriptions.begin();
        }
      },
      answered: (id) => void this.#undelivered.delete(id),
      report: (problem) => this.#report(problem),
    });
    const served = this.#sdk.serveStdio(({ era }) => this.#instance(era === "legacy"), {
      transport,
      onerror: (error) => this.#report(error.message),
    });
    const unlisten = this.#host.onStop(() => void transport.close());
    await transport.ended;
    unlisten();
    this.#subscriptions.end();
    await served.close();
    await Promise.allSettled(this.#running);
    for (const giveBack of this.#undelivered.values()) await this.#giveBack(giveBack);
  }

  /** One line for people, who find it in the log of their client. */
  #report(problem: string): void {
    try {
      this.#host.write("stderr", `coord: ${sanitize(problem)}\n`);
    } catch {
      // The client does not read it.
    }
  }

  /** Each call opens the workspace: it may come and go while the server runs. */
  #open(warn: (message: string) => void): Promise<Coord> {
    return openOn(this.#host, { ...this.#options, onWarning: warn });
  }

  #instance(isLegacy: boolean): Server {
    const server = new this.#sdk.Server({ name: "coord", title: "coord", version: VERSION }, {
      capabilities: { tools: {}, resources: { subscribe: true } },
      instructions: INSTRUCTIONS,
      cacheHints: {
        "tools/list": { ttlMs: LIST_TTL_MS, cacheScope: "public" },
        "resources/list": { ttlMs: LIST_TTL_MS, cacheScope: "public" },
        "resources/read": { ttlMs: 0, cacheScope: "private" },
      },
    });
    server.setRequestHandler("tools/list", () => ({ tools: listedTools() }));
    server.setRequestHandler("tools/call", ({ params }, { mcpReq: { id, signal, _meta = {} } }) => {
      const { name, arguments: given = {} } = params;
      if (!Object.hasOwn(TOOLS, name)) {
        const { ProtocolError, ProtocolErrorCode } = this.#sdk;
        throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Unknown tool: ${name}`);
      }
      return this.#tracked(this.#call(name as ToolName, given, { id, signal, meta: _meta }));
    });
    server.setRequestHandler("resources/list", () => ({ resources: listedResources() }));
    server.setRequestHandler("resources/templates/list", () => ({ resourceTemplates: [] }));
    server.setRequestHandler("resources/read", ({ params: { uri } }) => this.#read(uri));
    if (isLegacy) {
      server.setRequestHandler("resources/subscribe", ({ params: { uri } }) => {
        this.#resource(uri);
        this.#subscribed.add(uri);
        return {};
      });
      server.setRequestHandler("resources/unsubscribe", ({ params: { uri } }) => {
        this.#subscribed.delete(uri);
        return {};
      });
    }
    this.#changed = (uri) => {
      if (isLegacy && !this.#subscribed.has(uri)) return;
      server.sendResourceUpdated({ uri }).catch((error) => this.#report(failureOf(error).error));
    };
    return server;
  }

  #tracked<T>(call: Promise<T>): Promise<T> {
    this.#running.add(call);
    const done = () => void this.#running.delete(call);
    call.then(done, done);
    return call;
  }

  async #call(
    name: ToolName,
    given: Readonly<Record<string, unknown>>,
    request: { id: RequestId; signal: AbortSignal; meta: CallMeta },
  ) {
    const warnings: string[] = [];
    const { id, signal, meta } = request;
    const explicit = given["run_id"];
    const env = (variable: string) => this.#host.env(variable);
    const caller = callRun(
      typeof explicit === "string" ? explicit : undefined,
      meta,
      env,
      this.#own,
    );
    const { runId, doubt } = caller;
    const answer = (ok: boolean, value: object, text: string) => {
      // It may be refused for the sake of its own holds, now or at its next edit.
      if (doubt !== undefined && (!ok || name === "coord_reserve")) warnings.push(doubt);
      return {
        content: [{ type: "text" as const, text }],
        structuredContent: {
          ok,
          run_id: runId,
          ...value,
          ...(warnings.length > 0 && { warnings }),
        },
      };
    };
    let called: Called;
    try {
      const args = checkedArguments(name, given);
      const coord = await this.#open((warning) => warnings.push(warning));
      called = await CALLS[name](fromHere({ host: this.#host }, { coord, runId, signal }), args);
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      const { status, error } = failureOf(thrown);
      return { ...answer(false, { status, error }, error), isError: true };
    }
    const { value, text, undo } = called;
    if (undo !== undefined && signal.aborted) await this.#giveBack(undo);
    else if (undo !== undefined) this.#undelivered.set(id, undo);
    return answer(exitCodeOfValue(value) === 0, value, text);
  }

  async #giveBack(undo: () => Promise<unknown>): Promise<void> {
    try {
      await undo();
    } catch (error) {
      this.#report(`What was granted is not given back: ${failureOf(error).error}`);
    }
  }

  async #read(uri: string) {
    const resource = this.#resource(uri);
    const coord = await this.#open((warning) => this.#report(warning));
    const text = jsonLine(await resource.read(coord));
    return { contents: [{ uri, mimeType: "application/json", text }] };
  }

  #resource(uri: string) {
    const resource = Object.hasOwn(RESOURCES, uri) ? RESOURCES[uri] : undefined;
    if (resource === undefined) throw new this.#sdk.ResourceNotFoundError(uri);
    return resource;
  }
}
