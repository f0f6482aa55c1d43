/**
 * Reads the value of `lanes.json`. Apart from the rest of the lanes, and loaded only where there is
 * such a file, because the schema library takes as long to load as all of a short command.
 */
import * as z from "../../deps/zod.ts";
import { identifier } from "../input/fields.ts";
import { isObject } from "../json.ts";
import { NAME_MARK } from "./lease.ts";
import type { Taxonomy } from "./taxonomy.ts";
import { NO_TREE, Tree, treeProblems } from "../glob/tree.ts";
import { quoted } from "../text.ts";

const OBJECT = "must be an object";
const GLOBS = "must be a list of globs";

/** Adds to a schema what one of our own rules finds. */
function obeys<T>(problems: (value: T) => readonly string[]) {
  return z.check<T>(({ value, issues }) => {
    for (const message of problems(value)) issues.push({ code: "custom", message, input: value });
  });
}

/** An object of these fields and of comments alone, so that a mistyped `exclusive` is not lost. */
function fields<S extends z.core.$ZodShape>(shape: S) {
  const stranger = `is not a field: ${Object.keys(shape).join(", ")} are`;
  const error = ({ code }: { code: string }) => code === "unrecognized_keys" ? stranger : OBJECT;
  return z.pipe(z.transform(withoutComments), z.strictObject(shape, { error }));
}

function withoutComments(value: unknown): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => !/^[$_]/.test(key)));
}

const TEXT = "must be text";
const nameProblems = (text: string) => identifier.problems(text);
const name = z.string(TEXT).check(obeys(nameProblems));
const optionalName = z.string(TEXT).check(obeys((text) => text === "" ? [] : nameProblems(text)));

/** An object whose keys are names that people choose. */
function named<M extends z.core.$ZodType>(member: M) {
  // A record leaves this one key out without a word.
  const proto = obeys((value) =>
    isObject(value) && Object.hasOwn(value, "__proto__")
      ? ['names "__proto__", which must be called something else']
      : []
  );
  return z.pipe(z.unknown().check(proto), z.record(name, member, OBJECT));
}

const lane = fields({
  tree: z._default(z.array(z.string(GLOBS), GLOBS).check(obeys(treeProblems)), []),
  kind: z._default(optionalName, ""),
  exclusive: z._default(z.boolean("must be true or false"), false),
});

const COUNT = "must be a whole number of at least 1";
const kind = fields({
  max_concurrent: z.optional(z.int(COUNT).check(z.gte(1, COUNT))),
});

function file(lanes: readonly string[]) {
  const ladder = (names: readonly unknown[]) =>
    names.flatMap((name, i) => {
      const shown = `holds ${JSON.stringify(name)}`;
      if (!lanes.some((lane) => lane === name)) return [`${shown}, which is not one of the lanes`];
      return names.indexOf(name) < i ? [`${shown} twice`] : [];
    });
  const marked = obeys((lanes: Readonly<Record<string, { tree: readonly string[] }>>) =>
    Object.entries(lanes).filter(([name, { tree }]) =>
      name.startsWith(NAME_MARK) && tree.length > 0
    )
      .map(([name]) =>
        `gives ${JSON.stringify(name)} a tree, and "${NAME_MARK}" makes it a name alone`
      )
  );
  return fields({
    lanes: z._default(named(lane).check(marked), {}),
    autopick: z._default(z.array(z.any(), "must be a list of lanes").check(obeys(ladder)), []),
    kinds: z._default(named(kind), {}),
  });
}

/**
 * Reads the value of `lanes.json`. Fields that begin with `$` or `_` are for comments.
 *
 * @param files Globs that are known to be files.
 * @returns The taxonomy, or all that is wrong with it.
 */
export function parseTaxonomy(
  value: unknown,
  files: ReadonlySet<string> = new Set(),
): Taxonomy | readonly string[] {
  if (!isObject(value)) return ["must be a JSON object"];
  const read = file(isObject(value["lanes"]) ? Object.keys(value["lanes"]) : []).safeParse(value);
  if (!read.success) return read.error.issues.flatMap(problemsIn);
  const { lanes, autopick, kinds } = read.data;
  return {
    lanes: new Map(
      Object.entries(lanes).map(([name, lane]) => [
        name,
        { ...lane, name, tree: lane.tree.length === 0 ? NO_TREE : treeOf(lane.tree, files) },
      ]),
    ),
    autopick,
    budgets: new Map(
      Object.entries(kinds).flatMap(([kind, { max_concurrent }]) =>
        max_concurrent === undefined ? [] : [[kind, max_concurrent]]
      ),
    ),
  };
}

/** What globs mean where they are set down. */
interface NamedGlobs {
  readonly entries: readonly string[];
  readonly files: readonly string[];
  readonly problems: readonly string[];
}

/**
 * The same of lanes that a person names: their trees are as a call would have them.
 *
 * @param naming What globs mean, from the top of the checkout.
 */
export function parseNamedTaxonomy(
  value: unknown,
  naming: (globs: readonly string[]) => NamedGlobs,
): Taxonomy | readonly string[] {
  const named = namedTrees(value, naming);
  const read = parseTaxonomy(named.value, named.files);
  if ("lanes" in read) return named.problems.length === 0 ? read : named.problems;
  return [...read, ...named.problems];
}

/** The value with what the globs of its lanes name; what has another form than it should is left. */
function namedTrees(value: unknown, naming: (globs: readonly string[]) => NamedGlobs) {
  const files = new Set<string>();
  const problems: string[] = [];
  const treeOf = (lane: string, glob: unknown): readonly unknown[] => {
    if (typeof glob !== "string") return [glob];
    const { entries, files: found, problems: wrong } = naming([glob]);
    // What is wrong with it wherever it stands is reported with all else that is.
    if (wrong.length > 0 && treeProblems([glob]).length > 0) return [glob];
    const shown = quoted(glob, 200);
    const why = wrong.map((problem) => problem.slice(shown.length + 1));
    problems.push(...why.map((rule) => `lanes.${lane}.tree holds ${shown}, which ${rule}`));
    for (const file of found) files.add(file);
    return wrong.length > 0 ? [glob] : entries;
  };
  if (!isObject(value) || !isObject(value["lanes"])) return { value, files, problems };
  const lanes = Object.entries(value["lanes"]).map(([name, lane]) =>
    isObject(lane) && Array.isArray(lane["tree"])
      ? [name, { ...lane, tree: lane["tree"].flatMap((glob) => treeOf(name, glob)) }] as const
      : [name, lane] as const
  );
  return { value: { ...value, lanes: Object.fromEntries(lanes) }, files, problems };
}

function treeOf(globs: readonly string[], files: ReadonlySet<string>): Tree {
  return new Tree(globs, globs.filter((glob) => files.has(glob)));
}

function problemsIn(issue: z.core.$ZodIssue): string[] {
  const { path, message } = issue;
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => `${[...path, key].join(".")} ${message}`);
  }
  if (issue.code === "invalid_key") {
    const [key, ...outer] = path.toReversed();
    const at = outer.toReversed().join(".");
    return issue.issues.map((inner) =>
      `${at} names ${JSON.stringify(key)}, which ${inner.message}`
    );
  }
  return [`${path.join(".")} ${message}`];
}
