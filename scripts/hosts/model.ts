/**
 * A model on the loopback interface for the hosts of agents: it asks once to write one file, and then
 * says that it is done. It speaks as far as that needs as Anthropic's Messages, OpenAI's Responses and
 * Gemini's generateContent do.
 */

const CONTENT = "written by the model\n";

/** What a host asked of the model. */
interface Asked {
  readonly url: string;
  readonly body: string;
}

/** A running model. */
export interface Model {
  readonly url: string;
  /** The file that it wants to write next. */
  file: string;
  /** All requests since `file` was set by {@link Model.want}. */
  readonly asked: readonly Asked[];
  /** Sets the file, and forgets what was asked. */
  want(file: string): void;
  end(): Promise<void>;
}

export function startModel(): Model {
  let asked: Asked[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const url = new URL(request.url).pathname;
      const body = await request.text();
      asked.push({ url, body });
      return answer(url, body, model.file);
    },
  );
  const model: Model = {
    url: `http://127.0.0.1:${server.addr.port}`,
    file: "",
    get asked() {
      return asked;
    },
    want(file) {
      model.file = file;
      asked = [];
    },
    end: () => server.shutdown(),
  };
  return model;
}

function answer(url: string, body: string, file: string): Response {
  if (url.endsWith("/count_tokens")) return Response.json({ input_tokens: 10 });
  if (url.startsWith("/v1/messages")) return anthropic(body, file);
  if (url.endsWith("/responses")) return openai(body, file);
  if (/generateContent/i.test(url)) return gemini(url, body, file);
  return Response.json({ error: { message: "not known" } }, { status: 404 });
}

/** Events of a stream; one without a name is data alone. */
function events(all: readonly (readonly [name: string, data: object])[]): Response {
  const text = all.map(([name, data]) =>
    `${name === "" ? "" : `event: ${name}\n`}data: ${JSON.stringify(data)}\n\n`
  ).join("");
  return new Response(text, { headers: { "content-type": "text/event-stream" } });
}

function anthropic(body: string, file: string): Response {
  const { model, stream } = JSON.parse(body);
  const isUse = body.includes('"name":"Write"') && !body.includes('"tool_result"');
  const input = { file_path: file, content: CONTENT };
  const block = isUse
    ? { type: "tool_use", id: `toolu_${Date.now()}`, name: "Write", input: {} }
    : { type: "text", text: "" };
  const delta = isUse
    ? { type: "input_json_delta", partial_json: JSON.stringify(input) }
    : { type: "text_delta", text: "done" };
  const stop_reason = isUse ? "tool_use" : "end_turn";
  const message = {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 10, output_tokens: 1 },
  };
  if (stream !== true) {
    const content = [isUse ? { ...block, input } : { type: "text", text: "done" }];
    return Response.json({ ...message, content, stop_reason });
  }
  const end = { delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: 5 } };
  return events([
    ["message_start", { type: "message_start", message }],
    ["content_block_start", { type: "content_block_start", index: 0, content_block: block }],
    ["content_block_delta", { type: "content_block_delta", index: 0, delta }],
    ["content_block_stop", { type: "content_block_stop", index: 0 }],
    ["message_delta", { type: "message_delta", ...end }],
    ["message_stop", { type: "message_stop" }],
  ]);
}

/** What the model calls, by the tools that the host has: a tool for patches, or else a shell. */
function openaiItem(body: string, file: string): object {
  const { tools = [] } = JSON.parse(body) as { tools?: { name?: string; type: string }[] };
  const patch = `*** Begin Patch\n*** Add File: ${file}\n+${CONTENT}*** End Patch`;
  const call = { id: "c1", call_id: "call_1" };
  const tool = tools.find(({ name }) => name === "apply_patch");
  if (tool?.type === "custom") {
    return { type: "custom_tool_call", ...call, name: "apply_patch", input: patch };
  }
  const shell = `apply_patch <<'EOF'\n${patch}\nEOF`;
  const known: Record<string, object> = {
    apply_patch: { input: patch },
    exec_command: { cmd: shell },
    shell_command: { command: shell },
    shell: { command: ["bash", "-lc", shell] },
  };
  const name = Object.keys(known).find((each) => tools.some((tool) => tool.name === each));
  if (name === undefined) return said("no tool");
  return { type: "function_call", ...call, name, arguments: JSON.stringify(known[name]) };
}

function said(text: string): object {
  const content = [{ type: "output_text", text }];
  return { type: "message", role: "assistant", id: "m1", content };
}

function openai(body: string, file: string): Response {
  const item = body.includes("call_output") ? said("done") : openaiItem(body, file);
  const usage = {
    input_tokens: 1,
    input_tokens_details: null,
    output_tokens: 1,
    output_tokens_details: null,
    total_tokens: 2,
  };
  return events([
    ["response.created", { type: "response.created", response: { id: "r1" } }],
    ["response.output_item.done", { type: "response.output_item.done", output_index: 0, item }],
    ["response.completed", { type: "response.completed", response: { id: "r1", usage } }],
  ]);
}

function gemini(url: string, body: string, file: string): Response {
  const isCall = body.includes('"write_file"') && !body.includes('"functionResponse"');
  const args = { file_path: file, content: CONTENT };
  const part = isCall ? { functionCall: { name: "write_file", args } } : { text: "done" };
  const value = {
    candidates: [{ content: { role: "model", parts: [part] }, finishReason: "STOP", index: 0 }],
    usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 },
  };
  return url.includes("stream") ? events([["", value]]) : Response.json(value);
}
