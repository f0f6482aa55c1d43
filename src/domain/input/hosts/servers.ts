/** Coord's server of the Model Context Protocol in the settings of hosts: one entry a host. */
import { UnfitFile } from "../../errors.ts";
import { shellWord } from "../../text.ts";
import { isCoord, type OwnPart, type SettingsForm } from "./form.ts";
import { objectOf, type ParseJson } from "./hooks.ts";
import { HOSTS, type HostSettings } from "./hosts.ts";
import { appended, isMadeFor, type JsonNode, memberOf, removed, textAt } from "./json_text.ts";
import { commandsIn, TomlPart } from "./own_text.ts";

/** The name of the server. */
const NAME = "coord";

const ARGS = ["mcp"];

/** How one host is given servers. */
export interface ServerHost extends HostSettings {
  /** The member of its JSON that has the servers; without it the file is TOML. */
  readonly servers?: string;
  /** Whether its command is one list with the arguments. */
  readonly isList?: true;
  /** What an entry has besides the command and its arguments. */
  readonly around?: { readonly before?: object; readonly behind?: object };
}

type Files = Pick<HostSettings, "files"> & Partial<ServerHost>;

/** A host that is found as its hooks are. */
function host(name: string, own: Files): ServerHost {
  const found = HOSTS[name];
  if (found === undefined) throw new TypeError(`No host ${name}`);
  const { program, folder, signs } = found;
  return { program, folder, ...(signs && { signs }), events: [], ...own };
}

/** By the name of the host. */
export const SERVER_HOSTS: Readonly<Record<string, ServerHost>> = {
  claude: host("claude", {
    files: { project: ".mcp.json" },
    json: { syntax: "json", entry: {} },
    servers: "mcpServers",
    nextInProject: "Claude Code asks its user whether to use a server of a project.",
  }),
  codex: host("codex", {
    files: { project: ".codex/config.toml", user: "config.toml" },
    nextInProject: "Codex uses a server of a project once its user trusts the folder.",
  }),
  gemini: host("gemini", {
    files: { project: ".gemini/settings.json", user: "settings.json" },
    json: { syntax: "comments", entry: {} },
    servers: "mcpServers",
    nextInProject: HOSTS["gemini"]?.nextInProject,
  }),
  cursor: host("cursor", {
    files: { project: ".cursor/mcp.json", user: "mcp.json" },
    json: { syntax: "json", entry: {} },
    servers: "mcpServers",
  }),
  vscode: host("vscode", {
    files: { project: ".vscode/mcp.json" },
    json: { syntax: "comments", entry: {} },
    servers: "servers",
    around: { before: { type: "stdio" } },
  }),
  copilot: host("copilot", {
    files: { user: "mcp-config.json" },
    json: { syntax: "json", entry: {} },
    servers: "mcpServers",
    around: { before: { type: "local" }, behind: { tools: ["*"] } },
  }),
  opencode: host("opencode", {
    files: { project: "opencode.json", user: "opencode.json" },
    json: { syntax: "comments", entry: {} },
    servers: "mcp",
    isList: true,
    around: { before: { type: "local" }, behind: { enabled: true } },
  }),
  antigravity: host("antigravity", {
    files: { user: "mcp_config.json" },
    json: { syntax: "json", entry: {} },
    servers: "mcpServers",
  }),
};

/** The command that starts the server. */
export function serverCommand(program: string): string {
  return [shellWord(program), ...ARGS].join(" ");
}

/** The program in such a command; `undefined` where it is not one of coord's. */
export function serverProgram(command: string): string | undefined {
  const [, word = ""] = /^(.+) mcp$/.exec(command) ?? [];
  const program = word.replaceAll(/^'|'$/g, "").replaceAll(`'\\''`, "'");
  return isCoord(program) ? program : undefined;
}

/** An own server in a file. */
interface Server {
  readonly command: string;
  /** Where its program stands. */
  readonly program: JsonNode;
}

/** The server as a member of the object that has them all. */
export class JsonServer implements SettingsForm {
  readonly nothing = "{}\n";
  readonly #key: string;

  /**
   * @param parse Reads what the host reads.
   * @param lenient Reads more than that: the entry comes out of what the host does not read, too.
   */
  constructor(
    readonly settings: ServerHost,
    readonly parse: ParseJson,
    readonly lenient: ParseJson,
  ) {
    this.#key = settings.servers ?? "";
  }

  look(text: string): OwnPart {
    const own = this.#own(objectOf(text, this.parse));
    const hooks = own === undefined
      ? []
      : [{ event: "", group: 0, handler: 0, command: own.command }];
    return { hooks, problems: [], isOff: false };
  }

  whole(command: string): string {
    return `${JSON.stringify({ [this.#key]: { [NAME]: this.#entry(command) } }, null, 2)}\n`;
  }

  installed(text: string, command: string, kept: (command: string) => string | undefined) {
    const root = objectOf(text, this.parse);
    const own = this.#own(root);
    if (own !== undefined) {
      const next = kept(own.command) ?? command;
      if (next === own.command) return { text, isMended: true };
      const { start, end } = own.program;
      const program = JSON.stringify(serverProgram(next));
      return { text: `${text.slice(0, start)}${program}${text.slice(end)}`, isMended: true };
    }
    const value = this.#entry(command);
    const servers = memberOf(root, this.#key);
    if (servers === undefined) {
      const added = appended(text, root, [{ name: this.#key, value: { [NAME]: value } }]);
      return { text: added, isMended: false };
    }
    if (servers.kind !== "object") throw new UnfitFile(`"${this.#key}" in it is no object`);
    if (memberOf(servers, NAME) !== undefined) {
      throw new UnfitFile(`"${this.#key}.${NAME}" in it is another server`);
    }
    return { text: appended(text, servers, [{ name: NAME, value }]), isMended: false };
  }

  uninstalled(text: string): string | undefined {
    const root = objectOf(text, this.lenient);
    if (this.#own(root) === undefined) return text;
    const at = root.children.findLastIndex(({ name }) => name === this.#key);
    const servers = root.children[at]?.value;
    if (servers?.kind !== "object") throw new RangeError("A server is in no object");
    if (!isMadeFor(text, servers)) {
      const own = servers.children.findLastIndex(({ name }) => name === NAME);
      return removed(text, servers, own);
    }
    const around = text.slice(0, root.start) + text.slice(root.end);
    return isMadeFor(text, root) && around.trim() === "" ? undefined : removed(text, root, at);
  }

  #own(root: JsonNode): Server | undefined {
    const entry = memberOf(memberOf(root, this.#key), NAME);
    const command = memberOf(entry, "command");
    const isList = this.settings.isList === true;
    const args = isList ? command : memberOf(entry, "args");
    const words = args?.kind === "list" ? args.children : [];
    const program = isList ? words[0] : command;
    const called = textAt(program);
    const isServer = words.some((each) => textAt(each) === "mcp");
    return program !== undefined && called !== undefined && isCoord(called) && isServer
      ? { command: serverCommand(called), program }
      : undefined;
  }

  #entry(command: string): object {
    const { around: { before = {}, behind = {} } = {}, isList } = this.settings;
    const program = serverProgram(command);
    const called = isList ? { command: [program, ...ARGS] } : { command: program, args: ARGS };
    return { ...before, ...called, ...behind };
  }
}

/** A table of its own at the end of a file of TOML. */
export class TomlServer extends TomlPart {
  constructor() {
    super("mcp install");
  }

  protected tables(command: string): string {
    const program = JSON.stringify(serverProgram(command));
    return `[mcp_servers.${NAME}]\ncommand = ${program}\nargs = ${JSON.stringify(ARGS)}\n`;
  }

  protected commandIn(lines: string): string | undefined {
    const program = commandsIn(lines).find(isCoord);
    return program === undefined ? undefined : serverCommand(program);
  }

  protected clashIn(text: string): string | undefined {
    const word = (name: string) => `\\s*["']?${name}["']?\\s*`;
    const servers = word("mcp_servers");
    const isThere = [
      // A value, or a list of tables: no table can be added to it. Dotted keys are left to people as well.
      `^${servers}[=.]`,
      `^\\s*\\[\\[${servers}[.\\]]`,
      `^\\s*\\[${servers}\\.${word(NAME)}[.\\]]`,
      // In the table of all servers.
      `^${word(NAME)}[=.]`,
    ].some((pattern) => new RegExp(pattern, "m").test(text));
    return isThere
      ? `"mcp_servers" in it may have a server "${NAME}", or take no table`
      : undefined;
  }
}
