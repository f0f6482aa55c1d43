/**
 * Coord's own entries in settings of JSON. They are known by the words of their command, and stand behind
 * all others of their event, in a group of their own where the host has groups: what a host trusts is often
 * known by its place.
 */
import { UnfitFile } from "../../errors.ts";
import {
  calledBy,
  entryFor,
  type OwnHook,
  type OwnPart,
  programOf,
  type SettingsForm,
} from "./form.ts";
import type { HookedEvent, HostSettings, TemplateObject } from "./hosts.ts";
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

/** An entry with the commands in it, each under its name. */
interface Entry extends OwnHook {
  readonly commands: readonly JsonMember[];
  readonly matcher: string | undefined;
  /** From the whole to it. */
  readonly place: readonly (string | number)[];
}

export class JsonSettings implements SettingsForm {
  readonly nothing = "{}\n";
  readonly #called: string;
  readonly #key: string;
  readonly #head: Readonly<Record<string, number>>;
  readonly #entry: TemplateObject;

  /**
   * @param parse Reads what the host reads.
   * @param lenient Reads more than that: entries come out of what the host does not read, too.
   */
  constructor(
    readonly host: string,
    readonly settings: HostSettings,
    readonly parse: ParseJson,
    readonly lenient: ParseJson,
  ) {
    const { key = "hooks", head = {}, entry = {} } = settings.json ?? {};
    this.#called = calledBy(host);
    this.#key = key;
    this.#head = head;
    this.#entry = entry;
  }

  look(text: string): OwnPart {
    const root = this.parse(text);
    const hooks = this.#entries(root);
    const counts = this.settings.events.map(({ event }) =>
      [event, hooks.filter((each) => each.event === event).length] as const
    );
    const problems = hooks.length === 0 ? [] : counts.flatMap(([event, count]) => {
      if (count === 1) return [];
      return [count === 0 ? `${event} does not call it` : `${event} calls it ${count} times`];
    });
    problems.push(...hooks.flatMap((each) => this.#unlike(each)));
    const plugin = pluginIn(root, this.settings.json?.plugins);
    return { hooks, problems, isOff: saysOff(root, this.#key), plugin };
  }

  whole(command: string): string {
    const value = { [this.#key]: this.#lists(this.settings.events, command), ...this.#head };
    return `${JSON.stringify(value, null, 2)}\n`;
  }

  installed(text: string, command: string, kept: (command: string) => string | undefined) {
    const { events } = this.settings;
    const mended = this.#repointed(text, command, kept);
    const root = objectOf(mended, this.parse);
    const own = new Set(this.#entries(root).map(({ event }) => event));
    const missing = events.filter(({ event }) => !own.has(event));
    if (missing.length === 0) return { text: mended, isMended: true };
    return { text: this.#added(mended, root, missing, command), isMended: false };
  }

  uninstalled(text: string): string | undefined {
    for (let edited = text;;) {
      const root = objectOf(edited, this.lenient);
      const [own] = this.#entries(root);
      if (own === undefined) return edited;
      const steps = stepsTo(root, own.place);
      let depth = steps.length - 1;
      // A group without another entry is coord's own.
      if (own.place.length > 3 && steps[depth]?.container.children.length === 1) depth--;
      const isMade = () => {
        const container = steps[depth]?.container;
        return container !== undefined && isMadeFor(edited, container);
      };
      while (depth > 0 && isMade()) depth--;
      const step = steps[depth];
      if (step === undefined) throw new RangeError("An entry is in no container");
      const behind = depth === 0 ? this.#headBehind(root, step.index) : 0;
      const around = edited.slice(0, root.start) + edited.slice(root.end);
      const isAll = depth === 0 && step.index === 0 && isMadeFor(edited, root, 1 + behind);
      if (isAll && around.trim() === "") return undefined;
      for (let at = step.index + behind; at > step.index; at--) {
        edited = removed(edited, objectOf(edited, this.lenient), at);
      }
      const container = behind === 0 ? step.container : objectOf(edited, this.lenient);
      edited = removed(edited, container, step.index);
    }
  }

  /** In what an entry is not as this coord makes it; one for all tools is as good. */
  #unlike({ event, command, matcher = "" }: Entry): string[] {
    const known = this.settings.events.find((each) => each.event === event);
    if (known === undefined) return [];
    const isNarrow = matcher !== "" && matcher !== "*" && matcher !== known.matcher;
    const isNamed = known.isSaid !== true || new RegExp(`\\s${event}(?![\\w-])`).test(command);
    return [
      ...(isNarrow ? [`the matcher of ${event} is not the one that hook install makes`] : []),
      ...(isNamed ? [] : [`the command of ${event} does not name the event`]),
    ];
  }

  #entries(root: JsonNode): Entry[] {
    const hooks = memberOf(root, this.#key);
    if (hooks?.kind !== "object") return [];
    const events = new Set(hooks.children.map(({ name }) => name));
    return [...events].flatMap((event) =>
      childrenOf(memberOf(hooks, event)).flatMap((each, group) => {
        const handlers = memberOf(each, "hooks");
        const place = [this.#key, event, group];
        const matcher = textAt(memberOf(each, "matcher"));
        return handlers === undefined
          ? this.#entryAt(each, { event, group, handler: 0, place, matcher })
          : childrenOf(handlers).flatMap((entry, handler) => {
            const within = [...place, "hooks", handler];
            return this.#entryAt(entry, { event, group, handler, place: within, matcher });
          });
      })
    );
  }

  #entryAt(node: JsonNode, at: Omit<Entry, "command" | "commands">): Entry[] {
    if (node.kind !== "object") return [];
    const commands = node.children.filter(({ value }) =>
      programOf(this.#called, textAt(value) ?? "") !== undefined
    );
    const command = textAt(commands[0]?.value);
    return command === undefined ? [] : [{ ...at, command, commands }];
  }

  #lists(events: readonly HookedEvent[], command: string): object {
    return Object.fromEntries(events.map((each) => [each.event, [this.#for(each, command)]]));
  }

  #for(event: HookedEvent, command: string): TemplateObject {
    return entryFor(this.#called, this.#entry, event, command);
  }

  #added(
    text: string,
    root: JsonNode & { readonly kind: "object" },
    missing: readonly HookedEvent[],
    command: string,
  ): string {
    const head = Object.entries(this.#head);
    const lacking = head.filter(([name]) => memberOf(root, name) === undefined);
    for (const [name, value] of head) {
      const node = memberOf(root, name);
      if (node === undefined || node.kind === "leaf" && node.value === value) continue;
      throw new UnfitFile(`"${name}" in it is not ${value}`);
    }
    const hooks = memberOf(root, this.#key);
    if (hooks === undefined) {
      const value = this.#lists(missing, command);
      const members = lacking.map(([name, value]) => ({ name, value }));
      return appended(text, root, [{ name: this.#key, value }, ...members]);
    }
    if (hooks.kind !== "object") throw new UnfitFile(`"${this.#key}" in it is no object`);
    const [lack] = lacking;
    if (lack !== undefined) throw new UnfitFile(`"${lack[0]}": ${lack[1]} is not in it`);
    const isThere = ({ event }: HookedEvent) => memberOf(hooks, event) !== undefined;
    const additions = missing.filter((each) => !isThere(each)).map((each): Addition => ({
      name: each.event,
      value: [this.#for(each, command)],
    }));
    let edited = additions.length === 0 ? text : appended(text, hooks, additions);
    for (const each of missing.filter(isThere)) {
      const list = memberOf(memberOf(this.parse(edited), this.#key), each.event);
      if (list?.kind !== "list") {
        throw new UnfitFile(`"${this.#key}.${each.event}" in it is no list`);
      }
      edited = appended(edited, list, [{ value: this.#for(each, command) }]);
    }
    return edited;
  }

  /** The text with other commands in the entries; what one has already keeps its bytes. */
  #repointed(
    text: string,
    command: string,
    kept: (command: string) => string | undefined,
  ): string {
    const said = this.#entries(this.parse(text)).flatMap(({ event, commands }) => {
      const known = this.settings.events.find((each) => each.event === event);
      const made = handlerOf(this.#for(known ?? { event }, command));
      return commands.map(({ name, value }) => {
        const old = textAt(value) ?? "";
        return { ...value, old, to: kept(old) ?? made[name] ?? command };
      });
    });
    return said.toSorted((a, b) => b.start - a.start).reduce(
      (edited, { start, end, old, to }) =>
        to === old ? edited : `${edited.slice(0, start)}${JSON.stringify(to)}${edited.slice(end)}`,
      text,
    );
  }

  /** How many members behind one were made with it: what a file must have besides, and nothing else. */
  #headBehind(root: JsonNode & { readonly kind: "object" }, index: number): number {
    const head = Object.entries(this.#head);
    const behind = root.children.slice(index + 1);
    const isHead = behind.length === head.length &&
      behind.every(({ name, value }, at) =>
        name === head[at]?.[0] && value.kind === "leaf" && value.value === head[at]?.[1]
      );
    return isHead ? head.length : 0;
  }
}

function childrenOf(node: JsonNode | undefined): readonly JsonNode[] {
  return node?.kind === "list" ? node.children : [];
}

/** The part of an entry that has its command. */
function handlerOf(entry: TemplateObject): TemplateObject {
  const { hooks } = entry;
  return Array.isArray(hooks) ? hooks[0] as TemplateObject : entry;
}

/** Whether a file says that the host is to call no hook, or not that of coord. */
function saysOff(root: JsonNode, key: string): boolean {
  const config = memberOf(root, "hooksConfig");
  const names = memberOf(config, "disabled");
  const is = (node: JsonNode | undefined, value: boolean) =>
    node?.kind === "leaf" && node.value === value;
  return is(memberOf(root, "disableAllHooks"), true) ||
    [config, memberOf(root, key)].some((node) => is(memberOf(node, "enabled"), false)) ||
    names?.kind === "list" && names.children.some((each) => textAt(each) === "coord");
}

/** Whether a file has coord's plugin on; `undefined` where it does not name it. */
function pluginIn(root: JsonNode, plugins: string | undefined): boolean | undefined {
  const named = plugins === undefined ? undefined : memberOf(root, plugins);
  if (named?.kind !== "object") return undefined;
  // A plugin is named with the place that it comes from.
  const own = named.children.findLast(({ name }) => name.startsWith("coord@"))?.value;
  return own?.kind === "leaf" && typeof own.value === "boolean" ? own.value : undefined;
}

/** A child of a container. */
interface Step {
  readonly container: JsonContainer;
  readonly index: number;
}

/** From the whole to an entry: the member of events, that of the event, the group, the entry in it. */
function stepsTo(root: JsonNode, place: readonly (string | number)[]): Step[] {
  const steps: Step[] = [];
  let node: JsonNode | undefined = root;
  for (const key of place) {
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

/** @throws {UnfitFile} where a text has none. */
export function objectOf(text: string, parse: ParseJson): JsonNode & { readonly kind: "object" } {
  const root = parse(text);
  if (root.kind !== "object") throw new UnfitFile("it has no JSON object");
  return root;
}
