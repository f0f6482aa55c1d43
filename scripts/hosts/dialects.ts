/** The interfaces of models that hosts speak, as far as plays need them. */
import { promptOf, type Step } from "./play.ts";
import { textOf } from "./text_of.ts";

/** What a host asks: what its user said first, what came of the calls so far, and the tools that it has. */
export interface Asked {
  readonly prompt: string;
  readonly results: readonly string[];
  readonly tools: readonly string[];
}

/** One interface of a model. */
export interface Dialect {
  is(path: string): boolean;
  read(body: Json): Asked;
  /** The answer that makes a call, or says that all is done. */
  answer(path: string, body: Json, call: Step | undefined, id: string): Response;
}

// deno-lint-ignore no-explicit-any -- each host has its own form
export type Json = any;

const DONE = "done";

/** Events of a stream; one without a name is data alone. */
function events(all: readonly (readonly [name: string, data: object | string])[]): Response {
  const text = all.map(([name, data]) => {
    const said = typeof data === "string" ? data : JSON.stringify(data);
    return `${name === "" ? "" : `event: ${name}\n`}data: ${said}\n\n`;
  }).join("");
  return new Response(text, { headers: { "content-type": "text/event-stream" } });
}

/** What a host has no tool for. */
function notPlayed(call: Step): Error {
  return new Error(`Its model does not ${call.do}`);
}

/** The texts in a value, however deep they lie. */
function textsIn(value: Json): string {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null) return "";
  return Object.values(value).map(textsIn).join("\n");
}

const claude: Dialect = {
  is: (path) => path.startsWith("/v1/messages"),
  read({ messages = [], tools = [] }) {
    const blocks = messages.flatMap(({ content }: Json) =>
      typeof content === "string" ? [{ type: "text", text: content }] : content
    );
    return {
      prompt: textsIn(messages.find(({ role }: Json) => role === "user")?.content),
      results: blocks.filter(({ type }: Json) => type === "tool_result")
        .map(({ content }: Json) => textsIn(content)),
      tools: tools.map(({ name }: Json) => name),
    };
  },
  answer(path, { model, stream, tools = [] }, call, id) {
    if (path.endsWith("/count_tokens")) return Response.json({ input_tokens: 10 });
    const [name, input] = call === undefined ? [] : toolOfClaude(call, tools);
    const block = name === undefined
      ? { type: "text", text: "" }
      : { type: "tool_use", id: `toolu_${id}`, name, input: {} };
    const delta = name === undefined
      ? { type: "text_delta", text: DONE }
      : { type: "input_json_delta", partial_json: JSON.stringify(input) };
    const stop_reason = name === undefined ? "end_turn" : "tool_use";
    const message = {
      id: `msg_${id}`,
      type: "message",
      role: "assistant",
      model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { input_tokens: 10, output_tokens: 1 },
    };
    if (stream !== true) {
      const content = [name === undefined ? { type: "text", text: DONE } : { ...block, input }];
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
  },
};

/** How a host names a tool of a server. */
function named(tool: string, tools: Json): { name: string; namespace?: string } {
  for (const { name = "", tools: inner = [] } of tools) {
    if (name.endsWith(tool)) return { name };
    const found = inner.find((each: Json) => each.name.endsWith(tool));
    if (found !== undefined) return { namespace: name, name: found.name };
  }
  throw new Error(`There is no tool ${tool}`);
}

function toolOfClaude(call: Step, tools: Json): [name: string, input: object] {
  switch (call.do) {
    case "tool":
      return [named(call.name, tools).name, call.input];
    case "read":
      return ["Read", { file_path: call.path }];
    case "write":
      return ["Write", { file_path: call.path, content: call.text }];
    case "shell":
      return ["Bash", { command: call.command, description: call.do, timeout: 60_000 }];
    case "agent": {
      const description = call.play.name;
      const prompt = promptOf(call.play);
      return ["Agent", { description, prompt, subagent_type: "general-purpose" }];
    }
    default:
      throw notPlayed(call);
  }
}

const codex: Dialect = {
  is: (path) => path.endsWith("/responses"),
  read({ input = [], tools = [] }) {
    const said = input.filter(({ role }: Json) => role === "user").map(textsIn);
    return {
      prompt: said.find((text: string) => text.includes("PLAY(")) ?? "",
      results: input.filter(({ type = "" }: Json) => type.endsWith("call_output"))
        .map(({ output }: Json) => textsIn(output)),
      tools: tools.map(({ name }: Json) => name ?? ""),
    };
  },
  answer(_path, { tools = [] }, call, id) {
    const content = [{ type: "output_text", text: DONE }];
    const item = call === undefined
      ? { type: "message", role: "assistant", id: "m1", content }
      : callOfCodex(call, id, tools);
    const usage = {
      input_tokens: 1,
      input_tokens_details: null,
      output_tokens: 1,
      output_tokens_details: null,
      total_tokens: 2,
    };
    const response = { id: `r${id}`, usage };
    return events([
      ["response.created", { type: "response.created", response: { id: response.id } }],
      ["response.output_item.done", { type: "response.output_item.done", output_index: 0, item }],
      ["response.completed", { type: "response.completed", response }],
    ]);
  },
};

/** A call by the tools that it has: one for patches, or else a shell. */
function callOfCodex(call: Step, id: string, tools: Json): object {
  const made = { id: `c${id}`, call_id: `call_${id}` };
  const patch = call.do === "write" ? patchOf(call) : undefined;
  const forPatches = tools.find(({ name }: Json) => name === "apply_patch");
  if (patch !== undefined && forPatches?.type === "custom") {
    return { type: "custom_tool_call", ...made, name: "apply_patch", input: patch };
  }
  const byTool = toolOfCodex(call);
  if (byTool !== undefined) {
    const tool = named(byTool.name, tools);
    return { type: "function_call", ...made, ...tool, arguments: JSON.stringify(byTool.input) };
  }
  const within = call.do === "write" && call.within !== undefined ? `cd ${call.within} && ` : "";
  const command = call.do === "shell"
    ? call.command
    : call.do === "read"
    ? `cat ${call.path}`
    : `${within}apply_patch <<'EOF'\n${patch}\nEOF`;
  const known: Record<string, object> = {
    exec_command: { cmd: command, yield_time_ms: 20_000 },
    shell_command: { command },
    shell: { command: ["bash", "-lc", command] },
  };
  const name = Object.keys(known).find((each) => tools.some((tool: Json) => tool.name === each));
  if (name === undefined) throw new Error("Codex has no shell");
  return { type: "function_call", ...made, name, arguments: JSON.stringify(known[name]) };
}

/** What Codex has a tool for besides patches and the shell. */
function toolOfCodex(call: Step): { name: string; input: object } | undefined {
  switch (call.do) {
    case "tool":
      return call;
    case "agent":
      return { name: "spawn_agent", input: { message: promptOf(call.play) } };
    case "await":
      return { name: "wait_agent", input: { targets: [call.agent], timeout_ms: 60_000 } };
    case "close":
      return { name: "close_agent", input: { target: call.agent } };
    default:
      return undefined;
  }
}

/** The whole file: a patch adds it in place of what is there. */
function patchOf({ path, text, within }: Step & { do: "write" }): string {
  const name = within === undefined ? path : path.slice(path.lastIndexOf("/") + 1);
  const lines = text.replace(/\n$/, "").split("\n").map((line) => `+${line}`).join("\n");
  return `*** Begin Patch\n*** Add File: ${name}\n${lines}\n*** End Patch`;
}

/** The tool by which a subagent of Gemini CLI ends. */
const ENDS = "complete_task";

const gemini: Dialect = {
  is: (path) => /generateContent/i.test(path),
  read({ contents = [], tools = [] }) {
    const parts = contents.flatMap(({ parts }: Json) => parts ?? []);
    const said = parts.map(({ text = "" }: Json) => text);
    return {
      prompt: said.find((text: string) => text.includes("PLAY(")) ?? "",
      results: parts.filter(({ functionResponse }: Json) => functionResponse !== undefined)
        .map(({ functionResponse }: Json) => textsIn(functionResponse.response)),
      tools: tools.flatMap(({ functionDeclarations = [] }: Json) =>
        functionDeclarations.map(({ name }: Json) => name)
      ),
    };
  },
  answer(path, { tools = [] }, call) {
    const declared = tools.flatMap(({ functionDeclarations = [] }: Json) => functionDeclarations);
    const ends = declared.some(({ name }: Json) => name === ENDS);
    const part = call !== undefined
      ? { functionCall: callOfGemini(call, declared) }
      : ends
      ? { functionCall: { name: ENDS, args: { result: { response: DONE } } } }
      : { text: DONE };
    const value = {
      candidates: [{ content: { role: "model", parts: [part] }, finishReason: "STOP", index: 0 }],
      usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 },
    };
    return path.includes("stream") ? events([["", value]]) : Response.json(value);
  },
};

function callOfGemini(call: Step, tools: Json): { name: string; args: object } {
  switch (call.do) {
    case "tool":
      return { name: named(call.name, tools).name, args: call.input };
    case "read":
      return { name: "read_file", args: { file_path: call.path } };
    case "write":
      return { name: "write_file", args: { file_path: call.path, content: call.text } };
    case "shell":
      return { name: "run_shell_command", args: { command: call.command } };
    case "agent":
      return {
        name: "invoke_agent",
        args: { agent_name: "generalist", prompt: promptOf(call.play) },
      };
    default:
      throw notPlayed(call);
  }
}

const opencode: Dialect = {
  is: (path) => path.endsWith("/chat/completions"),
  read({ messages = [], tools = [] }) {
    const said = messages.filter(({ role }: Json) => role === "user").map(textsIn);
    return {
      prompt: said.find((text: string) => text.includes("PLAY(")) ?? "",
      results: messages.filter(({ role }: Json) => role === "tool")
        .map(({ content }: Json) => textsIn(content)),
      tools: tools.map((tool: Json) => tool.function?.name ?? ""),
    };
  },
  answer(_path, { model, tools = [] }, call, id) {
    const names = tools.map((tool: Json) => tool.function?.name ?? "");
    const chunk = (delta: object, finish_reason: string | null) => ({
      id: `x${id}`,
      object: "chat.completion.chunk",
      created: 1,
      model,
      choices: [{ index: 0, delta: { role: "assistant", ...delta }, finish_reason }],
    });
    const made = call === undefined ? { content: DONE } : {
      tool_calls: [{ index: 0, id: `call_${id}`, type: "function", ...callByChat(call, names) }],
    };
    const reason = call === undefined ? "stop" : "tool_calls";
    return events([["", chunk(made, null)], ["", chunk({}, reason)], ["", "[DONE]"]]);
  },
};

/** A call by the tools that it has: those of Copilot CLI and of Cline have names of their own. */
function callByChat(call: Step, names: readonly string[]): object {
  const [name, args] = call.do === "tool"
    ? [named(call.name, names.map((name) => ({ name }))).name, call.input]
    : names.includes("view")
    ? toolOfCopilot(call)
    : names.includes("read_files")
    ? toolOfCline(call)
    : toolOfOpencode(call);
  return { function: { name, arguments: JSON.stringify(args) } };
}

function toolOfOpencode(call: Exclude<Step, { do: "tool" }>): [name: string, args: object] {
  switch (call.do) {
    case "read":
      return ["read", { filePath: call.path }];
    case "write":
      return ["write", { filePath: call.path, content: call.text }];
    case "shell":
      return ["bash", { command: call.command, description: "wait" }];
    case "agent": {
      const { play } = call;
      const prompt = promptOf(play);
      return ["task", { description: play.name, prompt, subagent_type: "general" }];
    }
    default:
      throw notPlayed(call);
  }
}

function toolOfCopilot(call: Exclude<Step, { do: "tool" }>): [name: string, args: object] {
  switch (call.do) {
    case "read":
      return ["view", { path: call.path }];
    case "write": {
      const { path, text } = call;
      // It makes new files by one tool and changes others by another one, which wants what was there.
      const old = textOf(path);
      return old === undefined
        ? ["create", { path, file_text: text }]
        : ["edit", { path, old_str: old, new_str: text }];
    }
    case "shell":
      return ["bash", {
        command: call.command,
        description: "wait",
        mode: "sync",
        initial_wait: 60,
      }];
    case "agent": {
      const { play } = call;
      const prompt = promptOf(play);
      return ["task", {
        description: play.name,
        prompt,
        agent_type: "general-purpose",
        name: "child",
        mode: "sync",
      }];
    }
    default:
      throw notPlayed(call);
  }
}

function toolOfCline(call: Exclude<Step, { do: "tool" }>): [name: string, args: object] {
  switch (call.do) {
    case "read":
      return ["read_files", { files: [{ path: call.path }] }];
    case "write":
      return ["apply_patch", { input: patchOf(call) }];
    case "shell":
      return ["run_commands", { commands: [call.command] }];
    default:
      throw notPlayed(call);
  }
}

export const DIALECTS: readonly Dialect[] = [claude, codex, gemini, opencode];
