/** Files of settings as people and their tools write them, some with coord's neighbours in them. */
import type { Random } from "../random.ts";

/** How one file is written. */
export interface Style {
  readonly eol: string;
  /** Empty for all on one line. */
  readonly unit: string;
  readonly comments: boolean;
  /** Chance of a comma behind the last value. */
  readonly lastCommas: number;
  readonly oddSpaces: boolean;
}

const UNITS = ["", " ", "  ", "    ", "\t", "            "];

/** What a host's files are like. */
export interface Form {
  readonly syntax: "json" | "comments" | "lenient";
  readonly events: readonly string[];
  /** The member that has the events. */
  readonly key?: string;
  /** What is in each file that has that member. */
  readonly head?: Readonly<Record<string, number>>;
  /** Whether an event has its entries without groups. */
  readonly isFlat?: boolean;
}

/** A file of settings for a host, with the value in it. */
export function settingsFile(
  random: Random,
  form: Form,
): { text: string; bom: string; value: Record<string, unknown> } {
  const { syntax } = form;
  const style: Style = {
    eol: random.pick(["\n", "\n", "\r\n"]),
    unit: random.pick(UNITS),
    comments: syntax !== "json" && random.chance(0.5),
    lastCommas: syntax === "lenient" ? random.pick([0, 0.2, 0.8]) : 0,
    oddSpaces: random.chance(0.3),
  };
  const value = settingsValue(random, form);
  const around = () => random.pick(["", "", style.eol, ` ${style.eol}`, note(random, style)]);
  const end = random.pick(["", style.eol, style.eol, `${style.eol}${style.eol}`]);
  return {
    text: `${around()}${written(random, style, value, "")}${around()}${end}`,
    bom: random.chance(0.2) ? "\uFEFF" : "",
    value,
  };
}

function settingsValue(random: Random, form: Form): Record<string, unknown> {
  const { key = "hooks", head = {} } = form;
  const before = random.chance(0.5) ? { model: 'a \\ "b" {[é😀', env: { PATH: "/bin,//x" } } : {};
  const after = random.chance(0.5) ? { permissions: { allow: ["Bash(coord *)"], deny: [] } } : {};
  if (random.chance(0.3)) return { ...before, ...(random.chance(0.5) ? head : {}), ...after };
  const hooks = { [key]: hooksValue(random, form) };
  return random.chance(0.5)
    ? { ...before, ...head, ...hooks, ...after }
    : { ...before, ...hooks, ...head, ...after };
}

function hooksValue(random: Random, { events, isFlat }: Form): object {
  const names = ["Stop", ...events, "Notification"].filter(() => random.chance(0.5));
  const entry = isFlat === true ? handler : group;
  return Object.fromEntries(
    names.map((name) => [name, Array.from({ length: random.below(3) }, () => entry(random))]),
  );
}

function group(random: Random): object {
  const hooks = Array.from({ length: random.below(3) }, () => handler(random));
  return { ...(random.chance(0.5) ? { matcher: "Write|Edit" } : {}), hooks };
}

function handler(random: Random): object {
  const command = random.pick([
    "prettier --write",
    "echo coord hook run emacs",
    "/opt/notcoord hook run claude",
    "coord hook running",
    `sh -c 'a "b" // c'`,
  ]);
  return { type: "command", command };
}

/** A value as text, with a style that may change in the middle. */
function written(random: Random, style: Style, value: unknown, indent: string): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const isList = Array.isArray(value);
  const [open, close] = isList ? "[]" : "{}";
  const entries = Object.entries(value);
  if (entries.length === 0) return `${open}${empty(random, style, indent)}${close}`;
  const isOnLine = style.unit === "" || random.chance(0.15);
  const inner = isOnLine ? indent : `${indent}${style.unit}`;
  const gap = isOnLine ? space(random, style) : `${style.eol}${inner}`;
  const pieces = entries.map(([name, each]) => {
    const text = written(random, isOnLine ? { ...style, unit: "" } : style, each, inner);
    return isList
      ? text
      : `${JSON.stringify(name)}${space(random, style)}:${space(random, style)}${text}`;
  });
  const parts = pieces.map((piece, at) => {
    const isLast = at === pieces.length - 1;
    const comma = isLast ? (random.chance(style.lastCommas) ? "," : "") : ",";
    return `${gap}${note(random, style)}${piece}${note(random, style)}${comma}${
      note(random, style)
    }`;
  });
  const end = isOnLine ? space(random, style) : `${style.eol}${indent}`;
  return `${open}${parts.join("")}${end}${close}`;
}

function space(random: Random, style: Style): string {
  return style.oddSpaces ? random.pick(["", " ", "  ", "\t", style.eol]) : random.pick(["", " "]);
}

function empty(random: Random, style: Style, indent: string): string {
  return random.pick(["", "", " ", `${style.eol}${indent}`, note(random, style)]);
}

/** A comment, where the style has any. One to the end of a line ends that. */
function note(random: Random, style: Style): string {
  if (!style.comments || random.chance(0.8)) return "";
  return random.pick([
    `/* a, "b": [ ${style.eol} // */`,
    ` // x, "coord hook run claude" }${style.eol}`,
    "/**/",
  ]);
}
