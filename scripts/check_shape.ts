/**
 * Holds the code to STYLE §1: which layer may import which, no cycles, no long files, third-party
 * code and runtimes named in their own places only, no barrels, no two types of one name. Prints `path:line: message` for each
 * breach and exits with 1 when there is any.
 *
 * Usage: deno run -A scripts/check_shape.ts [ROOT]
 */
import { type ImportFact, type SourceFacts, sourceFacts } from "./support/source_facts.ts";
import { readSources } from "./support/sources.ts";

/** A breach of the rules. */
export interface Finding {
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

const MAX_LINES = 400;

/** Names in one folder of the source; more are hard to take in at a glance. */
const MAX_NAMES = 16;

/** What decides which store a call means, and opens one that is no workspace's files. */
const CHOOSING = "src/workspace/store/";

/** From each part of the house (a path or its start) to what it may import. */
const ARROWS: readonly (readonly [from: string, to: readonly string[]])[] = [
  ["src/domain/", ["src/domain/", "src/deps/zod.ts"]],
  ["src/ports/", ["src/ports/", "src/domain/"]],
  ["src/async/", ["src/async/", "src/ports/", "src/domain/"]],
  ["src/engine/", ["src/engine/", "src/async/", "src/ports/", "src/domain/"]],
  ["src/host/", ["src/host/", "src/ports/", "src/domain/"]],
  ["src/commands/", ["src/commands/", "src/engine/", "src/ports/", "src/domain/"]],
  ["src/cli/", ["src/"]],
  ["src/mcp/", [
    "src/mcp/",
    "src/cli/exit_codes.ts",
    "src/cli/sanitize.ts",
    "src/commands/",
    "src/engine/",
    "src/ports/",
    "src/domain/",
    "src/async/",
    "src/deps/mcp.ts",
    "src/workspace/open.ts",
    "src/workspace/store/options.ts",
  ]],
  ["src/web/", [
    "src/web/",
    "src/cli/envelope.ts",
    "src/cli/exit_codes.ts",
    "src/cli/sanitize.ts",
    "src/cli/top/sections.ts",
    "src/commands/",
    "src/engine/",
    "src/domain/",
    "src/host/people/http.ts",
  ]],
  ["src/deps/", []],
  ["src/workspace/open.ts", [
    "src/engine/",
    "src/ports/",
    "src/domain/",
    "src/adapters/fs/open.ts",
    "src/workspace/once_each.ts",
    "src/host/detect.ts",
    "src/workspace/noted/session.ts",
    "src/workspace/processes.ts",
    CHOOSING,
  ]],
  ["src/workspace/processes.ts", ["src/ports/"]],
  ["src/workspace/config.ts", [
    "src/ports/",
    "src/domain/",
    "src/adapters/fs/checkout/team_config.ts",
    "src/adapters/fs/disk/own_file.ts",
    "src/adapters/postgres/place.ts",
    CHOOSING,
  ]],
  [CHOOSING, [
    "src/adapters/",
    "src/deps/path.ts",
    "src/domain/",
    "src/engine/",
    "src/host/detect.ts",
    "src/ports/",
    "src/workspace/",
  ]],
  ["src/workspace/noted/", [
    "src/ports/",
    "src/domain/",
    "src/adapters/fs/layout.ts",
    "src/adapters/fs/disk/",
    "src/workspace/store/user_folder.ts",
  ]],
  ["src/workspace/open_tasks.ts", [
    "src/engine/",
    "src/ports/",
    "src/adapters/fs/open_tasks.ts",
    "src/workspace/once_each.ts",
    CHOOSING,
  ]],
  ["src/workspace/open_holds.ts", [
    "src/engine/",
    "src/ports/",
    "src/adapters/fs/open_holds.ts",
    "src/workspace/once_each.ts",
    "src/workspace/processes.ts",
    CHOOSING,
  ]],
  ["src/workspace/open_reserving.ts", [
    "src/engine/",
    "src/ports/",
    "src/domain/",
    "src/adapters/fs/open_reserving.ts",
    "src/workspace/once_each.ts",
    "src/workspace/processes.ts",
    CHOOSING,
  ]],
  ["src/workspace/open_hook.ts", [
    "src/workspace/open.ts",
    "src/engine/",
    "src/ports/",
    "src/domain/",
    "src/workspace/noted/session.ts",
    "src/workspace/open_holds.ts",
    "src/workspace/open_reserving.ts",
  ]],
  ["src/workspace/open_settings.ts", [
    "src/ports/",
    "src/adapters/fs/checkout/settings/files.ts",
    "src/adapters/fs/checkout/settings/forms.ts",
  ]],
  ["src/workspace/open_text_file.ts", [
    "src/ports/",
    "src/deps/path.ts",
    "src/adapters/fs/disk/text_file.ts",
  ]],
  ["src/workspace/open_trial.ts", [
    "src/engine/",
    "src/ports/",
    "src/adapters/fs/disk/doctor/remove_tree.ts",
    "src/workspace/open.ts",
    "src/workspace/open_hook.ts",
    "src/workspace/open_reserving.ts",
  ]],
  ["src/workspace/open_reservations.ts", [
    "src/engine/",
    "src/ports/",
    "src/adapters/fs/reservation/open.ts",
    "src/workspace/once_each.ts",
    CHOOSING,
  ]],
  ["src/workspace/open_lanes.ts", [
    "src/engine/",
    "src/ports/",
    "src/adapters/fs/lane/open.ts",
    "src/workspace/once_each.ts",
    "src/workspace/processes.ts",
    CHOOSING,
  ]],
  ["src/workspace/open_status.ts", [
    "src/engine/",
    "src/ports/",
    "src/adapters/fs/watch/open.ts",
    "src/workspace/once_each.ts",
    "src/workspace/processes.ts",
    CHOOSING,
  ]],
  ["src/workspace/once_each.ts", ["src/ports/"]],
  ["mod.ts", ["src/engine/", "src/domain/", "src/workspace/open.ts", CHOOSING]],
  ["cli.ts", ["src/cli/", "src/host/"]],
];

/**
 * Rooms of one floor that must not import each other: a reader of one need not know the other. What
 * crosses (watch, forecast, gc) has a room or a file of its own.
 */
const APART = ["task", "reservation", "lane"];

/** Rooms that all others build upon, so they import none of those. */
const GROUND = ["glob", "input"];

/** What more a part may import when it takes types only. */
const TYPE_ARROWS: Record<string, readonly string[]> = {
  "mod.ts": ["src/ports/"],
  "src/ports/feed.ts": ["src/async/"],
};

const ADAPTER = /^src\/adapters\/[^/]+\//;

/** Where packages may be named, and where built-in `node:` modules may be. */
const PACKAGE_PLACES = ["src/deps/", "tests/deps.ts", "scripts/deps.ts", "scripts/mirror/"];
const NODE_PLACES = [
  "src/host/node.ts",
  "src/host/command.ts",
  "src/host/child.ts",
  "src/host/deno_sha256.ts",
  "src/host/system/",
  "src/host/run.ts",
  "src/host/people/",
  "src/host/watchdog.ts",
  "tests/deps.ts",
  "tests/support/",
  "scripts/",
  "examples/",
  "plugin/",
];

/** All breaches in a tree, given as the text of each file by its path from the root. */
export function shapeFindings(files: ReadonlyMap<string, string>): Finding[] {
  const facts = new Map([...files].map(([path, text]) => [path, sourceFacts(path, text)]));
  const findings = [...facts].flatMap(([path, fact]) => fileFindings(path, fact));
  findings.push(...folderFindings(files.keys()), ...cycleFindings(facts), ...nameFindings(facts));
  return findings.sort((a, b) => a.path < b.path ? -1 : a.path > b.path ? 1 : a.line - b.line);
}

/** Prints the findings and returns the exit code. */
export function reportShape(findings: readonly Finding[], print: (line: string) => void): number {
  for (const { path, line, message } of findings) print(`${path}:${line}: ${message}`);
  return findings.length === 0 ? 0 : 1;
}

function fileFindings(path: string, facts: SourceFacts): Finding[] {
  const findings: Finding[] = [];
  const find = (line: number, message: string) => findings.push({ path, line, message });
  if (facts.lines > MAX_LINES) {
    find(MAX_LINES + 1, `the file has ${facts.lines} lines, the limit is ${MAX_LINES}`);
  }
  const inSrc = path.startsWith("src/");
  if (inSrc && allowedFrom(path) === undefined) find(1, "the file is in no layer");
  if (inSrc && facts.isBarrel && !path.startsWith("src/deps/")) {
    find(1, "a barrel file: import from where the thing is defined");
  }
  if (inSrc && !path.startsWith("src/host/")) {
    for (const { line, name } of facts.runtimes) find(line, `only src/host names "${name}"`);
  }
  for (const each of facts.imports) {
    const message = importProblem(path, each);
    if (message !== undefined) find(each.line, message);
  }
  return findings;
}

function importProblem(path: string, { specifier, typeOnly }: ImportFact): string | undefined {
  const allowed = allowedFrom(path);
  if (specifier === undefined) {
    // Tests and scripts are never compiled, so they may compute what they load.
    return allowed && "a dynamic import must name its module as a plain string";
  }
  if (!isRelative(specifier)) {
    const places = specifier.startsWith("node:") ? NODE_PLACES : PACKAGE_PLACES;
    return isIn(path, places)
      ? undefined
      : `"${specifier}" may be imported only in ${list(places)}`;
  }
  if (allowed === undefined) return undefined;
  const target = resolve(path, specifier);
  const room = roomOf(path);
  const other = roomOf(target);
  if (room !== undefined && other !== undefined && room.floor === other.floor) {
    const isApart = APART.includes(room.name) && room.name !== other.name;
    if (APART.includes(other.name) && (isApart || GROUND.includes(room.name))) {
      return `${room.floor}${room.name}/ must not import "${target}" of ${other.floor}${other.name}/`;
    }
  }
  if (isIn(target, allowed) || typeOnly && isIn(target, TYPE_ARROWS[path] ?? [])) return undefined;
  return `must not import "${target}": allowed is ${list(allowed)}`;
}

const ROOM = /^(src\/(?:domain|engine|commands|adapters\/[^/]+)\/)([^/]+)\//;

/** The room that a file lies in, and its floor; `undefined` for what lies on a floor itself. */
function roomOf(path: string): { floor: string; name: string } | undefined {
  const [, floor, name] = ROOM.exec(path) ?? [];
  return floor === undefined || name === undefined ? undefined : { floor, name };
}

/** One finding for each folder of the source with too many names, folders counted like files. */
function folderFindings(paths: Iterable<string>): Finding[] {
  const names = new Map<string, Set<string>>();
  for (const path of paths) {
    if (!path.startsWith("src/")) continue;
    const parts = path.split("/");
    for (let depth = 1; depth < parts.length; depth++) {
      const folder = parts.slice(0, depth).join("/");
      const known = names.get(folder) ?? new Set();
      names.set(folder, known.add(parts[depth] ?? ""));
    }
  }
  return [...names].filter(([, { size }]) => size > MAX_NAMES).map(([path, { size }]) => ({
    path,
    line: 1,
    message: `the folder has ${size} names, the limit is ${MAX_NAMES}`,
  }));
}

/** A part of the house in which a type's name has one meaning; each adapter is one. */
const LAYER = /^src\/(?:adapters\/)?[^/]+\//;

/** One finding for each type whose name another file of its layer has given to a type. */
function nameFindings(facts: ReadonlyMap<string, SourceFacts>): Finding[] {
  const findings: Finding[] = [];
  const places = new Map<string, string>();
  for (const [path, { types }] of facts) {
    const layer = LAYER.exec(path)?.[0];
    if (layer === undefined) continue;
    for (const { line, name } of types) {
      const key = `${layer}${name}`;
      const other = places.get(key) ?? path;
      places.set(key, other);
      if (other !== path) {
        findings.push({ path, line, message: `${other} declares another type "${name}"` });
      }
    }
  }
  return findings;
}

/** What a file may import by the layer that it is in; `undefined` when it is in none. */
function allowedFrom(path: string): readonly string[] | undefined {
  const adapter = ADAPTER.exec(path)?.[0];
  if (adapter !== undefined) {
    return [adapter, "src/async/", "src/ports/", "src/domain/", "src/deps/"];
  }
  return ARROWS.find(([from]) => isIn(path, [from]))?.[1];
}

/** One finding for each import that closes a circle, met by a walk in depth. */
function cycleFindings(facts: ReadonlyMap<string, SourceFacts>): Finding[] {
  const findings: Finding[] = [];
  const done = new Set<string>();
  const trail: string[] = [];
  const walk = (path: string) => {
    trail.push(path);
    for (const { line, specifier } of facts.get(path)?.imports ?? []) {
      if (specifier === undefined || !isRelative(specifier)) continue;
      const target = resolve(path, specifier);
      if (!target.startsWith("src/") || !facts.has(target)) continue;
      const start = trail.indexOf(target);
      if (start >= 0) {
        const circle = [...trail.slice(start), target].join(" -> ");
        findings.push({ path, line, message: `closes an import cycle: ${circle}` });
      } else if (!done.has(target)) walk(target);
    }
    trail.pop();
    done.add(path);
  };
  for (const path of facts.keys()) if (path.startsWith("src/") && !done.has(path)) walk(path);
  return findings;
}

function resolve(from: string, specifier: string): string {
  return new URL(specifier, `file:///${from}`).pathname.slice(1);
}

function isRelative(specifier: string): boolean {
  return specifier.startsWith("./") || specifier.startsWith("../");
}

/** Whether a path is one of `places`, or lies below one that ends in a slash. */
function isIn(path: string, places: readonly string[]): boolean {
  return places.some((place) => place.endsWith("/") ? path.startsWith(place) : path === place);
}

function list(places: readonly string[]): string {
  return places.length === 0 ? "nothing in src" : places.join(", ");
}

if (import.meta.main) {
  Deno.exit(reportShape(shapeFindings(readSources(Deno.args[0] ?? ".")), console.log));
}
