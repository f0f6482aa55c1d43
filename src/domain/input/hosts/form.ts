/** What the forms of settings share: coord's command in them, and how it is known. */
import { shellWord } from "../../text.ts";
import { type HookedEvent, HOSTS, type Template, type TemplateObject } from "./hosts.ts";

/** A call of coord in a file. */
export interface OwnHook {
  readonly event: string;
  /** The place of its group among those of its event. */
  readonly group: number;
  /** Its place in the group. */
  readonly handler: number;
  readonly command: string;
}

/** What a file has of coord. */
export interface OwnPart {
  readonly hooks: readonly OwnHook[];
  /** What is wrong with them. */
  readonly problems: readonly string[];
  /** Whether the file says that the host is to call no hook, or not that of coord. */
  readonly isOff: boolean;
  /** Whether it has coord's plugin on; `undefined` where it does not name that. */
  readonly plugin?: boolean;
}

/** A form of settings; where a file does not fit, `UnfitFile` says why. */
export interface SettingsForm {
  /** What stands for nothing in a file that has to stay. */
  readonly nothing: string;
  /** Of a file that is made. */
  readonly mode?: number;
  look(text: string): OwnPart;
  /** What to put into a file that has nothing else. */
  whole(command: string): string;
  /**
   * The text with coord's part; the same text where it has that.
   *
   * @param kept What a command that is there is to be; `undefined` where the new one replaces it.
   * @returns `isMended` where commands were replaced and nothing was added.
   */
  installed(
    text: string,
    command: string,
    kept: (command: string) => string | undefined,
  ): { readonly text: string; readonly isMended: boolean };
  /** The text without it; `undefined` for the whole file. */
  uninstalled(text: string): string | undefined;
}

/**
 * The command that a host is to call.
 *
 * @param guarded What is printed where the program is missing; then nothing is wrong.
 */
export function hookCommand(host: string, program: string, guarded: string | undefined): string {
  const word = shellWord(program);
  const call = `${word} hook run ${host}`;
  if (guarded === undefined) return call;
  const otherwise = guarded === "" ? "" : ` else echo '${guarded}';`;
  return `if command -v ${word} >/dev/null; then ${call};${otherwise} fi`;
}

/** What makes a hook deny where it fails. */
export const CLOSED = "--fail-closed";

/** Whether a command denies where it fails. */
export function isClosed(command: string): boolean {
  return new RegExp(`\\s${CLOSED}(?![\\w-])`).test(command);
}

/** The same command, which denies where it fails. */
export function closed(host: string, command: string): string {
  if (isClosed(command)) return command;
  return command.replace(new RegExp(`(\\shook\\s+run\\s+${host})(?![\\w-])`), `$1 ${CLOSED}`);
}

/** The program in the command of an entry; `undefined` where it is not one of coord's. */
export function programOf(host: string, command: string): string | undefined {
  const call = new RegExp(
    `(?:^|[\\s;])('(?:[^']|'\\\\'')*'|"[^"]*"|[^\\s;"']+)\\s+hook\\s+run\\s+${host}(?![\\w-])`,
  );
  const word = call.exec(command)?.[1];
  const program = word?.replaceAll(/^["']|["']$/g, "").replaceAll(`'\\''`, "'");
  return program !== undefined && isCoord(program) ? program : undefined;
}

/** Whether a program has a name by which coord is known. */
export function isCoord(program: string): boolean {
  return /(?:^|[\\/])coord(?:\.exe|\.cmd)?$/.test(program);
}

/** An entry for an event. */
export function entryFor(
  called: string,
  entry: TemplateObject,
  { event, matcher, timeout, isSaid }: HookedEvent,
  command: string,
): TemplateObject {
  const call = `hook run ${called}`;
  const named = isSaid === true ? `${call} ${event}` : call;
  const program = programOf(called, command) ?? "coord";
  const word = /^[\w./\\:-]+$/.test(program) ? program : `& '${program.replaceAll("'", "''")}'`;
  const values: Readonly<Record<string, Template | undefined>> = {
    $event: event,
    $matcher: matcher,
    $timeout: timeout,
    $command: command.replace(call, () => named),
    $powershell: isClosed(command) ? `${word} ${named} ${CLOSED}` : `${word} ${named}`,
  };
  const filled = (template: Template): Template | undefined => {
    if (typeof template === "string") return template in values ? values[template] : template;
    if (Array.isArray(template)) return template.map((each) => filled(each) ?? each);
    return typeof template === "object" ? members(template as TemplateObject) : template;
  };
  const members = (object: TemplateObject): TemplateObject =>
    Object.fromEntries(
      Object.entries(object).flatMap(([name, value]) => {
        const said = filled(value);
        return said === undefined ? [] : [[name, said]];
      }),
    );
  return members(entry);
}

/** The host whose hook a host calls. */
export function calledBy(name: string): string {
  return HOSTS[name]?.calls ?? name;
}
