/**
 * Coord's own entries in the settings of a host. They are known by the words of their command, and
 * stand in a group of their own, the last of its event: what a host trusts is often known by its place.
 */
import { UnfitFile } from "../../errors.ts";
import { shellWord } from "../../text.ts";
import type { HookedEvent, HostSettings } from "./hosts.ts";
import {
  type Addition,
  appended,
  isMadeFor,
  type JsonContainer,
  type JsonMember,
  type JsonNode,
  memberOf,
  removed,
  textAt,
} from "./json_text.ts";

/** Reads a JSON text with the place of each value. */
export type ParseJson = (text: string) => JsonNode;

/** An entry of coord's. */
export interface OwnHook {
  readonly event: string;
  /** The place of its group among those of its event. */
  readonly group: number;
  /** Its place in the group. */
  readonly handler: number;
  readonly command: string;
  /** Where the command stands in the text, with its quotes. */
  readonly start: number;
  readonly end: number;
}

/** The command that a host is to call; with `guarded`, nothing is wrong where the program is missing. */
export function hookCommand(host: string, program: string, guarded: boolean): string {
  const word = shellWord(program);
  const call = `${word} hook run ${host}`;
  return guarded ? `if command -v ${word} >/dev/null; then ${call}; fi` : call;
}

/** What makes a hook deny where it fails. */
const CLOSED = "--fail-closed";

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

/** The group that stands for an event. */
function groupFor(host: HostSettings, { matcher, timeout }: HookedEvent, command: string): object {
  return {
    ...(matcher === undefined ? {} : { matcher }),
    hooks: [{ ...host.extra, type: "command", command, timeout }],
  };
}

/** All of it, as in a file that has nothing else. */
export function wholeSettings(host: HostSettings, command: string): Record<string, unknown> {
  return { hooks: hooksFor(host, host.events, command) };
}

function hooksFor(host: HostSettings, events: readonly HookedEvent[], command: string): object {
  return Object.fromEntries(
    events.map((each) => [each.event, [groupFor(host, each, command)]]),
  );
}

/** The entries of coord's in a file. */
export function ownHooks(host: string, root: JsonNode): OwnHook[] {
  const hooks = memberOf(root, "hooks");
  if (hooks?.kind !== "object") return [];
  const events = new Set(hooks.children.map(({ name }) => name));
  return [...events].flatMap((event) =>
    childrenOf(memberOf(hooks, event)).flatMap((each, group) =>
      childrenOf(memberOf(each, "hooks")).flatMap((entry, handler) => {
        const said = memberOf(entry, "command");
        const command = textAt(said);
        if (said === undefined || command === undefined) return [];
        if (programOf(host, command) === undefined) return [];
        return [{ event, group, handler, command, start: said.start, end: said.end }];
      })
    )
  );
}

/** Whether a file has coord's plugin on; `undefined` where it does not name it. */
export function pluginIn({ plugins }: HostSettings, root: JsonNode): boolean | undefined {
  const named = plugins === undefined ? undefined : memberOf(root, plugins);
  if (named?.kind !== "object") return undefined;
  // A plugin is named with the place that it comes from.
  const own = named.children.findLast(({ name }) => name.startsWith("coord@"))?.value;
  return own?.kind === "leaf" && typeof own.value === "boolean" ? own.value : undefined;
}

/** What is wrong with the entries of a file. */
export function problemsOf({ events }: HostSettings, own: readonly OwnHook[]): string[] {
  return events.flatMap(({ event }) => {
    const count = own.filter((each) => each.event === event).length;
    if (count === 1) return [];
    return [count === 0 ? `${event} does not call it` : `${event} calls it ${count} times`];
  });
}

/** Whether a file says that the host is to call no hook, or not that of coord. */
export function saysOff(root: JsonNode): boolean {
  const config = memberOf(root, "hooksConfig");
  const names = memberOf(config, "disabled");
  const is = (node: JsonNode | undefined, value: boolean) =>
    node?.kind === "leaf" && node.value === value;
  return is(memberOf(root, "disableAllHooks"), true) || is(memberOf(config, "enabled"), false) ||
    names?.kind === "list" && names.children.some((each) => textAt(each) === "coord");
}

function childrenOf(node: JsonNode | undefined): readonly JsonNode[] {
  return node?.kind === "list" ? node.children : [];
}

/**
 * The text with an entry for each event that has none; the same text where all have one.
 *
 * @throws {UnfitFile} where the file has something else in their place.
 */
export function installed(
  text: string,
  parse: ParseJson,
  name: string,
  host: HostSettings,
  command: string,
): string {
  const root = objectOf(text, parse);
  const own = new Set(ownHooks(name, root).map(({ event }) => event));
  const missing = host.events.filter(({ event }) => !own.has(event));
  if (missing.length === 0) return text;
  const hooks = memberOf(root, "hooks");
  if (hooks === undefined) {
    return appended(text, root, [{ name: "hooks", value: hooksFor(host, missing, command) }]);
  }
  if (hooks.kind !== "object") throw new UnfitFile('"hooks" in it is no object');
  const isThere = ({ event }: HookedEvent) => memberOf(hooks, event) !== undefined;
  const additions = missing.filter((each) => !isThere(each)).map((each): Addition => ({
    name: each.event,
    value: [groupFor(host, each, command)],
  }));
  let edited = additions.length === 0 ? text : appended(text, hooks, additions);
  for (const each of missing.filter(isThere)) {
    const list = memberOf(memberOf(parse(edited), "hooks"), each.event);
    if (list?.kind !== "list") throw new UnfitFile(`"hooks.${each.event}" in it is no list`);
    edited = appended(edited, list, [{ value: groupFor(host, each, command) }]);
  }
  return edited;
}

/** The text with other commands in these entries; what an entry has already keeps its bytes. */
export function repointed(
  text: string,
  hooks: readonly OwnHook[],
  commandOf: (hook: OwnHook) => string,
): string {
  return hooks.toSorted((a, b) => b.start - a.start).reduce((edited, hook) => {
    const { start, end } = hook;
    const command = commandOf(hook);
    return command === hook.command
      ? edited
      : `${edited.slice(0, start)}${JSON.stringify(command)}${edited.slice(end)}`;
  }, text);
}

/** The text without coord's entries, and without what was made for them; empty for the whole file. */
export function uninstalled(text: string, parse: ParseJson, name: string): string {
  for (let edited = text;;) {
    const root = objectOf(edited, parse);
    const [own] = ownHooks(name, root);
    if (own === undefined) return edited;
    const steps = stepsTo(root, own);
    let depth = steps.length - 1;
    // A group without another entry is coord's own.
    if (steps[depth]?.container.children.length === 1) depth--;
    const isMade = () => {
      const container = steps[depth]?.container;
      return container !== undefined && isMadeFor(edited, container);
    };
    while (depth > 0 && isMade()) depth--;
    const around = edited.slice(0, root.start) + edited.slice(root.end);
    if (depth === 0 && isMade() && around.trim() === "") return "";
    const step = steps[depth];
    if (step === undefined) throw new RangeError("An entry is in no container");
    edited = removed(edited, step.container, step.index);
  }
}

/** A child of a container. */
interface Step {
  readonly container: JsonContainer;
  readonly index: number;
}

/** From the whole to an entry: the member hooks, that of the event, the group, the entry. */
function stepsTo(root: JsonNode, { event, group, handler }: OwnHook): Step[] {
  const steps: Step[] = [];
  let node: JsonNode | undefined = root;
  for (const key of ["hooks", event, group, "hooks", handler]) {
    if (node === undefined || node.kind === "leaf") break;
    const index: number = typeof key === "number"
      ? key
      : node.kind === "object"
      ? node.children.findLastIndex(({ name }) => name === key)
      : -1;
    steps.push({ container: node, index });
    const child: JsonNode | JsonMember | undefined = node.children[index];
    node = child !== undefined && "name" in child ? child.value : child;
  }
  // Within its group an entry is known by its list alone.
  return steps.filter((_, depth) => depth !== 3);
}

function objectOf(text: string, parse: ParseJson): JsonNode & { readonly kind: "object" } {
  const root = parse(text);
  if (root.kind !== "object") throw new UnfitFile("it has no JSON object");
  return root;
}
