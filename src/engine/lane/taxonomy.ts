/** The lanes that a team sets down. Apart from the other operations, which few calls of this kind need. */
import { badInput, type InputProblem } from "../../domain/errors.ts";
import type { Taxonomy } from "../../domain/lane/taxonomy.ts";
import { parseNamedTaxonomy } from "../../domain/lane/taxonomy_file.ts";
import type { Checkout } from "../../ports/checkout.ts";
import type { LaneStore } from "../../ports/lanes.ts";
import type { LaneTaxonomy } from "./types.ts";

/** What `Lanes.setTaxonomy()` promises. */
export async function setTaxonomy(
  lanes: LaneStore,
  checkout: Pick<Checkout, "named">,
  value: unknown,
): Promise<LaneTaxonomy> {
  const read = parseNamedTaxonomy(value, (globs) => checkout.named(globs, { kind: "glob" }));
  if (!("lanes" in read)) {
    throw badInput(
      read.map((message): InputProblem => ({ field: "taxonomy", code: "bad_args", message })),
    );
  }
  await lanes.setTaxonomy(read);
  return taxonomyAnswer(read);
}

/** A taxonomy as an answer has it. */
export function taxonomyAnswer({ lanes, autopick, budgets }: Taxonomy): LaneTaxonomy {
  return {
    lanes: [...lanes.values()].map(({ name, tree, kind, exclusive }) => ({
      lane: name,
      lane_kind: kind,
      tree: tree.globs,
      exclusive,
    })),
    autopick,
    kinds: [...budgets].map(([lane_kind, max_concurrent]) => ({ lane_kind, max_concurrent })),
  };
}
