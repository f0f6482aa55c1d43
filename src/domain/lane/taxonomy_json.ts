/** A taxonomy as JSON: as stores keep it, and as `lanes.json` has it. */
import { NO_TREE, Tree } from "../glob/tree.ts";
import { isNumber, isObject, type JsonObject } from "../json.ts";
import type { NamedLane, Taxonomy } from "./taxonomy.ts";

/** As stores keep it that are no files. */
export interface PlainTaxonomy {
  readonly lanes: readonly (Omit<NamedLane, "tree"> & {
    readonly tree: readonly string[];
    /** The globs among them that were files when the lanes were set. */
    readonly files: readonly string[];
  })[];
  readonly autopick: readonly string[];
  readonly budgets: readonly (readonly [string, number])[];
}

/** What {@link parseTaxonomy} reads again. */
export function plainTaxonomy({ lanes, autopick, budgets }: Taxonomy): PlainTaxonomy {
  const plain = [...lanes.values()].map(({ name, tree: { globs, files }, kind, exclusive }) => ({
    name,
    tree: globs,
    files,
    kind,
    exclusive,
  }));
  return { lanes: plain, autopick, budgets: [...budgets] };
}

/** The taxonomy that became JSON; what is wrong with it, where it is none. */
export function parseTaxonomy(value: JsonObject): Taxonomy | string {
  const { lanes, autopick, budgets } = value;
  const isRight = Array.isArray(lanes) && lanes.every(isLane) && areTexts(autopick) &&
    Array.isArray(budgets) &&
    budgets.every((each) =>
      Array.isArray(each) && typeof each[0] === "string" && isNumber(each[1])
    );
  return isRight ? taxonomyOf(value as unknown as PlainTaxonomy) : "is no taxonomy of lanes";
}

function isLane(value: unknown): boolean {
  return isObject(value) && areTexts([value["name"], value["kind"]]) && areTexts(value["tree"]) &&
    areTexts(value["files"]) && typeof value["exclusive"] === "boolean";
}

function areTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}

function taxonomyOf({ lanes, autopick, budgets }: PlainTaxonomy): Taxonomy {
  const named = lanes.map(({ tree, files, ...lane }) => ({
    ...lane,
    tree: tree.length === 0 ? NO_TREE : new Tree(tree, files),
  }));
  return {
    lanes: new Map(named.map((lane) => [lane.name, lane])),
    autopick,
    budgets: new Map(budgets),
  };
}

/** What `lanes.json` says of a taxonomy. */
export function taxonomyValue({ lanes, autopick, budgets }: Taxonomy): object {
  const named = [...lanes.values()].map(({ name, tree: { globs }, kind, exclusive }) => {
    const lane = { tree: globs, ...(kind !== "" && { kind }), ...(exclusive && { exclusive }) };
    return [name, lane] as const;
  });
  const kinds = [...budgets].map(([kind, max_concurrent]) => [kind, { max_concurrent }] as const);
  return {
    lanes: Object.fromEntries(named),
    autopick,
    kinds: Object.fromEntries(kinds),
  };
}
