/** Coord's part of settings that are no JSON: lines at the end of a file, or the whole of it. */
import { UnfitFile } from "../../errors.ts";
import { crc32 } from "../../journal/crc.ts";
import { markedLines, type Marks, withoutMarked } from "../marked_lines.ts";
import {
  calledBy,
  CLOSED,
  entryFor,
  isClosed,
  type OwnPart,
  programOf,
  type SettingsForm,
} from "./form.ts";
import type { HostSettings } from "./hosts.ts";

const NONE: OwnPart = { hooks: [], problems: [], isOff: false };

function part(command: string, ...problems: readonly (string | false)[]): OwnPart {
  const hooks = [{ event: "", group: 0, handler: 0, command }];
  return { ...NONE, hooks, problems: problems.filter((each) => each !== false) };
}

/** Tables at the end of a file of TOML, where they are part of no other table. */
export abstract class TomlPart implements SettingsForm {
  readonly nothing = "";
  readonly #marks: Marks;

  /** @param maker The command that makes them. */
  constructor(readonly maker: "hook install" | "mcp install") {
    const begin = `# coord ${maker.split(" ")[0]}: begin`;
    this.#marks = {
      begin,
      made: `${begin}, in a file made for it`,
      end: begin.replace("begin", "end"),
    };
  }

  /** The tables that name a command. */
  protected abstract tables(command: string): string;
  /** The command that some lines name, if it is one of coord's. */
  protected abstract commandIn(lines: string): string | undefined;
  /** Why the tables cannot be added to a text, if so. */
  protected abstract clashIn(text: string): string | undefined;

  look(text: string): OwnPart {
    const found = markedLines(text, this.#marks);
    const lines = found === undefined ? text : text.slice(found.start, found.end);
    const command = this.commandIn(lines);
    if (command === undefined) return NONE;
    const isAsMade = found !== undefined && lines === this.#lines(command, found.isMade);
    return part(
      command,
      found === undefined && `the call is in none of the lines that ${this.maker} makes`,
      found !== undefined && !isAsMade && `its lines are not as ${this.maker} makes them`,
    );
  }

  whole(command: string): string {
    return `${this.#lines(command, true)}\n`;
  }

  installed(text: string, command: string, kept: (command: string) => string | undefined) {
    const found = markedLines(text, this.#marks);
    if (found !== undefined) {
      const old = this.commandIn(text.slice(found.start, found.end));
      const next = (old === undefined ? undefined : kept(old)) ?? command;
      const lines = this.#lines(next, found.isMade);
      const after = text.slice(0, found.start) + lines + text.slice(found.end);
      return { text: after, isMended: next !== old };
    }
    if (this.look(text).hooks.length > 0) {
      throw new UnfitFile(`it calls coord already, by lines that ${this.maker} did not make`);
    }
    const clash = this.clashIn(text);
    if (clash !== undefined) throw new UnfitFile(clash);
    const isOpen = text !== "" && !text.endsWith("\n");
    const lines = this.#lines(command, false);
    return { text: isOpen ? `${text}\n${lines}` : `${text}${lines}\n`, isMended: false };
  }

  uninstalled(text: string): string | undefined {
    const found = markedLines(text, this.#marks);
    if (found === undefined) return text;
    const rest = withoutMarked(text, found);
    return found.isMade && rest === "" ? undefined : rest;
  }

  #lines(command: string, isMade: boolean): string {
    const { made, begin, end } = this.#marks;
    return `${isMade ? made : begin}\n${this.tables(command)}${end}`;
  }
}

/** The commands in some lines. A text of TOML in double quotes is one of JSON. */
export function commandsIn(lines: string): string[] {
  const said = [...lines.matchAll(/^\s*command\s*=\s*("(?:[^"\\]|\\.)*"|'[^']*')/gm)];
  return said.map(([, text = ""]) => {
    try {
      return text.startsWith("'") ? text.slice(1, -1) : String(JSON.parse(text));
    } catch {
      return "";
    }
  });
}

/** A table for each event. */
export class TomlSettings extends TomlPart {
  constructor(readonly host: string, readonly settings: HostSettings) {
    super("hook install");
  }

  protected tables(command: string): string {
    const { toml, events } = this.settings;
    return events.map((event) => {
      const called = calledBy(this.host);
      const entry = entryFor(called, toml?.entry ?? {}, event, command);
      const members = Object.entries(entry).map(([key, value]) =>
        `${key} = ${JSON.stringify(value)}\n`
      );
      return `[[${toml?.table}]]\n${members.join("")}`;
    }).join("\n");
  }

  protected commandIn(lines: string): string | undefined {
    return commandsIn(lines).find((command) =>
      programOf(calledBy(this.host), command) !== undefined
    );
  }

  protected clashIn(text: string): string | undefined {
    const table = this.settings.toml?.table ?? "";
    const name = `["']?${table}["']?`;
    return new RegExp(`^\\s*(?:${name}\\s*[=.]|\\[\\s*${name}\\s*[.\\]])`, "m").test(text)
      ? `"${table}" in it is no list of tables [[${table}]]`
      : undefined;
  }
}

/** A comment that says whose file it is, and by which check sum of the rest it is unchanged. */
const MARK = /(?<=^(?:#|\/\/) )(.+) \(made by coord hook install, ([0-9a-f]{8})\)$/m;

/** A whole file. */
export class WholeFile implements SettingsForm {
  readonly nothing = "";
  readonly mode: number | undefined;

  constructor(readonly host: string, readonly settings: HostSettings) {
    this.mode = settings.whole?.mode;
  }

  look(text: string): OwnPart {
    const own = this.#own(text);
    if (own === undefined) return NONE;
    return part(
      own.command,
      !own.isUnchanged && "it was changed since hook install made it",
      own.isUnchanged && text !== this.whole(own.command) &&
        "another version of coord made it: install it again",
    );
  }

  whole(command: string): string {
    const program = this.#programOf(command) ?? "coord";
    const text = (this.settings.whole?.text ?? "")
      .replace("$command", () => command)
      .replace("$program", () => JSON.stringify(program))
      .replace("$flags", () => JSON.stringify(isClosed(command) ? [CLOSED] : []));
    const mark = `${command} (made by coord hook install, ${crc32(text)})`;
    return text.replace("$mark", () => mark);
  }

  installed(text: string, command: string, kept: (command: string) => string | undefined) {
    const own = this.#own(text);
    if (own === undefined) throw new UnfitFile("it is not one that hook install made");
    if (!own.isUnchanged) throw new UnfitFile("it was changed since hook install made it");
    const next = kept(own.command) ?? command;
    return { text: this.whole(next), isMended: next !== own.command };
  }

  uninstalled(text: string): string | undefined {
    const own = this.#own(text);
    if (own === undefined) return text;
    if (own.isUnchanged) return undefined;
    throw new UnfitFile("it was changed since hook install made it, so it is left to people");
  }

  #own(text: string): { readonly command: string; readonly isUnchanged: boolean } | undefined {
    const [mark = "", command = "", sum] = MARK.exec(text) ?? [];
    if (this.#programOf(command) === undefined) return undefined;
    return { command, isUnchanged: crc32(text.replace(mark, "$mark")) === sum };
  }

  #programOf(command: string): string | undefined {
    return programOf(calledBy(this.host), command);
  }
}
